"""Runs over the wire: begun, followed, stopped, asked, decided; with a real server and kernel."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.server.agent.conftest import Following, run_in, text_of
from tests.server.conftest import code, question
from tests.support.jupyter.kernel_of_server import busy
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

GONE_ON = "The kernel has gone on since the copy was made: what is shown may differ by now."
MOVED = "Variables that changed meanwhile: "
WRITE = "Open it.\n```python\nopen('report.txt', 'w').write('x')\n```"


def test_a_run_from_task_to_review(begin, client, jupyter, kernel_id) -> None:
    run = begin("I double it.\n```python\ny = 2 * x\ny\n```", "Done: y is 6.")
    end = run.end()
    assert (end["type"], end["how"], end["summary"], end["taken"]) == ("ended", "done", "Done: y is 6.", 2)
    assert end["changes"] == {"new": ["y"], "changed": []}
    assert run.of("started")[0]["problem"] == ""
    assert [record["step"] for record in run.of("step")] == [1, 2]
    assert "I double it." in "".join(record["text"] for record in run.of("text"))
    (cell,) = run.cells
    assert (cell["state"], cell["source"], cell["above"], cell["before"]) == (
        "new",
        "y = 2 * x\ny",
        "b",
        None,
    )
    assert text_of(cell) == "6"
    # The kernel itself has not changed, and there is no copy left.
    kept = client.get("run", path=run.path)["run"]
    assert (kept["id"], kept["state"]) == (run.id, "review")
    # Deltas of a text are one there.
    assert [one for one in kept["records"] if one["type"] != "text"] == [
        one for one in run.records if one["type"] != "text"
    ]
    assert [one["name"] for one in client.get("variables", kernel_id=kernel_id)["variables"]] == ["x"]


def test_a_decision_and_what_an_undo_needs_are_kept(begin, client) -> None:
    run = begin("```python\n1 + 1\n```", "Done.")
    run.end()
    path = run.path
    assert run.post("decide", path=path, state="maybe").status_code == 400
    assert run.post("decide", path=path, state="kept", decision={"cells": ["a"]}).status_code == 204
    kept = client.get("run", path=path)["run"]
    assert (kept["state"], kept["decision"]) == ("kept", {"cells": ["a"]})
    moved = client.http.post("rename", json={"path": path, "new_path": "moved.ipynb"})
    assert moved.status_code == 204
    assert client.get("run", path="moved.ipynb")["run"]["id"] == run.id
    assert client.get("run", path=path)["run"] is None
    assert run.post("follow").status_code == 404


def test_an_effect_is_asked_about_and_refused(begin, jupyter) -> None:
    run = begin(WRITE, "I go on without.")
    asked = run.wait_for("question")
    assert (asked["kind"], asked["effect"]) == ("effect", "it writes files (report.txt)")
    assert run.post("answer", question="q99", allowed=True).status_code == 400
    assert run.post("answer", question=asked["question"], allowed=False).status_code == 204
    end = run.end()
    assert end["refused"] == [f"{asked['cell'][:4]}: it writes files (report.txt)"]
    assert run.cells[0]["refused"] == ["it writes files (report.txt)"]
    words = "Refused in the rehearsal: it writes files (report.txt). The cell does so when it is run."
    assert run.cells[0]["notes"] == [["refused", words]]


def test_a_yes_is_what_the_page_ran_for_real_and_a_fresh_copy_goes_on(begin, jupyter, kernel_id) -> None:
    run = begin("```python\nz = 5\n```", WRITE, "```python\nz + 1\n```", "Done.")
    asked = run.wait_for("question")
    first = run.cells[0]["id"]
    assert asked["before"] == [first]
    assert f"in this order: {first[:4]}, {asked['cell'][:4]}." in asked["means"][0]
    # What the page does for a yes.
    run_in(jupyter, kernel_id, "z = 50")
    output = {"output_type": "stream", "name": "stdout", "text": "written"}
    ran = [{"cell": first, "outputs": []}, {"cell": asked["cell"], "outputs": [output]}]
    run.post("answer", question=asked["question"], allowed=True, ran=ran)
    end = run.end()
    assert sorted(end["real"]) == sorted([first, asked["cell"]])
    by_source = {cell["source"]: cell for cell in run.cells}
    assert text_of(by_source["open('report.txt', 'w').write('x')"]) == "written"
    assert text_of(by_source["z + 1"]) == "51"
    run_in(jupyter, kernel_id, "del z")


@pytest.mark.parametrize("yes", ["true", 1, "yes", None])
def test_only_a_yes_is_a_yes(begin, yes) -> None:
    run = begin(WRITE, "Done.")
    run.post("answer", question=run.wait_for("question")["question"], allowed=yes)
    assert run.end()["refused"] != []


def test_stop_closes_the_models_connection_and_keeps_what_there_is(begin, ollama) -> None:
    ollama.piece_delay = 0.02
    run = begin("```python\nx + 1\n```", [f"word{number} " for number in range(3000)])
    run.wait_for("step", 2)
    assert eventually(lambda: "word" in "".join(record["text"] for record in run.of("text")))
    run.post("stop")
    end = run.end()
    assert (end["type"], end["how"]) == ("ended", "stopped")
    assert [cell["source"] for cell in run.cells] == ["x + 1"]
    assert eventually(lambda: ollama.chats[-1].closed_early)


def test_stop_ends_a_cell_that_never_ends_and_its_copy(begin, client, kernel_id) -> None:
    run = begin("```python\nwhile True:\n    pass\n```", "Done.")
    run.wait_for("running")
    # Between two looks the kernel belongs to its user.
    assert eventually(lambda: client.get("variables", kernel_id=kernel_id)["is_available"])
    run.post("stop")
    assert run.end()["how"] == "stopped"
    again = begin("```python\nx\n```", "Done.")
    assert again.end()["how"] == "done"


def test_a_second_run_waits_and_says_for_whom(begin, client, ollama) -> None:
    first = begin(WRITE, "Done.")
    asked = first.wait_for("question")
    second = Following(
        client, "second", path="other.ipynb", kernel_id=first.fields["kernel_id"], question="Too."
    )
    assert second.wait_for("waiting")["path"] == first.path
    third = Following(client, "third", path="third.ipynb", kernel_id=None, question="Never.")
    third.wait_for("waiting")
    third.post("stop")
    assert third.end() == {"type": "ended", "how": "stopped", "words": "Stopped."}
    same = client.http.post("run", json={**question(path="other.ipynb"), "run": {"id": "fourth"}})
    assert same.status_code == 400
    assert "at work already" in same.json()["message"]
    first.post("answer", question=asked["question"], allowed=False)
    assert first.end()["how"] == "done"
    assert second.end()["how"] == "done"


def test_a_page_that_comes_back_hears_a_run_from_its_beginning(begin, client) -> None:
    run = begin(WRITE, "Done.")
    asked = run.wait_for("question")
    path = run.path
    there = client.get("run", path=path)["run"]
    assert (there["id"], there["state"]) == (run.id, "running")
    other = Following(client, run.id)
    assert other.wait_for("question") == asked
    other.post("answer", question=asked["question"], allowed=False)
    assert other.end() == run.end()


def test_a_busy_kernel_is_waited_for_in_plain_words(begin, jupyter, kernel_id, tmp_path) -> None:
    connection = jupyter.folder / "runtime" / f"kernel-{kernel_id}.json"
    with busy(connection, tmp_path / "released"):
        run = begin("```python\nx\n```", "Done.")
        assert "busy with a cell of yours" in run.wait_for("say", 2)["text"]
        assert run.of("started") == []
    assert run.end()["how"] == "done"


def test_a_kernel_that_is_restarted_in_mid_run_ends_it_in_plain_words(client, ollama, jupyter) -> None:
    kernel = client.kernel()
    ollama.replies = [WRITE, "```python\n1\n```", "Done."]
    run = Following(client, "restarted", path="restarted.ipynb", kernel_id=kernel, question="Do it.")
    asked = run.wait_for("question")
    client.http.post(f"{jupyter.url}/api/kernels/{kernel}/restart").raise_for_status()
    run.post("answer", question=asked["question"], allowed=False)
    end = run.end()
    assert (end["how"], end["reason"]) == (
        "gave up",
        "the kernel was restarted or ended, and the copy is gone with it",
    )
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel}")


def test_a_kernel_that_is_shut_down_in_mid_run_ends_it_and_its_cells_are_kept(client, ollama) -> None:
    kernel = client.kernel()
    ollama.replies = ["```python\nmade = 1\n```", WRITE, "```python\nmade\n```", "Done."]
    run = Following(client, "shut", path="shut.ipynb", kernel_id=kernel, question="Do it.")
    run.wait_for("question")
    client.http.delete(f"{client.server.url}/api/kernels/{kernel}").raise_for_status()
    # Its question is open, and nobody needs to answer it.
    end = run.end()
    assert (end["how"], end["words"]) == (
        "stopped",
        "Stopped: the kernel ended while its question waited for an answer.",
    )
    assert "made = 1" in [cell["source"] for cell in run.cells]
    # Nothing waits for that kernel any more.
    again = Following(client, "behind", path="behind.ipynb", kernel_id=None, question="Do it.")
    assert again.end()["how"] == "done"


@pytest.mark.parametrize(
    ("kind", "type"), [("reset", "failed"), ("drop", "ended"), ("runner-killed", "ended")]
)
def test_a_daemon_that_dies_in_mid_step_ends_the_run_and_keeps_what_there_is(
    begin, client, model_server, kind, type
) -> None:
    run = begin("```python\nmade = 1\n```", WRITE, "I write a long answer, of many words. " * 30)
    asked = run.wait_for("question")
    model_server.fail_next(kind, **({} if kind == "reset" else {"after": 5}))
    run.post("answer", question=asked["question"], allowed=False)
    end = run.end()
    assert end["type"] == type
    assert end["message" if type == "failed" else "reason"]
    assert run.cells[0]["source"] == "made = 1"
    # The review can be decided, and another run begun.
    assert run.post("decide", path=run.path, state="kept", decision={}).status_code == 204
    assert begin("Done.").end()["how"] == "done"


def test_a_picture_of_each_step_is_for_the_user_and_not_for_the_model(begin, ollama) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
    png = (
        f"```python\nimport base64\nfrom IPython.display import Image\npng = base64.b64decode('{pixel}')\n```"
    )
    plot = "```python\nImage(png + b'%d' * 9_999)\n```"
    run = begin(png, *(plot % number for number in range(12)), "Done.")
    assert run.end()["how"] == "done"
    shown = [cell for cell in run.cells if "image/png" in str(cell["outputs"])]
    assert len(shown) == 12
    # Less than two of the pictures have.
    assert len(str(ollama.chats[-1].body["messages"])) < 20_000


def test_an_output_of_any_size_is_cut_on_its_way(begin, ollama) -> None:
    run = begin("```python\nfor _ in range(200):\n    print('a' * 1_000_000)\n```", "Done.")
    assert run.end()["how"] == "done"
    assert len(text_of(run.cells[0])) < 1_100_000
    assert len(ollama.chats[-1].body["messages"][-1]["content"]) < 3_000


def test_what_the_user_types_meanwhile_is_not_overwritten(begin) -> None:
    change = "```python cell=bbbb\nprint(x + 1)\n```"
    cells = [code("aaaa", "x = 3"), code("bbbb", "print(x)")]
    run = begin(WRITE, change, change, "Done.", cells=cells)
    asked = run.wait_for("question")
    run.post("cells", cells=[code("aaaa", "x = 3"), code("bbbb", "print('mine')")])
    run.post("answer", question=asked["question"], allowed=False)
    run.end()
    changed = next(cell for cell in run.cells if cell["id"] == "bbbb")
    # It was shown, and written again on purpose.
    assert (changed["before"], changed["source"]) == ("print('mine')", "print(x + 1)")


def test_what_was_taken_out_of_the_question_is_not_read_either(begin, ollama, jupyter, kernel_id) -> None:
    run_in(jupyter, kernel_id, "taken_out, left_in = 71, 72")
    cells = [code("aaaa", "x = 3"), code("bbbb", "key = 'zq-hidden'")]
    read = "```python\n1\n```\n" + '{"name": "read_cells", "arguments": {"cells": ["aaaa", "bbbb", "cccc"]}}'
    look = '{"name": "inspect", "arguments": {"names": ["taken_out", "left_in"]}}'
    run = begin(WRITE, read, look, "Done.", cells=cells, exclude=["cell:bbbb", "variable:taken_out"])
    asked = run.wait_for("question")
    run.post("cells", cells=[*cells, code("cccc", "added = 1")])
    run.post("answer", question=asked["question"], allowed=False)
    run.end()
    told = str([chat.body["messages"] for chat in ollama.chats])
    assert "added = 1" in told
    assert "zq-hidden" not in told
    assert "left_in: int" in ollama.chats[-1].body["messages"][-1]["content"]
    assert "taken_out: int" not in told
    run_in(jupyter, kernel_id, "del taken_out, left_in")


def test_what_the_user_runs_meanwhile_is_named(begin, client, jupyter) -> None:
    kernel = client.kernel()
    run_in(jupyter, kernel, "x, kept = 3, 1")
    run = begin(WRITE, "Done.", cells=[code("aaaa", "x = 7"), code("bbbb", "kept")], kernel_id=kernel)
    asked = run.wait_for("question")
    run_in(jupyter, kernel, "x = 7\n")
    run_in(jupyter, kernel, "gone = 1\ngone")
    run.post("answer", question=asked["question"], allowed=False)
    end = run.end()
    assert end["how"] == "done"
    assert run.meanwhile(kernel) == {
        "said": [GONE_ON, f"{MOVED}x, gone"],
        "cells": ["aaaa"],
        "others": ["gone = 1 gone"],
    }
    # The review is open, and the user goes on.
    run_in(jupyter, kernel, "kept = 2")
    assert run.meanwhile(kernel)["said"] == [GONE_ON, f"{MOVED}x, kept, gone"]
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel}")


def test_what_the_user_ran_before_a_stop_is_named(begin, client, jupyter) -> None:
    kernel = client.kernel()
    run_in(jupyter, kernel, "x = 3")
    run = begin("```python\nwhile True:\n    pass\n```", "Done.", kernel_id=kernel)
    run.wait_for("running")
    run_in(jupyter, kernel, "x = 4")
    run.post("stop")
    assert run.end()["how"] == "stopped"
    said = run.meanwhile(kernel)
    assert (said["said"], said["others"]) == ([GONE_ON, f"{MOVED}x"], ["x = 4"])
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel}")


def test_a_kernel_that_is_busy_or_another_one_behind_a_run_is_said_to_be(
    begin, client, jupyter, tmp_path
) -> None:
    kernel, other = client.kernel(), client.kernel()
    run_in(jupyter, kernel, "x = 3")
    run = begin("```python\nx\n```", "Done.", kernel_id=kernel)
    run.end()
    assert run.meanwhile(kernel) == {"said": [], "cells": [], "others": []}
    with busy(jupyter.folder / "runtime" / f"kernel-{kernel}.json", tmp_path / "released"):
        assert "runs in the kernel just now" in str(run.meanwhile(kernel)["said"])
    assert "restarted, or is not the one" in str(run.meanwhile(other)["said"])
    client.http.post(f"{jupyter.url}/api/kernels/{kernel}/restart").raise_for_status()
    assert eventually(lambda: "restarted, or is not the one" in str(run.meanwhile(kernel)["said"]))
    for one in (kernel, other):
        client.http.delete(f"{jupyter.url}/api/kernels/{one}")
    assert "restarted, or is not the one" in str(run.meanwhile(kernel)["said"])


def test_cells_of_another_notebook_on_the_kernel_are_named_by_its_path(begin, client, jupyter) -> None:
    kernel = client.kernel()
    sessions = f"{jupyter.url}/api/sessions"
    for path in ("b.ipynb", "console"):
        other = {"path": path, "name": path, "type": "notebook", "kernel": {"id": kernel}}
        client.http.post(sessions, json=other).raise_for_status()
    run = begin(WRITE, "Done.", cells=[code("aaaa", "x = 7"), code("bbbb", "y = 1")], kernel_id=kernel)
    asked = run.wait_for("question")
    # The same text as a cell of the run's notebook has, in another one; and one of the run's own.
    run_in(jupyter, kernel, "x = 7", cell="b-cell")
    run_in(jupyter, kernel, "y = 1", cell="bbbb")
    run.post("answer", question=asked["question"], allowed=False)
    run.end()
    said = run.meanwhile(kernel)
    assert (said["cells"], said["others"]) == (["bbbb"], ["b.ipynb / console: x = 7"])
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel}")


def test_two_runs_about_two_notebooks_on_one_kernel_wait_and_know_their_own_copies(
    begin, client, jupyter
) -> None:
    kernel = client.kernel()
    run_in(jupyter, kernel, "x = 3")
    first = begin("```python\nx = 30\nx\n```", WRITE, "Done.", "```python\nx\n```", "Done.", kernel_id=kernel)
    asked = first.wait_for("question")
    second = Following(client, "on-the-same", path="too.ipynb", kernel_id=kernel, question="Too.")
    assert second.wait_for("waiting")["path"] == first.path
    run_in(jupyter, kernel, "x = 4", cell="zzzz")
    first.post("answer", question=asked["question"], allowed=False)
    assert first.end()["how"] == "done"
    assert second.end()["how"] == "done"
    # The copy of the second was made behind the user's cell, and has nothing of the first.
    assert text_of(second.cells[0]) == "4"
    assert second.meanwhile(kernel)["said"] == []
    assert first.meanwhile(kernel)["said"] == [GONE_ON, f"{MOVED}x"]
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel}")


def test_a_selection_and_a_picture_go_along_with_a_task(begin, ollama) -> None:
    asked = {"selection": "the = 'selected part'", "images": [{"mime": "image/png", "data": "iVBORw0KGgo="}]}
    begin("```python\n1\n```", "Done.", **asked).end()
    first, second = (chat.body["messages"] for chat in ollama.chats)
    assert "the = 'selected part'" in first[1]["content"]
    # Each step begins with the one before it, pictures included.
    assert first[1] == second[1]
    assert first[1]["images"] == ["iVBORw0KGgo="]
    # What the user took out of the question stays out.
    ollama.forget()
    begin("Done.", exclude=["selection"], **asked).end()
    assert "selected part" not in str(ollama.chats[0].body["messages"])


@pytest.fixture
def threaded(client, jupyter) -> Iterator[str]:
    """A kernel of which there can be no copy: a thread of the user's works in it."""
    kernel = client.kernel()
    run_in(
        jupyter,
        kernel,
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
    )
    yield kernel
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel}")


def test_without_a_copy_every_cell_is_asked_about(begin, threaded) -> None:
    steps = [
        "I add one and one.\n```python\n1 + 1\n```",
        "```python\nopen('x.txt', 'w')\n```",
        "```python\n2 + 2\n```",
    ]
    run = begin(*steps, "```python\n3 + 3\n```", "Done.", kernel_id=threaded)
    assert "thread" in run.wait_for("started")["problem"]
    first = run.wait_for("question")
    assert (first["kind"], first["source"], first["may_remember"]) == ("run", "1 + 1", True)
    assert first["why"] == "I add one and one."
    two = {"output_type": "stream", "name": "stdout", "text": "two"}
    ran = [{"cell": first["cell"], "outputs": [two]}]
    run.post("answer", question=first["question"], allowed=True, remembers=True, ran=ran)
    assert run.wait_for("remembered")["on"] is True
    # What the rules do not find harmless is asked all the same, and cannot be remembered.
    second = run.wait_for("question", 2)
    assert (second["may_remember"], second["agreed"]) == (False, False)
    run.post("answer", question=second["question"], allowed=False, remembers=True)
    third = run.wait_for("question", 3)
    assert third["agreed"] is True
    run.post("cells", revoke=True)
    run.post("answer", question=third["question"], allowed=True, remembers=True, ran=[])
    fourth = run.wait_for("question", 4)
    assert fourth["agreed"] is False
    run.post("answer", question=fourth["question"], allowed=False)
    end = run.end()
    assert text_of(run.cells[0]) == "two"
    assert "did not let it run" in run.cells[1]["problem"]
    assert end["real"] == [first["cell"]]


def test_a_kernel_of_another_language_is_written_for_and_not_run(begin) -> None:
    run = begin("```r\nx <- 1\n```", "Done.", language="r", kernel_id=None)
    run.end()
    assert run.of("started")[0]["problem"].startswith("No rehearsal: the notebook runs r. Cells are written")
    assert run.of("question") == []
    assert "not run" in run.cells[0]["problem"]


def test_a_plan_changes_nothing(begin) -> None:
    run = begin("- [ ] load\n- [ ] plot", plan=True)
    end = run.end()
    assert (end["how"], run.cells) == ("done", [])
    assert "load" in end["summary"]


def test_a_file_that_the_task_names_goes_along(begin, jupyter, ollama) -> None:
    (jupyter.notebooks / "notes.txt").write_text("The answer is in column B.")
    begin("Done.", files=["notes.txt"]).end()
    assert "The answer is in column B." in str(ollama.chats[0].body["messages"])
