"""`POST complete`, over a real server: what is sent to the model, what comes, and what never happens."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.server.conftest import Client, code
from tests.support.jupyter.kernel_of_server import executing
from tests.support.models.model_cards import fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama
from tests.support.waiting import eventually

MODEL = "qwen2.5-coder:1.5b-base"


@pytest.fixture
def fim(ollama: ScriptedOllama, client: Client) -> Iterator[ScriptedOllama]:
    """The model server with a model that fills in the middle."""
    ollama.engine.cards.append(fim_card())
    ollama.set_loaded(32_768)
    ollama.replies = ["head()"]
    client.get("complete")
    ollama.forget()
    yield ollama
    ollama.engine.cards[:] = [card for card in ollama.engine.cards if card.name != MODEL]
    ollama.set_loaded(None, None)


def key(source: str = "df.", **fields: Any) -> dict[str, Any]:
    return {
        "protocol": 1,
        "path": "a.ipynb",
        "kernel_id": "",
        "language": "python",
        "cell": "b",
        "source": source,
        "offset": len(source),
        "is_cut": False,
        "others": "",
        "place": "code",
        "by_hand": False,
        "ran": "",
        "runs": 0,
        "model": None,
        **fields,
    }


def push(
    client: Client, others: str, cells: list[Any], version: int | None = None, base: int | None = None
) -> httpx.Response:
    """Send cells, or what changed of those of the version `base`."""
    body = {"protocol": 1, "path": "a.ipynb", "language": "python", "others": others, "cells": cells}
    sent = {} if version is None else {"sent": {"page": "p", "version": version, "base": base}}
    # As a browser writes it: half a pair of a string is escaped.
    return client.http.post("complete/cells", content=json.dumps({**body, **sent}))


def ask(client: Client, *, cells: list[Any] | None = None, **fields: Any) -> dict[str, Any]:
    """What comes of a key; `cells` are pushed before it."""
    if cells is not None:
        assert push(client, fields["others"], cells).status_code == 200
    response = client.http.post("complete", json=key(**fields))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    [record] = [json.loads(line) for line in response.text.splitlines()]
    return dict(record)


def test_a_suggestion_comes_as_one_record(client: Client, fim: ScriptedOllama) -> None:
    record = ask(client)
    assert record == {
        "type": "done",
        "text": "head()",
        "dropped": "",
        "notes": [],
        "model": MODEL,
        "state": "ready",
        "is_paused": False,
        "is_final": True,
    }
    assert fim.completions[-1].body["prompt"].endswith("<|fim_middle|>df.")


def test_the_other_cells_are_sent_once(client: Client, fim: ScriptedOllama) -> None:
    cells = [code("a", "import pandas as pd"), code("b", "df."), code("c", "below")]
    assert client.http.post("complete", json=key(others="h1")).status_code == 409
    assert fim.completions == []
    ask(client, others="h1", cells=cells)
    ask(client, source="df.x.", others="h1")
    prompts = [request.body["prompt"] for request in fim.completions]
    assert all("import pandas as pd" in prompt for prompt in prompts)
    assert prompts[1] == prompts[0] + "x."
    assert client.http.post("complete", json=key(others="h2")).status_code == 409


def test_of_changed_cells_only_the_change_is_sent(client: Client, fim: ScriptedOllama) -> None:
    cells = [code("a", "first = 1"), code("b", "df."), code("c", "below = 1")]
    assert push(client, "n1", cells, version=1).status_code == 200
    changed = push(client, "n2", [[0, 1], code("new", "second = 2"), [1, 3]], version=2, base=1)
    assert changed.status_code == 200
    ask(client, others="n2")
    assert fim.completions[-1].body["prompt"].split("<|fim_suffix|>")[0] == (
        "<|fim_prefix|>first = 1\n\nsecond = 2\n\n"
    )
    # What was pushed before is known by its own name still.
    ask(client, others="n1")
    assert "second" not in fim.completions[-1].body["prompt"]
    assert push(client, "n3", [[0, 3]], version=4, base=3).status_code == 409
    assert push(client, "n3", [[0, 9]], version=4, base=2).status_code == 400


def test_a_push_has_a_limit_and_says_what_to_do(client: Client, fim: ScriptedOllama) -> None:
    response = push(client, "big", [code("a", "x" * 8_000_000)])
    assert response.status_code == 413
    assert response.json()["message"]


def test_two_tabs_with_other_cells_are_kept_apart(client: Client, fim: ScriptedOllama) -> None:
    for others, text in (("t1", "first = 1"), ("t2", "second = 2")):
        ask(client, others=others, cells=[code("a", text), code("b", "df.")])
    ask(client, others="t1")
    assert "first = 1" in fim.completions[-1].body["prompt"]
    assert "second" not in fim.completions[-1].body["prompt"]


def test_offsets_count_code_points(client: Client, fim: ScriptedOllama) -> None:
    ask(client, source="s = '🎈🎈'\ndf.)", offset=12)
    assert fim.completions[-1].body["prompt"].endswith("<|fim_suffix|>)<|fim_middle|>df.")


def test_half_a_pair_of_a_string_is_no_fault(client: Client, fim: ScriptedOllama) -> None:
    half = "\ud83c"
    for source in (f"s = '{half}'\ndf.", f"password = 'hunter2{half}hunter'\ndf."):
        cells = [code("a", source), code("b", "df.")]
        assert push(client, "half", cells).status_code == 200
        response = client.http.post(
            "complete",
            content=json.dumps(key(source=source, others="half")),
            headers={"Content-Type": "application/json"},
        )
        assert json.loads(response.text)["text"] == "head()", response.text
    assert "hunter" not in json.dumps(fim.completions[-1].body)


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "x = 'a"},
        {"source": "# a"},
        {"source": "%%bash\nls"},
        {"source": "x # a", "language": "r", "place": None},
    ],
)
def test_in_strings_and_comments_the_model_is_not_asked(
    client: Client, fim: ScriptedOllama, fields: dict[str, Any]
) -> None:
    record = ask(client, **fields)
    assert (record["text"], bool(record["dropped"])) == ("", True)
    assert fim.completions == []


def test_of_a_cell_that_is_cut_the_editor_tells_the_place(client: Client, fim: ScriptedOllama) -> None:
    ask(client, source="long text\nmore", is_cut=True, place="string")
    assert fim.completions == []


def test_leaving_closes_the_connection_to_the_model_at_once(client: Client, fim: ScriptedOllama) -> None:
    fim.replies = [Script(["a"] * 400, delay=0.02)]
    with pytest.raises(httpx.ReadTimeout):
        client.http.post("complete", json=key(), timeout=0.5)
    assert fim.completions[-1].lines > 1
    assert fim.wait_for(lambda: fim.completions[-1].closed_early)


def test_a_newer_key_closes_the_older_one(client: Client, fim: ScriptedOllama) -> None:
    fim.replies = [Script(["a"] * 400, delay=0.02), "head()"]
    found: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: found.append(ask(client)))
    thread.start()
    assert fim.wait_for(lambda: bool(fim.completions) and fim.completions[-1].lines > 1)
    assert ask(client, source="df.x.")["text"] == "head()"
    thread.join(5)
    assert found[0]["text"] == ""
    assert fim.wait_for(lambda: fim.completions[0].closed_early)


def test_while_a_chat_answers_the_model_is_not_asked(client: Client, fim: ScriptedOllama) -> None:
    fim.replies = [Script(["Hello", " there"] * 50, delay=0.02)]
    with client.http.stream("POST", "chat", json=chat()) as response:
        lines = response.iter_lines()
        while '"text"' not in next(lines):
            pass
        for by_hand in (False, True):
            assert "chat" in ask(client, by_hand=by_hand)["dropped"]
        assert client.get("complete")["is_paused"]
        assert fim.completions == []


def chat() -> dict[str, Any]:
    from tests.server.conftest import question

    return question()


def test_secrets_are_not_sent(client: Client, fim: ScriptedOllama) -> None:
    secret = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4fG6hJ8"
    cells = [code("a", f"api_key = '{secret}'"), code("b", "df.")]
    ask(client, others="s1", cells=cells)
    assert secret not in json.dumps(fim.completions[-1].body)
    assert re.search(r"'<SECRET_\d+>'", fim.completions[-1].body["prompt"])


def test_a_secret_is_known_by_a_cell_that_is_not_sent(client: Client, fim: ScriptedOllama) -> None:
    password = "Zq8vLw2rTn5x"
    cells = [
        code("a", f"password = '{password}'"),
        *(code(f"c{n}", f"step_{n} = '{'x' * 600}'") for n in range(30)),
        code("b", "x"),
    ]
    ask(client, source=f"login('me', '{password}')\ny = ", others="far", cells=cells)
    assert "password = " not in fim.completions[-1].body["prompt"]
    assert password not in json.dumps(fim.completions[-1].body)


def test_variables_are_asked_for_after_a_run_and_never_per_key(client: Client, fim: ScriptedOllama) -> None:
    kernel = client.kernel()
    run(client, kernel, "values = list(range(7))")
    cells = [code("a", "values = list(range(7))"), code("b", "x = ")]
    facts = {"kernel_id": kernel, "others": "v1", "ran": "a", "runs": 1}
    ask(client, source="x = ", cells=cells, **facts)

    def told() -> bool:
        ask(client, source="x = v", **facts)
        return "# values: list of 7 int" in fim.completions[-1].body["prompt"]

    assert eventually(told, 20)
    run(client, kernel, "values.append(1)")
    ask(client, source="x = va", **facts)
    time.sleep(0.3)
    ask(client, source="x = val", **facts)
    assert "list of 7 int" in fim.completions[-1].body["prompt"]
    client.http.delete(f"{client.server.url}/api/kernels/{kernel}")


def test_of_a_kernel_that_was_started_again_no_variable_is_told(client: Client, fim: ScriptedOllama) -> None:
    kernel = client.kernel()
    run(client, kernel, "values = list(range(7))")
    cells = [code("a", "values = list(range(7))"), code("b", "x = ")]
    facts = {"kernel_id": kernel, "others": "r1", "ran": "a", "runs": 1}
    ask(client, source="x = ", cells=cells, **facts)

    def told() -> bool:
        ask(client, source="x = v", **facts)
        return "# values: list of 7 int" in fim.completions[-1].body["prompt"]

    assert eventually(told, 20)
    client.http.post(f"{client.server.url}/api/kernels/{kernel}/restart").raise_for_status()
    # The page does not know yet: somebody else has done it.
    assert not told()
    run(client, kernel, "other = 1")
    assert not told()
    client.http.delete(f"{client.server.url}/api/kernels/{kernel}")


def run(client: Client, kernel: str, source: str) -> None:
    with executing(client.server.folder / "runtime" / f"kernel-{kernel}.json", source) as wait:
        wait()


def test_the_state_says_what_is_there_and_what_it_costs(client: Client, fim: ScriptedOllama) -> None:
    state = client.get("complete")
    assert (state["state"], state["model"], state["mode"]) == ("ready", MODEL, "on")
    assert not state["is_paused"]
    assert state["chat"] == "devstral-small-2"
    assert state["words"][0] == f"Ghost text: {MODEL} is ready."
    assert re.match(
        r"It takes about 1\.\d GB of memory beside devstral-small-2 \(\d+\.\d GB\)\.", state["words"][1]
    )
    assert state["models"] == [{"name": MODEL, "size_bytes": 986_060_000}]
    missing = client.get("complete", model="qwen2.5-coder:0.5b-base")
    assert (missing["state"], missing["download_bytes"]) == ("no-model", 398_000_000)
    assert missing["words"][0] == "Ghost text: no model yet."
    assert missing["words"][1].startswith("It takes about 0.")


def test_a_missing_model_is_asked_for_once(client: Client, ollama: ScriptedOllama) -> None:
    client.get("complete", model="nobody:1b")
    ollama.forget()
    for _ in range(3):
        assert ask(client, model="nobody:1b")["state"] == "no-model"
    assert ollama.requests == []


def test_the_last_prompt_can_be_looked_at(client: Client, fim: ScriptedOllama) -> None:
    ask(client)
    last = client.get("complete/last")
    assert last["request"] == fim.completions[-1].body
    assert (last["reply"], last["text"]) == ("head()", "head()")


@pytest.mark.parametrize(
    "fields",
    [
        {"protocol": 0},
        {"offset": 4},
        {"offset": -1},
        {"offset": "1"},
        {"offset": True},
    ],
)
def test_what_is_no_keystroke_is_refused(client: Client, fim: ScriptedOllama, fields: dict[str, Any]) -> None:
    response = client.http.post("complete", json=key(**fields))
    assert response.status_code == 400
    assert response.json()["message"]


def test_without_the_token_nothing_is_answered(client: Client, fim: ScriptedOllama) -> None:
    for method, address in (("POST", "complete"), ("GET", "complete"), ("GET", "complete/last")):
        response = httpx.request(method, f"{client.server.url}/jupyter-devstral/{address}", json=key())
        assert response.status_code in (401, 403)
