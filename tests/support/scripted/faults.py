"""Faults that a model server shows on the wire, and the handlers that play them."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tornado.web import RequestHandler

from jupyter_devstral.embedded.api import app
from jupyter_devstral.embedded.engine import Refusal

BUSY = "server busy, please try again.  maximum pending requests exceeded"
RUNNER_KILLED = "an error was encountered while running the model: unexpected EOF"
LOAD_FAILURE = "model failed to load, this may be due to resource limitations or an internal error"
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

# What each kind does to the request that meets it.
KINDS = {
    # before the request is looked at
    "404": "the model is missing",
    "500": "the server cannot run a model",
    "502-html": "a proxy's error page",
    "503": "the queue is full",
    "400": "the request is refused",
    "400-window": "the nested error of a prompt that exceeds the window: `prompt_tokens`, `num_ctx`",
    "hang": "never answers",
    "slow": "answers after `seconds`",
    "reset": "the connection is reset before the first byte",
    # while the model is loaded
    "slow-load": "the model is loaded anew, which takes `seconds`",
    "load-failure": "the model is loaded anew, which fails with `message`",
    # while the answer streams, after `after` lines
    "error-line": "an error line",
    "runner-killed": "the error line of a runner that died",
    "garbage-line": "a line that is not JSON, then the rest of the answer",
    "drop": "the connection is closed in the middle of the stream",
    "reset-mid": "the connection is reset in the middle of the stream",
    "stall": "no more lines come",
    # from the engine, after `after` pieces
    "cut": "the stream ends properly but without a final record",
    "done-length": "the answer ends with done_reason length",
    "done-false-nostream": "the whole text, and no final record",
}
_REFUSALS = {"404": 404, "500": 500, "503": 503, "400": 400, "400-window": 400}
_EARLY = frozenset({*_REFUSALS, "502-html", "hang", "slow", "reset", "slow-load", "load-failure"})
_LATE = frozenset({"error-line", "runner-killed", "garbage-line", "drop", "reset-mid", "stall"})


@dataclass
class Fault:
    """One fault for one request; `after` counts lines sent before a late fault."""

    kind: str
    after: int = 2
    seconds: float = 0.3
    prompt_tokens: int = 40_000
    num_ctx: int = 32_768
    message: str = ""


@dataclass
class Recorded:
    """One request as the server saw it; also readable like a dict: `record["body"]`.

    Attributes:
        body: JSON value, or the raw text where it was not JSON.
        status: what was answered, 0 while nothing was.
        started_at, first_byte_at, closed_at, finished_at: `time.monotonic()`, None when it never was.
        closed_early: the client's connection closed before the answer was complete; seen at `closed_at`.
        prompt_tokens, cached_tokens: of the rendered prompt; the latter began the previous prompt too.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    started_at: float
    status: int = 0
    first_byte_at: float | None = None
    finished_at: float | None = None
    closed_early: bool = False
    closed_at: float | None = None
    lines: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    fault: Fault | None = field(default=None, repr=False)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@dataclass
class Observer:
    """Where handlers report to; lives on the server's thread, read from the test's."""

    requests: list[Recorded] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    changed: Any = None  # threading.Condition

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()


class ObservedMixin(RequestHandler):
    """Records the request, then plays the next fault of the queue (generation and pull routes only)."""

    observer: Observer
    takes_faults = False
    recorded: Recorded | None = None
    _dropped = False

    async def prepare(self) -> None:  # type: ignore[override]
        super().prepare()
        if self._finished:
            return
        self.recorded = _record(self)
        if self.takes_faults and self.observer.faults:
            self.recorded.fault = self.observer.faults.popleft()
        self.observer.requests.append(self.recorded)
        self.observer.notify()
        fault = self.recorded.fault
        if fault is not None and fault.kind in _EARLY:
            await self._play_early(fault)

    async def _play_early(self, fault: Fault) -> None:
        if fault.kind in _REFUSALS:
            raise Refusal(fault.message or _refusal_text(fault, self.recorded), _REFUSALS[fault.kind])
        if fault.kind == "502-html":
            self.set_status(502)
            self.set_header("Content-Type", "text/html")
            self.finish(BAD_GATEWAY)
        elif fault.kind == "reset":
            self._reset_connection()
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "hang":
            await self._wait_for_close()
        else:
            self._load_anew(fault)

    def _load_anew(self, fault: Fault) -> None:
        service: app.Service = self.service  # type: ignore[attr-defined]
        service.residence.residents.clear()
        engine: Any = service.engine
        if fault.kind == "slow-load":
            engine.next_load_delay = fault.seconds
        else:
            engine.next_load_failure = fault.message or LOAD_FAILURE

    async def send_line(self, line: str) -> None:
        record, fault = self.recorded, self.recorded.fault if self.recorded else None
        if record is not None and fault is not None and fault.kind in _LATE and record.lines == fault.after:
            record.lines += 1  # the fault itself; so that what it sends does not play it again
            await self._play_late(fault)
        await super().send_line(line)  # type: ignore[misc]
        if record is not None:
            record.lines += 1

    async def _play_late(self, fault: Fault) -> None:
        if fault.kind == "garbage-line":
            await super().send_line(fault.message or '{"model":"x","mess')  # type: ignore[misc]
        elif fault.kind in ("error-line", "runner-killed"):
            raise Refusal(fault.message or RUNNER_KILLED, 500)
        elif fault.kind == "reset-mid":
            self._reset_connection()
        elif fault.kind == "drop":
            self._drop_connection()
        elif fault.kind == "stall":
            await self._wait_for_close()

    async def _wait_for_close(self) -> None:
        while not self.recorded.closed_early:  # type: ignore[union-attr]
            await asyncio.sleep(0.005)
        raise Refusal("client closed request", 499)

    def _reset_connection(self) -> None:
        stream = self.request.connection.stream  # type: ignore[attr-defined]
        # Linger 0 makes close() send RST instead of FIN.
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._drop_connection()

    def _drop_connection(self) -> None:
        self._dropped = True
        self.request.connection.stream.close()  # type: ignore[attr-defined]
        raise Refusal("connection dropped", 499)

    def flush(self, *args: Any, **kwargs: Any) -> Any:
        gone = getattr(self, "_gone", False) or self._dropped
        if self.recorded is not None and self.recorded.first_byte_at is None and not gone:
            self.recorded.first_byte_at = time.monotonic()
            self.recorded.status = self.get_status()
        return super().flush(*args, **kwargs)

    def on_finish(self) -> None:
        if self.recorded is not None:
            self.recorded.finished_at = time.monotonic()
            self.observer.notify()
        super().on_finish()

    def on_connection_close(self) -> None:
        if self.recorded is not None and not self.recorded.closed_early and not self._dropped:
            self.recorded.closed_at = time.monotonic()
            self.recorded.closed_early = True
            self.observer.notify()
        super().on_connection_close()


def observed_routes(observer: Observer) -> dict[str, type[app.OllamaHandler]]:
    """The product's routes with every handler observed."""
    faulty = {"/api/chat", "/api/generate", "/api/pull"}
    return {
        path: type(
            f"Observed{handler.__name__}",
            (ObservedMixin, handler),
            {"observer": observer, "takes_faults": path in faulty},
        )
        for path, handler in app.ROUTES.items()
    }


def _record(handler: RequestHandler) -> Recorded:
    raw = handler.request.body.decode(errors="replace")
    try:
        body = json.loads(raw) if raw else None
    except json.JSONDecodeError:
        body = raw
    headers = dict(handler.request.headers.get_all())
    return Recorded(handler.request.method or "", handler.request.path, headers, body, time.monotonic())


def _refusal_text(fault: Fault, recorded: Recorded | None) -> str:
    if fault.kind == "404":
        model = recorded.body.get("model") if recorded else ""
        return f"model '{model}' not found"
    if fault.kind == "400-window":
        return _window_error(fault)
    return {"503": BUSY, "500": "llama-server binary not found", "400": "invalid request"}[fault.kind]


def _window_error(fault: Fault) -> str:
    sizes = (
        f"request ({fault.prompt_tokens} tokens) exceeds the available context size ({fault.num_ctx} tokens)"
    )
    inner = {
        "code": 400,
        "message": f"{sizes}, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": fault.prompt_tokens,
        "n_ctx": fault.num_ctx,
    }
    return json.dumps({"error": inner})
