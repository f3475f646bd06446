"""The double itself: faults on the wire, cancellation seen, queue, keep-alive, access, instant answers."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.support.models.model_cards import devstral_card
from tests.support.scripted.engine import Script, split_tokens
from tests.support.scripted.faults import KINDS
from tests.support.scripted.raw_client import RawClient
from tests.support.scripted.server import ScriptedOllama

pytestmark = pytest.mark.timeout(60)
TEXT = "Sure.\n\n```python\nx = {'a': 1}  # naïve ✓\nprint(x)\n```\n"


def client(server: ScriptedOllama) -> RawClient:
    return RawClient(server.url, "devstral-small-2", timeout=20)


@pytest.mark.parametrize(
    "text", [TEXT, "", " ", "a  b\t\n\n c", "日本語のテキスト", "_x__y_", "\r\n\r\n", "é́😀"]
)
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(split_tokens(text)) == text


def test_replies_in_turn_then_the_last_again() -> None:
    with ScriptedOllama(["one", "two"]) as server:
        assert [client(server).chat("hi").text for _ in range(3)] == ["one", "two", "two"]


@pytest.mark.parametrize("explains", [True, False])
def test_an_answer_that_only_repeats_itself_ends(explains: bool) -> None:
    """As Ollama ends it, or with a record that says why."""
    card = replace(devstral_card(), explains=explains)
    with ScriptedOllama([["It is 4.", *"8" * 200]], models=[card]) as server:
        answer = client(server).chat("how much is it?", options={"num_predict": 100})
    assert answer.text == "It is 4." + "8" * 31
    assert answer.final["done"] is explains
    if explains:
        assert answer.final["done_reason"] == "repetition"
        assert answer.final["eval_count"] == 32
        assert answer.final["prompt_eval_count"] > 0


def test_reply_from_a_function_sees_messages_and_body() -> None:
    def reply(messages: list[dict[str, Any]], body: dict[str, Any]) -> list[str]:
        return [messages[-1]["content"], "|", str(body["options"]["num_ctx"])]

    with ScriptedOllama(reply) as server:
        assert client(server).chat("Wörld ✓").text == "Wörld ✓|2048"
        assert server.chats[0].body["messages"] == [{"role": "user", "content": "Wörld ✓"}]


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("404", 404, "model 'devstral-small-2' not found"),
        ("503", 503, "server busy, please try again.  maximum pending requests exceeded"),
        ("500", 500, "llama-server binary not found"),
        ("load-failure", 500, "failed to load"),
    ],
)
def test_refusals(kind: str, status: int, text: str) -> None:
    with ScriptedOllama() as server:
        server.fail_next(kind)
        answer = client(server).chat("hi")
        assert (answer.status, len(answer.records)) == (status, 1)
        assert text in answer.final["error"]
        assert client(server).chat("hi").status == 200


def test_window_fault_is_nested_json() -> None:
    with ScriptedOllama() as server:
        server.fail_next("400-window", prompt_tokens=910, num_ctx=512)
        error = client(server).chat("hi").inner_error()
        assert (error["n_prompt_tokens"], error["n_ctx"], error["type"]) == (
            910,
            512,
            "exceed_context_size_error",
        )


def test_window_is_kept_without_a_fault() -> None:
    with ScriptedOllama(count=lambda text: len(text.split())) as server:
        answer = client(server).chat("word " * 3000, truncate=False)
        assert answer.status == 400
        assert answer.inner_error()["n_ctx"] == 2048


@pytest.mark.parametrize("kind", ["cut", "done-length", "error-line", "runner-killed", "garbage-line"])
def test_faults_in_the_stream(kind: str) -> None:
    with ScriptedOllama(TEXT) as server:
        server.fail_next(kind, after=3)
        with httpx.stream(
            "POST", server.url + "/api/chat", json=client(server).chat_body("x", options={"num_predict": -1})
        ) as r:
            lines = list(r.iter_lines())
        if kind == "garbage-line":
            with pytest.raises(json.JSONDecodeError):
                json.loads(lines[3])
            return
        last = json.loads(lines[-1])
        assert len(lines) == (3 if kind == "cut" else 4)
        assert (last.get("done"), last.get("done_reason")) == {
            "cut": (False, None),
            "done-length": (True, "length"),
        }.get(kind, (None, None))
        assert ("error" in last) == (kind in ("error-line", "runner-killed"))


@pytest.mark.parametrize(
    ("kind", "error"),
    [("reset", httpx.ReadError), ("reset-mid", httpx.ReadError), ("drop", httpx.RemoteProtocolError)],
)
def test_broken_connections(kind: str, error: type[Exception]) -> None:
    with ScriptedOllama(TEXT) as server:
        server.fail_next(kind)
        with pytest.raises(error):
            client(server).chat("hi", options={"num_predict": -1})
        assert not server.chats[0].closed_early, "it was the server that closed"
        assert client(server).chat("hi").status == 200


def test_done_false_without_streaming() -> None:
    with ScriptedOllama("whole") as server:
        server.fail_next("done-false-nostream")
        answer = client(server).chat("hi", stream=False)
        assert (answer.text, answer.final["done"], "done_reason" in answer.final) == ("whole", False, False)


def test_every_fault_is_known() -> None:
    with ScriptedOllama() as server, pytest.raises(ValueError, match="unknown fault"):
        server.fail_next("nonsense")
    assert len(KINDS) == len(set(KINDS))


@pytest.mark.parametrize("fault", ["hang", "stall", ""])
def test_a_closed_connection_is_seen_at_once(fault: str) -> None:
    with ScriptedOllama([Script(["x"] * 5 + [str(n) for n in range(500)], delay=0.02)]) as server:
        if fault:
            server.fail_next(fault)
        body = json.dumps(client(server).chat_body("hi", options={"num_predict": -1})).encode()
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = f"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            if fault != "hang":
                assert connection.recv(15) == b"HTTP/1.1 200 OK"
            assert server.wait_requests(1)
        # Before the answer would have ended by itself, in the cases where it ever would.
        assert server.wait_closed() is not None
        assert server.wait_for(lambda: server.chats[0].closed_early)


def test_requests_take_turns_and_a_queued_one_can_leave() -> None:
    with ScriptedOllama(lambda messages, body: Script(["a"] * 30, delay=0.03)) as server:
        first = threading.Thread(
            target=client(server).chat, args=("first",), kwargs={"options": {"num_predict": -1}}
        )
        first.start()
        assert server.wait_requests(1)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.url + "/api/chat", json=client(server).chat_body("queued"), timeout=0.1)
        last = client(server).chat("last")
        first.join()
        records = server.chats
        assert [record.closed_early for record in records] == [False, True, False]
        assert records[1].first_byte_at is None
        assert records[2].first_byte_at >= records[0].finished_at - 0.02  # type: ignore[operator]
        assert last.status == 200
        assert last.final["total_duration"] > last.final["load_duration"]


def test_slow_load_is_not_listed_and_survives_a_cancel() -> None:
    with ScriptedOllama(loaded=False, load_delay=0.4) as server:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(server.url + "/api/chat", json=client(server).chat_body("hi"), timeout=0.1)
        assert client(server).running() == [], "a model that still loads is not listed"
        assert client(server).chat("hi").final["load_duration"] < 0.3e9
        assert server.engine.loads == 1
        assert [model["context_length"] for model in client(server).running()] == [2048]


def test_slow_load_fault_loads_once_more() -> None:
    with ScriptedOllama(loaded_context=2048) as server:
        assert client(server).chat("hi").final["load_duration"] < 0.05e9
        server.fail_next("slow-load", seconds=0.2)
        assert client(server).chat("hi").final["load_duration"] >= 0.2e9
        assert client(server).chat("hi").final["load_duration"] < 0.05e9


@pytest.mark.parametrize(
    ("change", "reloads"),
    [
        ({}, False),
        ({"options": {"temperature": 0.9, "top_p": 0.3, "seed": 9, "stop": ["x"]}}, False),
        ({"options": {"num_ctx": 4096}}, True),
        ({"options": {"num_thread": 3}}, True),
        ({"shift": False}, True),
        ({"truncate": False, "keep_alive": "1h"}, False),
    ],
)
def test_what_reloads_the_model(change: dict[str, Any], reloads: bool) -> None:
    with ScriptedOllama(loaded=False) as server:
        client(server).chat("hi")
        client(server).chat("hi", **change)
        assert server.engine.loads == (2 if reloads else 1)


@pytest.mark.parametrize(
    ("keep_alive", "seconds"),
    [(None, 300), ("30m", 1800), ("1h30m", 5400), (90, 90), ("1.5s", 1.5), (-1, 9e9), ("-1s", 9e9)],
)
def test_keep_alive_forms(keep_alive: object, seconds: float) -> None:
    from datetime import datetime, timezone

    with ScriptedOllama() as server:
        client(server).chat("hi", **({} if keep_alive is None else {"keep_alive": keep_alive}))
        (model,) = client(server).running()
        expires = datetime.fromisoformat(model["expires_at"][:19] + "+00:00")
        left = (expires - datetime.now(timezone.utc)).total_seconds()
        assert left == pytest.approx(seconds, abs=2, rel=0.05)


@pytest.mark.parametrize(
    ("keep_alive", "error"),
    [
        ("-1", "time: missing unit in duration"),
        ("soon", "time: invalid duration"),
        ("5", "missing unit"),
        (True, "bool"),
    ],
)
def test_keep_alive_that_is_none(keep_alive: object, error: str) -> None:
    with ScriptedOllama() as server:
        answer = client(server).chat("hi", keep_alive=keep_alive)
        assert answer.status == 400
        assert error in answer.final["error"]


def test_keep_alive_runs_out() -> None:
    with ScriptedOllama() as server:
        for seconds in (1, 0):
            client(server).chat("hi", keep_alive=seconds)
            assert not seconds or client(server).running()
            assert server.wait_for(lambda: client(server).running() == [])


def test_cached_tokens_are_told_to_the_test() -> None:
    with ScriptedOllama() as server:
        for question in ("one", "two"):
            client(server).chat("word " * 200 + question)
        first, second = server.chats
        assert first.cached_tokens == 0
        assert second.prompt_tokens - second.cached_tokens < 20


def test_pull_progress_error_and_install() -> None:
    with ScriptedOllama() as server:
        layer = {"status": "pulling 24277f07f62d", "digest": "sha256:2427", "total": 10}
        server.pull_with(
            [{"status": "pulling manifest"}, {**layer, "completed": 4}, {"error": "connection lost"}]
        )
        answer = client(server).post("/api/pull", {"model": "new"})
        assert (answer.status, answer.final) == (200, {"error": "connection lost"})
        server.pull_with([{**layer, "completed": 10}, {"status": "success"}])
        assert client(server).post("/api/pull", {"model": "new"}).final == {"status": "success"}
        assert "new:latest" in [model["name"] for model in client(server).get("/api/tags").json()["models"]]


def test_cloud_stub_is_listed_and_refused_unless_allowed() -> None:
    body = {"model": "devstral-2:123b-cloud", "messages": [{"role": "user", "content": "x"}]}
    with ScriptedOllama(cloud_model="devstral-2:123b-cloud") as server:
        stub = client(server).get("/api/tags").json()["models"][-1]
        assert stub["remote_host"] == "https://ollama.com:443"
        assert client(server).post("/api/chat", body).status == 403
    with ScriptedOllama(cloud_model="devstral-2:123b-cloud", cloud=True) as server:
        assert client(server).post("/api/chat", body).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:1"}, 200),
        ({"Host": "evil.example.org"}, 403),
        ({"Host": "box.local"}, 200),
        ({"Host": "192.168.1.5"}, 200),
        ({"Host": "8.8.8.8"}, 403),
        ({"Host": "[::1]:11434"}, 200),
        ({"Origin": "https://hub.example.org"}, 403),
        ({"Origin": "https://localhost.example.org"}, 403),
        ({"Origin": "http://127.0.0.1:8888"}, 200),
        ({"Origin": "null"}, 403),
    ],
)
def test_access(scripted_ollama: ScriptedOllama, headers: dict[str, str], status: int) -> None:
    assert (
        httpx.get(scripted_ollama.url + "/api/version", headers=headers, trust_env=False).status_code
        == status
    )


def test_head_routes(scripted_ollama: ScriptedOllama) -> None:
    for path in ("/", "/api/version", "/api/tags"):
        answer = httpx.head(scripted_ollama.url + path, trust_env=False)
        assert (answer.status_code, answer.content) == (200, b"")
