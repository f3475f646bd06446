"""The magics in a real kernel: messages, payloads, interrupts, a whole session, and nbclient."""

import itertools
import json
import threading
import time

import pytest

from jupyter_devstral.core.wire import MIME

CODE = "Here it is:\n\n```python\nx = 41 + 1\nprint(x)\n```\n"


def test_streaming_updates_one_display(kernel, scripted_ollama):
    scripted_ollama.replies = [["tok "] * 60]
    scripted_ollama.piece_delay = 0.02
    result = kernel.run("%%devstral ask\ncount", "q")
    assert result.reply["status"] == "ok"
    assert len(result.of("display_data")) == 1
    updates = result.of("update_display_data")
    assert len({content["transient"]["display_id"] for content in result.displays}) == 1
    seconds = result.ended - result.started
    assert 4 <= len(updates) <= 14 * seconds + 4
    growing = [
        content["data"]["text/plain"] for content in updates[:-1] if "tok" in content["data"]["text/plain"]
    ]
    assert all(len(early) <= len(late) for early, late in itertools.pairwise(growing))
    assert not result.of("clear_output")
    assert set(result.shown) == {MIME, "text/markdown", "text/plain"}


def test_the_first_token_is_visible_before_the_second_arrives(kernel, scripted_ollama):
    scripted_ollama.replies = [["first ", "second"]]
    scripted_ollama.piece_delay = 1.0
    kernel.run("%devstral ask warm up", "w")
    result = kernel.run("%devstral ask again", "q")
    seen = next(
        when for when, message in result.messages if "first" in str(message["content"].get("data", ""))
    )
    assert result.ended - seen > 0.7


def test_the_status_line_says_what_is_waited_for(kernel, scripted_ollama):
    scripted_ollama.fail_next("slow", seconds=0.8)
    result = kernel.run("%devstral ask hello", "q")
    before = [
        content["data"]["text/markdown"] for content in result.displays if "Hello" not in str(content["data"])
    ]
    assert any("…" in text and "preparing" not in text for text in before)


def test_code_travels_as_the_payload(kernel, scripted_ollama):
    scripted_ollama.replies = [CODE]
    result = kernel.run("%%devstral\nanswer", "q")
    [payload] = result.payload
    assert payload["source"] == "set_next_input"
    assert payload["text"] == "x = 41 + 1\nprint(x)"
    assert payload["replace"] is False
    assert kernel.run("'x' in globals()").of("execute_result")[0]["data"]["text/plain"] == "False"


def test_replace_travels_with_the_payload(kernel, scripted_ollama):
    scripted_ollama.replies = [CODE]
    kernel.run("x = 1", "t")
    [payload] = kernel.run("%%devstral edit --insert replace\nanswer", "q").payload
    assert payload["replace"] is True


def test_interrupt_while_streaming(kernel, scripted_ollama):
    scripted_ollama.replies = [["piece "] * 400]
    scripted_ollama.piece_delay = 0.05
    kernel.run("%devstral ask --dry-run warm", "w")
    msg_id = kernel.start("%%devstral\ncount", "q")
    begun = kernel.finish(msg_id, until=lambda result: "piece" in result.text)
    kernel.interrupt()
    result = kernel.finish(msg_id)
    # How fast the connection closes and the cell is back, `make bench` measures.
    assert scripted_ollama.wait_closed() is not None
    assert scripted_ollama.wait_closed() is not None
    assert result.reply["status"] == "ok"
    assert not result.of("error")
    assert "piece" in result.markdown
    assert "Interrupted" in result.markdown
    assert "%devstral continue" in result.markdown
    assert not result.payload
    assert begun.messages


def test_interrupt_before_the_first_byte(kernel, scripted_ollama):
    kernel.run("%devstral ask warm up", "w")
    scripted_ollama.fail_next("hang")
    count = len(scripted_ollama.chats)
    msg_id = kernel.start("%%devstral\nhello", "q")
    assert scripted_ollama.wait_requests(count + 1)
    time.sleep(0.3)
    kernel.interrupt()
    result = kernel.finish(msg_id)
    assert result.reply["status"] == "ok"
    assert not result.of("error")
    assert "Interrupted" in result.markdown
    assert scripted_ollama.wait_closed() is not None


@pytest.mark.parametrize("cell", ["%%devstral\nhello", "%devstral ask hello"])
def test_no_daemon_fails_the_cell_in_one_line(kernel, cell):
    kernel.run("%config DevstralConfig.host = 'http://127.0.0.1:9'")
    result = kernel.run(cell, "q")
    assert result.reply["status"] == "error"
    [error] = result.of("error")
    assert error["ename"] == "NoServer"
    assert len(error["traceback"]) == 1
    assert "ollama serve" in error["traceback"][0]


def test_a_failing_question_stops_run_all(kernel):
    kernel.run("%config DevstralConfig.host = 'http://127.0.0.1:9'")
    first = kernel.start("%%devstral\nhello", "q")
    second = kernel.start("ran = True", "after")
    kernel.finish(first)
    assert kernel.finish(second).reply["status"] == "aborted"


def test_completion_through_the_kernel(kernel):
    assert kernel.complete("%devstral stat") == ["status"]
    assert "--temperature" in kernel.complete("%devstral ask --t")
    assert any("devstral-small-2" in name for name in kernel.complete("%devstral model dev"))
    kernel.run("sales = 1")
    assert kernel.complete("%%devstral\nplot @sal") == ["sales"]


def test_stop_from_a_subshell_is_possible(kernel, scripted_ollama):
    scripted_ollama.replies = [["piece "] * 400]
    scripted_ollama.piece_delay = 0.05
    code = (
        "import threading\nstop = lambda: get_ipython().run_line_magic('devstral', 'stop')\n"
        "threading.Timer(1.5, stop).start()"
    )
    kernel.run("%devstral ask --dry-run warm", "w")
    kernel.run(code, "t")
    result = kernel.run("%devstral ask count", "q")
    assert "Interrupted" in result.text
    assert scripted_ollama.wait_closed() is not None


STEPS = [
    ("import pandas as pd", "load"),
    ("sales = pd.DataFrame({'month': [1, 2], 'net_price': [1.5, 2.5]})", "frame"),
    ("%%devstral ask\nwhich columns are there?", "q1"),
    ("monthly = sales.groupby('month').net_price.sum()", "group"),
    ("%%devstral\nplot monthly", "q2"),
    ("threshold = 2", "threshold"),
    ("%devstral ask is @threshold right?", "q3"),
    ("sales.no_such_column", "error"),
    ("%%devstral ask\nwhy did that fail?", "q4"),
    ("%%devstral ask\nthanks, and now?", "q5"),
]


def test_a_session_extends_its_prompt(kernel, scripted_ollama):
    scripted_ollama.replies = lambda messages, body: (
        f"answer number {sum(m['role'] == 'user' for m in messages)}"
    )
    for source, cell_id in STEPS:
        kernel.run(source, cell_id)
    prompts = [record.body["messages"] for record in scripted_ollama.chats]
    assert len(prompts) == 5
    for earlier, later in itertools.pairwise(prompts):
        assert later[: len(earlier)] == earlier
        assert later[len(earlier)]["role"] == "assistant"
    assert "net_price" in json.dumps(prompts[0])
    assert "monthly" in prompts[1][-1]["content"]
    assert "threshold" in prompts[2][-1]["content"]
    assert "AttributeError" in prompts[3][-1]["content"]
    assert "no_such_column" in prompts[3][-1]["content"]


def test_planted_secrets_stay_in_the_kernel(kernel, scripted_ollama):
    token = "ghp_9QmR4tVxKp2LwZ7yNbC5dF8gHj3sAe6uTi0O"
    kernel.run(f"token = '{token}'", "source")
    kernel.run("print('token =', token)\ntoken", "output")
    kernel.run("raise RuntimeError('login failed for ' + token)", "error")
    kernel.run("%%devstral ask -v token\nwhy does @token fail?", "q")
    assert scripted_ollama.chats
    assert token not in json.dumps([record.body for record in scripted_ollama.chats])


def test_nbclient_runs_a_notebook_of_questions(scripted_ollama, monkeypatch):
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    monkeypatch.setenv("OLLAMA_HOST", scripted_ollama.url)
    scripted_ollama.replies = [CODE]
    v4 = nbformat.v4
    notebook = v4.new_notebook(
        cells=[v4.new_code_cell("%load_ext jupyter_devstral"), v4.new_code_cell("%%devstral\nmake {x}")]
    )
    NotebookClient(notebook, timeout=60).execute()
    [output] = notebook.cells[1].outputs
    assert output.data[MIME]["edits"][0]["source"].startswith("x = 41 + 1")
    assert "x = 41 + 1" in output.data["text/markdown"]

    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    with pytest.raises(CellExecutionError) as caught:
        NotebookClient(notebook, timeout=60).execute()
    assert "ollama serve" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_no_thread_is_left_behind():
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("devstral-ticker")]


def test_an_interrupted_download_says_how_to_go_on(kernel, scripted_ollama):
    step = {"status": "pulling", "digest": "sha256:" + "ab" * 32, "total": 2_000_000, "completed": 1_000_000}
    scripted_ollama.pull_with([step] * 200, delay=0.1)
    msg_id = kernel.start("%devstral pull tiny", "p")
    kernel.finish(msg_id, until=lambda result: "50 %" in result.text)
    kernel.interrupt()
    result = kernel.finish(msg_id)
    assert result.reply["status"] == "ok"
    assert not result.of("error")
    assert "%devstral pull tiny" in result.markdown


def test_the_saved_notebook_completes_the_prompt(kernel, scripted_ollama, tmp_path):
    cells = [
        {"cell_type": "markdown", "id": "intro", "metadata": {}, "source": "# Sales of 2031"},
        {
            "cell_type": "code",
            "id": "q",
            "metadata": {},
            "source": "old",
            "outputs": [],
            "execution_count": None,
        },
        {"cell_type": "code", "id": "below", "metadata": {}, "source": "unrun_cell = 1", "outputs": []},
    ]
    path = tmp_path / "work.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    kernel.run(f"import os\nos.environ['JPY_SESSION_NAME'] = {str(path)!r}")
    kernel.run("%devstral ask what is this?", "q")
    kernel.run("del os.environ['JPY_SESSION_NAME']")
    content = scripted_ollama.chats[-1].body["messages"][-1]["content"]
    assert "Sales of 2031" in content
    assert "unrun_cell" in content
    assert "old" not in content.split()


def test_a_table_that_a_kernel_shows_is_sent_without_its_rows_where_no_values_are_wanted(
    kernel, scripted_ollama
):
    pytest.importorskip("pandas")
    kernel.run("%config DevstralConfig.values = 'none'")
    kernel.run("import pandas as pd\nfrom IPython.display import display")
    kernel.run("pd.DataFrame({'name': ['Ludovica', 'Aurelius'], 'age': [41, 57]})")
    kernel.run("display(pd.DataFrame({'town': ['Wetteren', 'Ootmarsum']}))")
    kernel.run("%%devstral ask\nwhat is this?")
    sent = str(scripted_ollama.chats[-1]["body"]["messages"])
    assert "name age" in sent
    assert "Ludovica" not in sent.replace("['Ludovica', 'Aurelius']", "")
    assert "Wetteren" not in sent.replace("['Wetteren', 'Ootmarsum']", "")


def test_an_edited_cell_follows_what_was_sent(kernel, scripted_ollama):
    """The version that was sent stands; a kernel that began anew knows of none."""
    kernel.run("x = 3", "a")
    for n in range(6):
        kernel.run("\n".join(f"value_{n}_{m} = [{n}] * {m}" for m in range(12)), f"c{n}")
    kernel.run("%%devstral ask\nhow many?", "q")
    kernel.run("x = 4", "a")
    answer = kernel.run("%%devstral ask\nand now?", "r")
    assert "earlier versions of changed cells" in answer.markdown
    one, two = (chat.body["messages"] for chat in scripted_ollama.chats[-2:])
    assert two[: len(one)] == one
    assert "(new version, the earlier one is gone):\n```python\nx = 4\n" in two[-1]["content"]
    assert "| outdated | cell [" in kernel.run("%devstral last", "s").text
    kernel.run("%devstral reset", "t")
    kernel.run("%%devstral ask\nand now?", "u")
    [_, only] = scripted_ollama.chats[-1].body["messages"]
    assert "x = 3" not in only["content"]
    assert "new version" not in only["content"]
