"""The double of a server of the OpenAI dialect: plain sockets, so that each byte and each fault is as told.

with ScriptedV1(["Hello."]) as server:
    config = DevstralConfig(routes={"cluster": {"address": server.url}})
    ...
    assert server.chats[0].body["stream"] is True
    server.fail_next("429", retry_after="1")
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from jupyter_devstral.core.model.openai.client import forget
from tests.support.scripted.engine import split_tokens
from tests.support.scripted.openai_judge import complaint

PATIENCE = 30.0
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>no</body></html>"

# Each kind, and what it does to the request that meets it.
KINDS = {
    # before an answer
    "status": "answers `status` with `body` and `headers`",
    "429": "too many requests, with `retry_after`",
    "503-loading": "llama-server while it loads",
    "502-html": "a proxy's error page",
    "redirect": "sends the request to `location`",
    "reset": "the connection is reset before the first byte",
    "hang": "never answers",
    "web-page": "a page with status 200",
    "whole": "the whole answer as one JSON object, though a stream was asked for",
    # in the stream, after `after` pieces
    "cut": "the connection is closed without a finish_reason",
    "end-early": "the body ends properly, without a finish_reason",
    "reset-mid": "the connection is reset",
    "error-event": "`data: {body}` and the end",
    "garbage": "an event that is not JSON",
    "stall": "nothing more comes",
    # the form of the stream
    "bytewise": "each byte in a packet of its own",
    "crlf": "lines end with CR LF, comments and event names between them",
    "no-done": "the body ends behind the usage, without [DONE]",
    "late-end": "after [DONE] the body stays open",
    "no-usage": "no counters are told",
    "null-content": "null and empty contents around the text",
    "parts": "contents are lists of typed parts",
    "finish": "the answer ends with `reason`",
}
# How servers tell the deltas of calls apart, each seen somewhere.
CALL_FORMS = {
    "plain": "by an index, the name once, the arguments in pieces",
    "no-index": "without an index, one call behind the other",
    "all-0": "every call has the index 0 and an id of its own",
    "name-again": "the name stands in every delta",
    "name-split": "the name comes in pieces, too",
    "object": "the arguments are an object, not JSON in a string",
}


@dataclass(frozen=True)
class Called:
    """A reply that calls tools.

    Attributes:
        calls: pairs of a name and its arguments; a text is sent as it is.
        text: what is said before them.
        form: a key of CALL_FORMS.
        step: characters of the arguments in a delta.
    """

    calls: Sequence[tuple[str, Any]]
    text: str = ""
    form: str = "plain"
    step: int = 5

    def deltas(self) -> list[dict[str, Any]]:
        """The deltas of the calls, in their order."""
        return [delta for at, call in enumerate(self.calls) for delta in self._of(at, *call)]

    def message(self) -> list[dict[str, Any]]:
        """The calls of a message that is not streamed."""
        return [
            {"id": f"call_{at}", "function": {"name": name, "arguments": _json(arguments)}}
            for at, (name, arguments) in enumerate(self.calls)
        ]

    def _of(self, at: int, name: str, arguments: Any) -> list[dict[str, Any]]:
        written = _json(arguments)
        pieces: list[Any] = [written[i : i + self.step] for i in range(0, len(written), self.step)]
        pieces = [arguments] if self.form == "object" else pieces
        names = [name[:3], name[3:]] if self.form == "name-split" else [name]
        found = [self._delta(at, one, "", number == 0) for number, one in enumerate(names)]
        again = name if self.form == "name-again" else ""
        return found + [self._delta(at, again, piece, False) for piece in pieces]

    def _delta(self, at: int, name: str, arguments: Any, is_first: bool) -> dict[str, Any]:
        delta: dict[str, Any] = {"function": {"arguments": arguments} | ({"name": name} if name else {})}
        if is_first or self.form == "all-0":
            delta |= {"id": f"call_ab12cd3{at}", "type": "function"}
        if self.form != "no-index":
            delta["index"] = 0 if self.form == "all-0" else at
        return delta


def _json(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


Reply = str | Called


@dataclass
class Fault:
    """One fault for one request to `/v1/chat/completions`; `after` counts pieces sent before it."""

    kind: str
    after: int = 2
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: str = ""
    location: str = ""
    reason: str = "length"


@dataclass
class Recorded:
    """One request as the server saw it; `complaint` is what Mistral's validator has against it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    arrived_at: float
    complaint: str = ""
    closed_early: bool = False


class ScriptedV1:
    """A real loopback HTTP server that answers as told.

    Args:
        replies: answers in turn (the last one repeats), or `f(messages)`; a Called calls tools.
        model, window: of the one model it lists; `meta` lists the window as llama-server does.
        key: what requests must carry; "" for none.
        count: how the "model" counts tokens of a text.
        tokenizer: whether there is a `/tokenize`.
        props: what llama-server says of itself; None for another server.
        tls: a context to serve with.
    """

    def __init__(
        self,
        replies: Sequence[Reply] | Callable[[list[dict[str, Any]]], Reply] = ("Hello.",),
        *,
        model: str = "devstral-2",
        window: int | None = 32_768,
        meta: bool = False,
        key: str = "",
        count: Callable[[str], int] = lambda text: round(len(text) / 3.5),
        tokenizer: bool = True,
        props: dict[str, Any] | None = None,
        piece_delay: float = 0.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.replies = replies
        self.model, self.window, self.meta = model, window, meta
        self.props = props
        self.key, self.count, self.tokenizer, self.piece_delay = key, count, tokenizer, piece_delay
        self.requests: list[Recorded] = []
        self.faults: deque[Fault] = deque()
        self.changed = threading.Condition()
        self.previous = ""
        self._asked = 0
        self._stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self._tls = tls
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> ScriptedV1:
        # The port may have been another server's, of whose model this process knows.
        forget(self.url)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def far_away(self) -> dict[str, Any]:
        """A route to another machine, on whose way this server is the proxy: what leaves, it gets."""
        proxy = f"http://127.0.0.1:{self.port}"
        return {"address": "http://llm.example/v1", "model": self.model, "proxy": proxy}

    @property
    def chats(self) -> list[Recorded]:
        """The requests to `/v1/chat/completions`."""
        return [record for record in self.requests if record.path == "/v1/chat/completions"]

    @property
    def complaints(self) -> list[str]:
        """What Mistral's validator has against any request so far."""
        return [record.complaint for record in self.chats if record.complaint]

    def fail_next(self, kind: str, times: int = 1, **details: Any) -> None:
        """Makes the next answers fail: see KINDS, and Fault for details."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}, one of {sorted(KINDS)}")
        self.faults.extend(Fault(kind, **details) for _ in range(times))

    def wait_for(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> bool:
        """Waits until the condition holds; looks again whenever the server saw something."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            with self.changed:
                self.changed.wait(0.02)
        return True

    def reply_to(self, messages: list[dict[str, Any]]) -> Reply:
        if callable(self.replies):
            return self.replies(messages)
        self._asked += 1
        return self.replies[min(self._asked, len(self.replies)) - 1]

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    owner: ScriptedV1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small packets leave at once, as those of an engine do.
    disable_nagle_algorithm = True
    server: _Server
    recorded: Recorded

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        # As the proxy of an address that is nowhere, it gets the whole URL: what leaves, it gets.
        if parsed and "://" in self.path:
            self.path = urlsplit(self.path).path
        return parsed

    def do_GET(self) -> None:
        self._record(None)
        if not self._has_key():
            return
        owner = self.server.owner
        if self.path == "/props" and owner.props is not None:
            self._json(200, owner.props)
            return
        if self.path != "/v1/models":
            self._json(404, {"detail": "Not Found"})
            return
        entry: dict[str, Any] = {"id": owner.model, "object": "model"}
        if owner.window:
            entry |= {"meta": {"n_ctx": owner.window}} if owner.meta else {"max_model_len": owner.window}
        self._json(200, {"object": "list", "data": [entry]})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.loads(raw)
        self._record(body)
        owner = self.server.owner
        if not self._has_key():
            return
        if self.path == "/tokenize" and owner.tokenizer:
            self._json(200, {"count": owner.count(body["content"]), "tokens": []})
        elif self.path == "/v1/chat/completions":
            self.recorded.complaint = complaint(body)
            self._answer(body, owner.faults.popleft() if owner.faults else Fault(""))
        else:
            self._json(404, {"detail": "Not Found"})

    def _record(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.recorded = Recorded(self.command, self.path, headers, body, time.monotonic())
        self.server.owner.requests.append(self.recorded)
        self.server.owner.notify()

    def _has_key(self) -> bool:
        owner = self.server.owner
        if not owner.key or self.headers.get("authorization") == f"Bearer {owner.key}":
            return True
        error = {"message": "Invalid API Key", "type": "authentication_error", "code": 401}
        self._json(401, {"error": error})
        return False

    def _json(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.send_response(status)
        kind = "text/html" if text.startswith("<") else "application/json"
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(text.encode())),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def _answer(self, body: dict[str, Any], fault: Fault) -> None:
        before = getattr(self, f"_before_{fault.kind.replace('-', '_')}", None)
        if before is not None:
            before(fault, body)
            return
        owner = self.server.owner
        reply = owner.reply_to(body["messages"])
        called = reply if isinstance(reply, Called) else Called((), reply)
        pieces: list[Any] = [*split_tokens(called.text)[: body["max_tokens"]], *called.deltas()]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self._stream(body, pieces, fault, "tool_calls" if called.calls else "stop")
        except (OSError, ssl.SSLError):
            self.recorded.closed_early = True
            self.close_connection = True
            owner.notify()

    def _stream(self, body: dict[str, Any], pieces: Sequence[Any], fault: Fault, reason: str) -> None:
        owner = self.server.owner
        self._event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}, fault)
        for number, piece in enumerate(pieces):
            if number == fault.after and self._in_stream(fault):
                return
            if owner.piece_delay:
                time.sleep(owner.piece_delay)
            self._event(
                {"choices": [{"index": 0, "delta": _delta(piece, fault), "finish_reason": None}]}, fault
            )
        reason = fault.reason if fault.kind == "finish" else reason
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}, fault)
        if fault.kind != "no-usage":
            self._event({"choices": [], "usage": self._usage(body, len(pieces))}, fault)
        if fault.kind != "no-done":
            self._data("[DONE]", fault)
        if fault.kind == "late-end":
            self._wait_for_close()
        self._chunk(b"")

    def _usage(self, body: dict[str, Any], written: int) -> dict[str, Any]:
        owner = self.server.owner
        # As a chat template joins them: a longer conversation only adds to it.
        prompt = "".join(
            f"[{each['role']}]{each['content']}{json.dumps(each.get('tool_calls', ''))}"
            for each in body["messages"]
        )
        same = next((n for n, (a, b) in enumerate(zip(owner.previous, prompt, strict=False)) if a != b), None)
        cached = min(len(owner.previous), len(prompt)) if same is None else same
        tokens, hit = owner.count(prompt), owner.count(prompt[:cached])
        owner.previous = prompt
        details = {"cached_tokens": hit}
        return {"prompt_tokens": tokens, "completion_tokens": written, "prompt_tokens_details": details}

    def _in_stream(self, fault: Fault) -> bool:
        """Whether the fault has ended the stream."""
        if fault.kind == "cut":
            self.connection.close()
        elif fault.kind == "end-early":
            self._chunk(b"")
        elif fault.kind == "reset-mid":
            self._reset()
        elif fault.kind == "error-event":
            self._data(fault.body if isinstance(fault.body, str) else json.dumps(fault.body), fault)
            self._chunk(b"")
        elif fault.kind == "garbage":
            self._data('{"choices": [{"del', fault)
            return False
        elif fault.kind == "stall":
            self._wait_for_close()
        else:
            return False
        self.close_connection = True
        return True

    def _event(self, data: Any, fault: Fault) -> None:
        self._data(json.dumps({"object": "chat.completion.chunk", **data}, ensure_ascii=False), fault)

    def _data(self, text: str, fault: Fault) -> None:
        if fault.kind == "crlf":
            self._chunk(f": ping\r\nevent: message\r\nid: 7\r\ndata:{text}\r\n\r\n".encode())
        elif fault.kind == "bytewise":
            for byte in f"data: {text}\n\n".encode():
                self._chunk(bytes([byte]))
        else:
            self._chunk(f"data: {text}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _wait_for_close(self) -> None:
        self.connection.settimeout(0.05)
        while not self.server.owner.stopped:
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
        raise BrokenPipeError

    def _reset(self) -> None:
        # Linger 0 makes close() send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _before_status(self, fault: Fault, body: dict[str, Any]) -> None:
        self._json(fault.status, fault.body if fault.body is not None else {}, fault.headers)

    def _before_429(self, fault: Fault, body: dict[str, Any]) -> None:
        data = {"object": "error", "message": "Requests rate limit exceeded", "type": "rate_limited"}
        self._json(429, data, {"Retry-After": fault.retry_after} if fault.retry_after else None)

    def _before_503_loading(self, fault: Fault, body: dict[str, Any]) -> None:
        error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
        self._json(503, {"error": error})

    def _before_502_html(self, fault: Fault, body: dict[str, Any]) -> None:
        self._json(502, BAD_GATEWAY)

    def _before_web_page(self, fault: Fault, body: dict[str, Any]) -> None:
        self._json(200, "<html><title>Sign in</title></html>")

    def _before_redirect(self, fault: Fault, body: dict[str, Any]) -> None:
        self._json(307, {}, {"Location": fault.location})

    def _before_reset(self, fault: Fault, body: dict[str, Any]) -> None:
        self._reset()

    def _before_hang(self, fault: Fault, body: dict[str, Any]) -> None:
        try:
            self._wait_for_close()
        except OSError:
            self.recorded.closed_early = True
            self.close_connection = True
            self.server.owner.notify()

    def _before_whole(self, fault: Fault, body: dict[str, Any]) -> None:
        reply = self.server.owner.reply_to(body["messages"])
        called = reply if isinstance(reply, Called) else Called((), reply)
        message = {"role": "assistant", "content": called.text or None}
        message |= {"tool_calls": called.message()} if called.calls else {}
        choice = {"message": message, "finish_reason": "tool_calls" if called.calls else "stop"}
        self._json(200, {"choices": [choice], "usage": self._usage(body, 3)})


def _delta(piece: str | dict[str, Any], fault: Fault) -> dict[str, Any]:
    if isinstance(piece, dict):
        return {"content": None, "tool_calls": [piece]}
    if fault.kind == "null-content":
        return {"content": piece, "tool_calls": None, "reasoning_content": None}
    if fault.kind == "parts":
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
        return {"content": [thinking, {"type": "text", "text": piece}]}
    return {"content": piece}
