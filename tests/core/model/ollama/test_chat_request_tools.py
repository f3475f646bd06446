"""Tools on Ollama's wire: sent as it reads them, and calls read from whichever chunk they come in."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from jupyter_devstral.core.model.messages import Message, ToolCall
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.window import Window
from jupyter_devstral.core.settings.config import DevstralConfig

WINDOW = Window(4096, "default")
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "run_cell",
            "description": "run",
            "parameters": {"type": "object", "properties": {"cell": {"type": "string"}}},
        },
    }
]


def _line(done: bool = False, **message: Any) -> dict[str, Any]:
    end = {"done_reason": "stop", "prompt_eval_count": 9, "eval_count": 4} if done else {}
    return {"model": "m", "message": {"role": "assistant", "content": "", **message}, "done": done, **end}


def _called(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": "call_ab12cd34", "function": {"index": 0, "name": name, "arguments": arguments}}


@contextmanager
def _answering(*lines: dict[str, Any]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            for line in lines:
                self.wfile.write(json.dumps(line).encode() + b"\n")

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_calls_are_collected_from_every_chunk() -> None:
    lines = (
        _line(content="Now."),
        _line(tool_calls=[_called("run_cell", {"cell": "a1b2"})]),
        _line(done=True, tool_calls=[_called("done", {})]),
    )
    with _answering(*lines) as url:
        model = OllamaModel(DevstralConfig(), host=url)
        chunks = list(model.chat([Message("user", "go")], num_predict=9, window=WINDOW, tools=TOOLS))
    assert [call for chunk in chunks for call in chunk.tool_calls] == [
        ToolCall("run_cell", {"cell": "a1b2"}),
        ToolCall("done", {}),
    ]
    assert chunks[-1].usage is not None


def test_tools_and_results_are_sent_as_ollama_reads_them(scripted_ollama) -> None:
    call = ToolCall("run_cell", {"cell": "a1b2"}, "call00001")
    messages = [
        Message("user", "go"),
        Message("assistant", "", tool_calls=(call,)),
        Message("tool", "cell a1b2: ran", answers=call),
    ]
    model = OllamaModel(DevstralConfig(), host=scripted_ollama.url)
    list(model.chat(messages, num_predict=9, tools=TOOLS, schema={"type": "object"}))
    body = scripted_ollama.chats[0].body
    assert body["tools"][0]["function"]["name"] == "run_cell"
    assert body["format"] == {"type": "object"}
    assistant, result = body["messages"][1:]
    assert assistant["tool_calls"] == [{"function": {"name": "run_cell", "arguments": {"cell": "a1b2"}}}]
    assert (result["role"], result["tool_name"]) == ("tool", "run_cell")


def test_a_request_without_tools_says_nothing_of_them(scripted_ollama) -> None:
    model = OllamaModel(DevstralConfig(), host=scripted_ollama.url)
    list(model.chat([Message("user", "go")], num_predict=9))
    assert not {"tools", "format"} & {key for key, value in scripted_ollama.chats[0].body.items() if value}
