"""Every address of the server's half, as JupyterLab calls it: who may, what comes, what is refused."""

import json
import stat
import threading
from pathlib import Path

import httpx
import pytest

from jupyter_devstral.server.handlers import names_a_host
from tests.server.conftest import code, question
from tests.support.jupyter.kernel_of_server import busy, executing
from tests.support.jupyter.server import JupyterServer
from tests.support.waiting import eventually

GET = ["status", "variables", "conversation"]
POST = ["prompt", "chat", "pull", "rename"]
ALL = [("GET", path) for path in GET] + [("POST", path) for path in POST]
ALL += [("PUT", "conversation"), ("DELETE", "conversation")]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def sent(records):
    return next(record for record in records if record["type"] == "sent")


def text(records):
    return "".join(record["text"] for record in records if record["type"] == "text")


@pytest.mark.parametrize(("method", "path"), ALL)
def test_nobody_without_the_token(jupyter, method, path):
    answer = httpx.request(method, f"{jupyter.url}/jupyter-devstral/{path}", json=question())
    # A request that changes something is refused for its missing XSRF token first.
    assert answer.status_code in ((403,) if method != "GET" else (302, 403))
    assert "devstral-small-2" not in answer.text


@pytest.mark.parametrize(("method", "path"), [one for one in ALL if one[0] != "GET"])
def test_a_page_of_another_site_cannot_post(jupyter, method, path):
    """Signed in by its cookie alone, as a browser is: without the XSRF token nothing happens."""
    with httpx.Client(base_url=jupyter.url) as browser:
        browser.get("/api/status", params={"token": jupyter.token}).raise_for_status()
        assert browser.get("/jupyter-devstral/status").status_code == 200
        answer = browser.request(method, f"/jupyter-devstral/{path}", json=question())
        assert answer.status_code == 403
        assert "_xsrf" in answer.text


def test_an_answer_in_its_records(client, ollama):
    ollama.replies = ["It prints `x`.\n\n[cell 1]\n```python\nprint(x + 1)\n```\n"]
    records = client.ask(question="why 3?")
    kinds = [record["type"] for record in records if record["type"] != "phase"]
    assert (kinds[0], kinds[-1]) == ("sent", "done")
    assert set(kinds[1:-1]) == {"text"}
    assert text(records) == ollama.replies[0]
    first = sent(records)
    assert [(piece["key"], piece["label"]) for piece in first["pieces"]] == [
        ("cell:a", "cell #1"),
        ("cell:b", "cell #2"),
    ]
    assert (first["window"], first["window_source"], first["is_remote"]) == (32768, "loaded", False)
    assert 0 < sum(piece["tokens"] for piece in first["pieces"]) < first["tokens"]
    bundle = records[-1]["bundle"]
    [edit] = bundle["edits"]
    assert (edit["op"], edit["cell_id"], edit["before"]) == ("replace", "b", "print(x)")
    assert "devstral-small-2" in bundle["receipt"]
    assert bundle["turn"]["user_text"].endswith("why 3?")


def test_a_conversation_only_adds_to_the_prompt(client, ollama):
    ollama.replies = ["Three.", "Because."]
    first = client.ask(question="how many?")[-1]["bundle"]
    turns = [{"user_text": first["turn"]["user_text"], "reply": first["reply"], "after": "b"}]
    client.ask(question="why?", turns=turns)
    one, two = (chat.body["messages"] for chat in ollama.chats)
    assert two[: len(one)] == one
    assert [message["role"] for message in two[len(one) :]] == ["assistant", "user"]


@pytest.mark.parametrize("after", ["gone", None, "a"])
def test_a_turn_whose_cell_is_gone_is_still_sent(client, ollama, after):
    client.ask(turns=[{"user_text": "how many?", "reply": "Three.", "after": after}])
    assert "Three." in json.dumps(ollama.chats[0].body["messages"])


def test_a_conversation_without_any_notebook(client, ollama):
    turns = [{"user_text": "how many?", "reply": "Three.", "after": ""}]
    client.ask(path="", cells=[], turns=turns)
    assert [message["role"] for message in ollama.chats[0].body["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_what_the_user_took_out_is_not_sent(client, ollama):
    error = {
        "output_type": "error",
        "ename": "KeyError",
        "evalue": "'pric'",
        "traceback": ["KeyError: 'pric'"],
    }
    cells = [code("a", "secret_plan = 1"), code("b", "x = 2", error)]
    client.ask(cells=cells, exclude=["cell:a", "error:b", "selection"], selection="a selected line")
    [chat] = ollama.chats
    messages = json.dumps(chat.body["messages"])
    for taken in ("secret_plan", "KeyError", "a selected line"):
        assert taken not in messages
    assert "Cell 1:" in messages


def test_the_prompt_is_what_is_sent(client, ollama):
    """Word for word, before anything was sent."""
    asked = question(question="why 3?", target="b", selection="print")
    shown = client.http.post("prompt", json=asked).json()
    assert ollama.chats == []
    client.ask(**asked)
    assert shown["messages"] == ollama.chats[0].body["messages"]
    assert "The user has cell 1 selected." in shown["messages"][-1]["content"]


def test_files_of_the_workspace(client, ollama, jupyter):
    (jupyter.notebooks / "load.py").write_text("API_KEY = 'sk-ant-api03-" + "a1B2" * 12 + "'\n")
    records = client.ask(files=["load.py"])
    assert "file:load.py" in [piece["key"] for piece in sent(records)["pieces"]]
    content = ollama.chats[0].body["messages"][-1]["content"]
    assert "File load.py:" in content
    assert "sk-ant" not in content
    assert sent(records)["redactions"] == 1


@pytest.mark.parametrize(
    "path", ["missing.py", "../outside.py", "/etc/passwd", "folder", "big.txt", "image.bin"]
)
def test_files_that_cannot_be_attached(client, ollama, jupyter, path):
    (jupyter.notebooks / "folder").mkdir(exist_ok=True)
    (jupyter.notebooks.parent / "outside.py").write_text("outside = 1\n")
    (jupyter.notebooks / "big.txt").write_text("word " * 100_000)
    (jupyter.notebooks / "image.bin").write_bytes(bytes(range(256)))
    [error] = client.ask(files=[path])
    assert error["type"] == "error"
    assert path in error["message"]
    assert ollama.chats == []


def test_pictures_for_a_model_that_sees(client, ollama):
    client.ask(images=[{"mime": "image/png", "data": PIXEL}, {"mime": "text/html", "data": "<b>"}])
    assert ollama.chats[0].body["messages"][-1]["images"] == [PIXEL]


def test_status(client, ollama):
    status = client.get("status")
    assert (status["state"], status["is_local"], status["host"]) == ("ready", True, ollama.url)
    assert (status["window"], status["window_source"]) == (32768, "loaded")
    assert "vision" in status["capabilities"]
    [model] = status["models"]
    assert (model["name"], model["is_loaded"]) == ("devstral-small-2:latest", True)
    assert model["size_bytes"] > 1e9


def test_status_of_a_model_that_is_not_there(client, ollama):
    status = client.get("status", model="other")
    assert (status["state"], status["can_pull"]) == ("no-model", True)
    assert "other" in status["text"]
    assert "Pull" in status["next_step"]


def test_pulling(client, ollama):
    ollama.pull_with(
        [
            {"status": "pulling manifest"},
            {"status": "pulling abc", "digest": "sha256:abc", "total": 100, "completed": 40},
            {"status": "success"},
        ],
        installs=False,
    )
    with client.http.stream("POST", "pull", json={"model": "tiny"}) as response:
        records = [json.loads(line) for line in response.iter_lines()]
    assert records[-1] == {"type": "done"}
    assert {"type": "progress", "status": "pulling abc", "completed": 40, "total": 100} in records


@pytest.mark.parametrize(
    "name",
    ["evil.example/library/x", "http://127.0.0.1:9/x", "localhost/x/y", "127.0.0.1:9/x", "hf.co/a/b", "", 5],
)
def test_a_page_names_no_registry(client, ollama, name):
    answer = client.http.post("pull", json={"model": name})
    assert answer.status_code == 400
    assert not [record for record in ollama.requests if record.path == "/api/pull"]


@pytest.mark.parametrize("name", ["devstral-small-2", "devstral-small-2:latest", "someone/model:7b"])
def test_names_of_the_usual_registry(name):
    assert not names_a_host(name)


def test_pulling_what_does_not_exist(client, ollama):
    ollama.pull_with([{"error": "pull model manifest: file does not exist"}])
    with client.http.stream("POST", "pull", json={"model": "tiny"}) as response:
        *_, last = [json.loads(line) for line in response.iter_lines()]
    assert last["type"] == "error"
    assert "tiny" in last["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "versions"),
        (b"{}", "versions"),
        (json.dumps(question(protocol=2)).encode(), "versions"),
        (json.dumps(question(task="delete")).encode(), "no task"),
        (json.dumps(question(task="fix")).encode(), "Select the cell"),
        (json.dumps(question(question=" ")).encode(), "no question"),
    ],
)
@pytest.mark.parametrize("path", ["chat", "prompt"])
def test_what_is_no_question(client, ollama, path, body, says):
    answer = client.http.post(path, content=body)
    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert ollama.chats == []


def test_fields_of_wrong_types_are_left_out(client, ollama):
    records = client.ask(
        cells=[5, None, {"id": 7}, code("a", "x = 3")],
        variables="df",
        files={"a": 1},
        images="x",
        exclude=[1, None],
        turns=[1, {"user_text": 2, "reply": "x"}],
        model=5,
        target=["a"],
        kernel_id=3,
        language=None,
    )
    assert records[-1]["type"] == "done"


def test_a_body_without_end(client, ollama):
    answer = client.http.post("chat", content=b"x" * 25_000_000)
    assert answer.status_code == 413
    assert client.http.put("conversation", content=b"x" * 3_000_000).status_code == 413


def test_a_browser_that_goes_away_ends_the_answer(client, ollama):
    ollama.replies = [["word "] * 2000]
    ollama.piece_delay = 0.05
    with client.http.stream("POST", "chat", json=question()) as response:
        for line in response.iter_lines():
            if json.loads(line)["type"] == "text":
                break
    assert ollama.wait_closed() is not None
    assert ollama.wait_closed() is not None


def test_a_browser_that_goes_away_before_the_first_word(client, ollama):
    ollama.first_byte_delay = 30.0
    with client.http.stream("POST", "chat", json=question()) as response:
        lines = response.iter_lines()
        next(lines)
        assert ollama.wait_requests(1)
    assert ollama.wait_closed() is not None
    assert ollama.wait_closed() is not None


def test_a_phase_is_told_while_nothing_comes(client, ollama):
    ollama.first_byte_delay = 1.0
    phases = [record["text"] for record in client.ask() if record["type"] == "phase"]
    assert phases
    assert all(phases)


def test_two_tabs_at_once(client, ollama):
    ollama.replies = lambda messages, body: f"You said {messages[-1]['content'].splitlines()[-1]}"
    ollama.piece_delay = 0.02
    answers = {}

    def ask(word):
        answers[word] = text(client.ask(question=word, path=f"{word}.ipynb"))

    threads = [threading.Thread(target=ask, args=(word,)) for word in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {word: f"You said {word}" for word in ("one", "two", "three")}


@pytest.mark.parametrize("kind", ["cut", "503", "reset"])
def test_a_model_server_in_trouble(client, ollama, kind):
    ollama.fail_next(kind, times=9) if kind != "cut" else ollama.fail_next(kind, after=1)
    records = client.ask()
    last = records[-1]
    assert last["type"] == ("done" if kind == "cut" else "error")
    if kind == "cut":
        assert last["bundle"]["finished"] == "cut"
        assert "%devstral" not in " ".join(last["bundle"]["notes"])
    else:
        assert last["message"]


def test_no_model_server(tmp_path):
    with JupyterServer(
        tmp_path, "c.DevstralConfig.host = 'http://127.0.0.1:9'\n", app="jupyter_server"
    ) as server:
        headers = {"Authorization": f"token {server.token}"}
        with httpx.Client(base_url=f"{server.url}/jupyter-devstral/", headers=headers) as http:
            status = http.get("status").json()
            assert status["state"] == "no-server"
            assert "ollama serve" in status["text"] + status["next_step"]
            line = http.post("chat", json=question()).text.splitlines()[-1]
            assert json.loads(line)["state"] == "no-server"
            # What would be sent can be looked at all the same.
            assert http.post("prompt", json=question()).json()["window"] == 32768


@pytest.mark.parametrize(
    "setting", ["host = 'http://192.0.2.1:11434'", "host = 'ftp://x'", "modell = 'x'", "num_ctx = 3"]
)
def test_a_setting_that_cannot_be_used_is_said(tmp_path, setting):
    with JupyterServer(tmp_path, f"c.DevstralConfig.{setting}\n", app="jupyter_server") as server:
        headers = {"Authorization": f"token {server.token}"}
        with httpx.Client(base_url=f"{server.url}/jupyter-devstral/", headers=headers) as http:
            status = http.get("status").json()
            assert status["state"] == "refused"
            assert "DevstralConfig" in status["text"] + status["next_step"]
            line = http.post("chat", json=question()).text.splitlines()[-1]
            assert json.loads(line)["state"] == "refused"


def test_variables_of_a_kernel(client, ollama):
    kernel = client.kernel()
    run_in(client.server, kernel, "import pandas as pd\nprices = pd.DataFrame({'price': [1.5, None]})")
    # The server hears a moment later that the kernel is idle again.
    assert eventually(lambda: client.get("variables", kernel_id=kernel)["is_available"])
    said = client.get("variables", kernel_id=kernel)
    assert "price" in {one["name"]: one["text"] for one in said["variables"]}["prices"]
    records = client.ask(kernel_id=kernel, question="what is in prices?", variables=["prices"])
    assert "variable:prices" in [piece["key"] for piece in sent(records)["pieces"]]
    assert "price" in ollama.chats[0].body["messages"][-1]["content"]


def test_asking_a_kernel_twice_at_once_finds_it_busy_neither_time(client, ollama):
    """The sidebar asks for the prompt and for what can be mentioned at the same time."""
    kernel = client.kernel()
    run_in(client.server, kernel, "here = 1")
    assert eventually(lambda: client.get("variables", kernel_id=kernel)["is_available"])
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.get("variables", kernel_id=kernel)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["is_busy"] for answer in answers] == [False] * 6
    assert all("here" in str(answer["variables"]) for answer in answers)


def test_what_a_cell_has_changed_is_told_at_the_next_question(client, ollama):
    kernel = client.kernel()
    run_in(client.server, kernel, "here = 1")
    assert eventually(lambda: "here" in str(client.get("variables", kernel_id=kernel)["variables"]))
    for number in range(3):
        run_in(client.server, kernel, f"later_{number} = 1")
        wanted = f"later_{number}"
        assert eventually(
            lambda wanted=wanted: wanted in str(client.get("variables", kernel_id=kernel)["variables"])
        )


def test_a_busy_kernel_is_not_waited_for(client, ollama, tmp_path):
    kernel = client.kernel()
    with busy(connection_file(client.server, kernel), tmp_path / "released"):
        said = client.get("variables", kernel_id=kernel)
        assert said["is_busy"]
        records = client.ask(kernel_id=kernel)
        assert records[-1]["type"] == "done"
        assert "busy" in " ".join(sent(records)["notes"])


def test_kernels_that_are_not_there(client, ollama):
    assert client.get("variables", kernel_id="none") == {
        "is_busy": False,
        "is_available": False,
        "variables": [],
    }
    assert client.ask(kernel_id="none")[-1]["type"] == "done"


def test_conversations_are_kept(client, jupyter):
    messages = [{"role": "user", "text": "why?"}, {"role": "assistant", "text": "so"}]
    nothing = {"messages": [], "thread": "", "threads": []}
    assert client.get("conversation", path="a/b.ipynb") == nothing
    client.http.put("conversation", json={"path": "a/b.ipynb", "messages": messages}).raise_for_status()
    assert client.get("conversation", path="a/b.ipynb")["messages"] == messages
    assert client.get("conversation", path="a/c.ipynb") == nothing
    moved = {"path": "a/b.ipynb", "new_path": "a/c.ipynb"}
    client.http.post("rename", json=moved).raise_for_status()
    assert client.get("conversation", path="a/c.ipynb")["messages"] == messages
    assert client.get("conversation", path="a/b.ipynb") == nothing
    [file] = conversations(jupyter)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder(jupyter).stat().st_mode) == 0o700
    client.http.delete("conversation", params={"path": "a/c.ipynb"}).raise_for_status()
    assert conversations(jupyter) == []
    # Renaming and clearing what was never said are no errors.
    client.http.delete("conversation", params={"path": "a/c.ipynb"}).raise_for_status()
    client.http.post("rename", json=moved).raise_for_status()


@pytest.mark.parametrize("path", ["../../../etc/passwd", "a\0b", "/" * 3000, "é" * 5000, ""])
def test_any_path_is_only_a_name(client, jupyter, path):
    client.http.put("conversation", json={"path": path, "messages": [{"text": "x"}]}).raise_for_status()
    assert len(conversations(jupyter)) == 1
    client.http.put("conversation", json={"path": path, "messages": []}).raise_for_status()
    assert conversations(jupyter) == []


@pytest.mark.parametrize(
    "body", [{}, {"path": "a"}, {"path": "a", "messages": [1]}, {"path": 1, "messages": []}, []]
)
def test_what_is_no_conversation(client, body):
    assert client.http.put("conversation", json=body).status_code == 400


def test_the_log_holds_no_words_of_the_user(client, ollama, jupyter):
    client.ask(question="an unmistakable sentence")
    client.http.post("chat", content=b"an unmistakable sentence")
    assert "unmistakable" not in (jupyter.folder / "server.log").read_text()


def folder(jupyter: JupyterServer) -> Path:
    return jupyter.folder / "data" / "jupyter_devstral" / "conversations"


def conversations(jupyter: JupyterServer) -> list[Path]:
    """The files of the conversations, without the pictures of other tests' beside them."""
    return list(folder(jupyter).glob("*.json"))


def run_in(server, kernel, source):
    """Execute in a kernel of that server, from outside of it."""
    with running(server, kernel, source) as wait:
        wait()


def running(server, kernel, source):
    return executing(connection_file(server, kernel), source)


def connection_file(server, kernel):
    return server.folder / "runtime" / f"kernel-{kernel}.json"


def test_an_edited_cell_follows_what_was_sent(client, ollama):
    """The same as for a magic: the old version stands, the new one is marked, and the preview says so."""
    first = [code("a", "x = 3"), *(code(f"c{n}", f"{'y' * 40}{n} = load({n})\n" * 9) for n in range(5))]
    done = client.ask(question="how many?", path="edited.ipynb", cells=first)[-1]["bundle"]
    turn = {"user_text": done["turn"]["user_text"], "reply": done["reply"], "after": "c4"}
    again = {"question": "why?", "path": "edited.ipynb", "turns": [turn]}
    cells = [code("a", "x = 4"), *first[1:], code("z", "print(x)")]
    preview = client.http.post("prompt", json=question(cells=cells, **again)).json()
    records = client.ask(cells=cells, **again)
    one, two = (chat.body["messages"] for chat in ollama.chats)
    assert two[: len(one)] == one
    assert two == preview["messages"]
    news = two[-1]["content"]
    assert news.index("Cell 6:\n") < news.index(
        "Cell 0 (new version, the earlier one is gone):\n```python\nx = 4\n"
    )
    labels = {piece["key"]: piece["label"] for piece in sent(records)["pieces"]}
    assert labels["outdated:"] == "earlier versions of changed cells"
    # A page of which the server knows nothing more, and a user who takes the cell out.
    for other in ({"path": "other.ipynb"}, {"exclude": ["cell:a"]}):
        client.ask(cells=cells, **{**again, **other})
        text = json.dumps(ollama.chats[-1].body["messages"])
        assert "new version" not in text
        assert "x = 3" not in text
