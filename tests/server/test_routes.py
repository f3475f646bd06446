"""Routes in the sidebar's half: chosen by name, kept in the data folder, and what leaves over them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Client, code
from tests.support.jupyter.server import JupyterServer
from tests.support.scripted.openai_server import ScriptedV1

CANARY = "Wendeltreppe"
OUTPUT = {"output_type": "stream", "name": "stdout", "text": CANARY}


@pytest.fixture(scope="module")
def far() -> Iterator[ScriptedV1]:
    with ScriptedV1(["It is fine."]) as server:
        yield server


@pytest.fixture(scope="module")
def routed(far: ScriptedV1, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    config = "\n".join(
        (
            "c.DevstralConfig.host = 'http://127.0.0.1:9'",
            "c.DevstralConfig.allow_remote = True",
            f"c.DevstralConfig.routes = {{'cluster': {far.far_away!r}}}",
        )
    )
    with JupyterServer(tmp_path_factory.mktemp("routed"), config + "\n", app="jupyter_server") as server:
        yield server


@pytest.fixture
def page(routed: JupyterServer, far: ScriptedV1) -> Iterator[Client]:
    far.requests.clear()
    client = Client(routed)
    yield client
    client.http.close()


def put(page: Client, path: str, route: str) -> Any:
    return page.http.put("routes", json={"path": path, "route": route})


def test_a_page_is_told_the_routes_by_name_and_where_they_end(page: Client) -> None:
    record = page.get("routes", path="a.ipynb")
    assert record["chosen"] == "local"
    local, cluster = record["routes"]
    assert (local["name"], local["place"]) == ("local", "")
    assert (cluster["name"], cluster["place"]) == ("cluster", "llm.example")
    assert cluster["keeps"] == ["outputs", "files", "images"]
    assert "http" not in json.dumps(record)


def test_a_choice_is_kept_for_its_notebook_alone(page: Client, routed: JupyterServer) -> None:
    assert put(page, "a.ipynb", "cluster").status_code == 204
    assert page.get("routes", path="a.ipynb")["chosen"] == "cluster"
    assert page.get("routes", path="b.ipynb")["chosen"] == "local"
    page.http.post("rename", json={"path": "a.ipynb", "new_path": "c.ipynb"})
    assert page.get("routes", path="a.ipynb")["chosen"] == "local"
    assert page.get("routes", path="c.ipynb")["chosen"] == "cluster"
    put(page, "c.ipynb", "local")
    assert page.get("routes", path="c.ipynb")["chosen"] == "local"


@pytest.mark.parametrize("name", ["mistral", "https://evil.example/v1", "", "../local"])
def test_a_page_can_name_no_other_route(page: Client, name: str) -> None:
    assert put(page, "a.ipynb", name).status_code == 400
    [record] = page.ask(route=name) if name else page.ask(route="evil")
    assert record["type"] == "error"
    assert "no route" in record["message"]


def test_what_leaves_is_said_and_has_no_output(page: Client, far: ScriptedV1) -> None:
    cells = [code("a", "x = 3", OUTPUT), code("b", "print(x)")]
    records = page.ask(route="cluster", cells=cells)
    sent = next(record for record in records if record["type"] == "sent")
    assert (sent["route"], sent["place"], sent["is_remote"]) == ("cluster", "llm.example", True)
    assert sent["withheld"] == ["outputs"]
    assert records[-1]["type"] == "done"
    assert "x = 3" in json.dumps(far.chats[0].body)
    assert CANARY not in json.dumps(far.chats[0].body)
    assert far.complaints == []


def test_a_turn_that_was_held_elsewhere_is_not_sent(page: Client, far: ScriptedV1) -> None:
    turn = {"user_text": "what was printed?", "reply": CANARY, "after": "a"}
    page.ask(route="cluster", turns=[turn])
    assert CANARY not in json.dumps(far.chats[0].body)


def test_a_conversation_on_the_route_only_adds_to_the_prompt(page: Client, far: ScriptedV1) -> None:
    records = page.ask(route="cluster", question="first?")
    sent = next(record for record in records if record["type"] == "sent")
    reply = "".join(record["text"] for record in records if record["type"] == "text")
    page.ask(
        route="cluster",
        question="second?",
        turns=[{"user_text": sent["user_text"], "reply": reply, "after": "b"}],
    )
    first, second = (record.body["messages"] for record in far.chats)
    assert second[: len(first)] == first
    assert far.chats[0].headers["x-session-id"] == far.chats[1].headers["x-session-id"]
    page.ask(route="cluster", path="other.ipynb")
    assert far.chats[2].headers["x-session-id"] != far.chats[0].headers["x-session-id"]


def test_a_page_that_names_no_route_asks_the_local_engine(page: Client, far: ScriptedV1) -> None:
    put(page, "a.ipynb", "cluster")
    records = page.ask(path="a.ipynb")
    assert records[-1]["type"] == "error"
    assert "--route cluster" in records[-1]["message"]
    assert far.requests == []
    put(page, "a.ipynb", "local")


def test_status_of_a_route(page: Client) -> None:
    record = page.get("status", route="cluster")
    assert record["state"] == "ready"
    assert record["is_local"] is False
    assert "llm.example" in record["text"]


def test_choices_are_for_the_user_alone(page: Client, routed: JupyterServer) -> None:
    put(page, "a.ipynb", "cluster")
    [file] = Path(routed.folder).rglob("routes.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "a.ipynb" not in file.read_text()
    put(page, "a.ipynb", "local")
