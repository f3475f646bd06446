"""Thinking in a stream: in the text or in a field of its own, it is no answer, no cell and no turn."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from jupyter_devstral.core.assistant import Assistant, Delta, Reply, Retraction
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.scripted.server import ScriptedOllama

DRAFT = "Maybe:\n```python\ndraft = 1\n```\nNo.\n"
ANSWER = "Use it:\n\n```python\nfinal = 1\n```\n"
REQUEST = Request(Task.WRITE, "write it", Notebook((Cell("a", 0, "code", "x = 1"),)))


def answered(assistant: Assistant, request: Request = REQUEST) -> tuple[Reply, str]:
    """The reply, and what the events show in the end."""
    stream = assistant.reply(request)
    shown = ""
    for event in stream:
        if isinstance(event, Delta):
            shown += event.text
        elif isinstance(event, Retraction):
            shown = ""
    return stream.result(), shown


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\n{DRAFT}</think>\n\n{ANSWER}",
        f"[THINK]{DRAFT}[/THINK]{ANSWER}",
        f"{DRAFT}</think>\n\n{ANSWER}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_thoughts_in_the_text_are_no_answer(scripted_ollama: ScriptedOllama, text: str, size: int) -> None:
    scripted_ollama.replies = [[text[at : at + size] for at in range(0, len(text), size)], "More."]
    config = DevstralConfig(host=scripted_ollama.url)
    assistant = Assistant(config, OllamaModel(config))
    reply, shown = answered(assistant)
    assert reply.text == shown == reply.turn.reply == ANSWER
    assert "draft = 1" in reply.thinking
    assert [edit.source for edit in reply.edits] == ["final = 1"]
    assert [block.source for block in reply.code] == ["final = 1"]
    assistant.follow_up(reply, "And now?").result()
    for _ in assistant.follow_up(reply, "And now?"):
        pass
    sent = json.dumps(scripted_ollama.chats[-1].body)
    assert "draft" not in sent
    assert "final = 1" in sent


def test_an_answer_that_is_all_thinking_says_so_and_can_be_asked_again(
    scripted_ollama: ScriptedOllama,
) -> None:
    scripted_ollama.replies = [f"<think>\n{DRAFT}", ANSWER]
    config = DevstralConfig(host=scripted_ollama.url)
    assistant = Assistant(config, OllamaModel(config))
    reply, shown = answered(assistant)
    assert (reply.text, shown, reply.edits) == ("", "", ())
    assert any("all thinking" in note for note in reply.notes)
    again = assistant.continue_reply(reply)
    for _ in again:
        pass
    assert again.result().text == ANSWER
    assert "draft" not in json.dumps(scripted_ollama.chats[-1].body)


class ThinkingDaemon:
    """A daemon whose model thinks in a field of its own; `bodies` are what was asked of it."""

    def __init__(self, capabilities: list[str], thinking: str, answer: str) -> None:
        self.bodies: list[dict[str, Any]] = []
        daemon = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say([{"models": []}])

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/api/show":
                    self._say([{"capabilities": capabilities, "model_info": {}}])
                    return
                daemon.bodies.append(body)
                thoughts = [{"role": "assistant", "content": "", "thinking": part} for part in thinking]
                texts = [{"role": "assistant", "content": part} for part in answer]
                end = {"done": True, "done_reason": "stop", "message": {"role": "assistant", "content": ""}}
                lines = [{"done": False, "message": each} for each in (*thoughts, *texts)]
                self._say([{"model": "m", **line} for line in (*lines, end)])

            def _say(self, lines: list[dict[str, Any]]) -> None:
                content = "".join(json.dumps(line) + "\n" for line in lines).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-ndjson")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> ThinkingDaemon:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def thinking_daemon() -> Iterator[ThinkingDaemon]:
    with ThinkingDaemon(["completion", "thinking"], DRAFT, ANSWER) as daemon:
        yield daemon


@pytest.mark.parametrize(
    ("setting", "wish", "sent"), [(False, None, False), (True, None, True), (False, True, True)]
)
def test_thinking_is_switched_by_a_setting_and_a_wish(
    thinking_daemon: ThinkingDaemon, setting: bool, wish: bool | None, sent: bool
) -> None:
    config = DevstralConfig(host=thinking_daemon.url, think=setting)
    reply, shown = answered(Assistant(config, OllamaModel(config, think=wish)))
    assert thinking_daemon.bodies[0]["think"] is sent
    assert reply.text == shown == ANSWER
    assert reply.thinking == DRAFT.strip()
    assert [edit.source for edit in reply.edits] == ["final = 1"]


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    with ThinkingDaemon(["completion"], "", ANSWER) as daemon:
        config = DevstralConfig(host=daemon.url, think=True)
        answered(Assistant(config, OllamaModel(config)))
        assert "think" not in daemon.bodies[0]


def test_an_answer_that_is_all_thinking_in_its_field_says_so() -> None:
    with ThinkingDaemon(["completion", "thinking"], DRAFT, "") as daemon:
        config = DevstralConfig(host=daemon.url)
        reply, _ = answered(Assistant(config, OllamaModel(config)))
        assert reply.text == ""
        assert any("all thinking" in note for note in reply.notes)
