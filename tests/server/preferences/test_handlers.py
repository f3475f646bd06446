"""Settings of a page at the server: they reach the next question, and name no server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.conftest import Client, code

NAMES = ("auto_explain", "context", "values", "redact", "model", "think", "trial_seconds")


def put(client: Client, **settings: Any) -> Any:
    return client.http.put("settings", json={"settings": settings})


@pytest.fixture(autouse=True)
def _as_before(client: Client) -> Iterator[None]:
    yield
    put(client, **dict.fromkeys(NAMES)).raise_for_status()


def test_wishes_reach_the_next_question(client: Client, ollama: Any) -> None:
    context = client.get("settings")["settings"]["context"]
    assert "How much of the notebook" in context.pop("about")
    assert context == {"value": "notebook", "locked_by": "", "note": ""}
    cells = [code("a", "price = 3"), code("b", "print(price)")]
    client.ask(cells=cells, target="b")
    assert "price = 3" in json.dumps(ollama.chats[-1].body)
    said = put(client, context="cell", auto_explain="never").json()
    assert said["settings"]["context"]["value"] == "cell"
    assert "auto_explain" in said["problems"][0]
    client.ask(cells=cells, target="b")
    assert "price = 3" not in json.dumps(ollama.chats[-1].body)
    assert "print(price)" in json.dumps(ollama.chats[-1].body)
    put(client, model="other")
    assert client.get("status")["model"] == "other"


@pytest.mark.parametrize("model", ["evil.example/devstral", "http://evil.example", "localhost:1/x"])
def test_a_page_names_no_server(client: Client, model: str) -> None:
    said = put(client, model=model, context="cell").json()
    assert "DevstralConfig.model" in said["problems"][0]
    assert "names a server" in said["problems"][0]
    settings = client.get("settings")["settings"]
    assert settings["model"]["value"] == "devstral-small-2"
    # It is no reason to leave the others out.
    assert settings["context"]["value"] == "cell"
    put(client, context=None)


def test_what_is_no_settings_is_refused(client: Client) -> None:
    assert client.http.put("settings", json={"settings": []}).status_code == 400


def test_what_the_server_was_started_with_is_fixed(client: Client) -> None:
    # The fixture's server has its host from a file; no page can wish for another one.
    put(client, host="http://evil.example")
    assert "host" not in client.get("settings")["settings"]
    assert "127.0.0.1" in client.get("status")["host"]
