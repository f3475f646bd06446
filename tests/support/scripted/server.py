"""The double of an Ollama daemon: the product's own HTTP layer over a scripted engine, on its own thread.

with ScriptedOllama(["Hello."]) as server:
    client = ollama.Client(server.url)
    ...
    assert server.chats[0].body["options"]["num_ctx"] == 32768
    server.fail_next("503", times=2)
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from jupyter_devstral.core.model.ollama.server_facts import forget
from jupyter_devstral.embedded.api.app import Service, make_app
from jupyter_devstral.embedded.api.residence import Residence, Resident
from jupyter_devstral.embedded.engine import Job, ModelCard, RunnerOptions
from tests.support.models.model_cards import cloud_card, devstral_card
from tests.support.scripted.engine import Script, ScriptedEngine, rough_count, split_tokens
from tests.support.scripted.faults import KINDS, Fault, Observer, Recorded, observed_routes

Reply = str | Sequence[str] | Script
# Seconds; longer than a busy machine needs, and nobody waits so long for what happens.
PATIENCE = 30.0
Replies = Sequence[Reply] | Callable[[list[dict[str, Any]], dict[str, Any]], Reply]


class ScriptedOllama:
    """A real loopback HTTP server that answers as told.

    Args:
        replies: one answer, answers in turn (the last one repeats), or `f(messages, body)`. A str is streamed
            in small pieces, a list piece by piece as it is, a Script as it says.
        model, context_length: the name and the trained window of the model it offers (Devstral's card).
        models: cards to offer instead; `cloud_model` adds a stub with a `remote_host`.
        loaded: whether `/api/ps` lists the model from the start, with a window of `loaded_context` tokens.
        first_byte_delay, piece_delay, load_delay: seconds.
        count: how the "model" counts tokens, `f(text) -> int`.
    """

    def __init__(
        self,
        replies: str | Replies = ("Hello.",),
        *,
        model: str = "devstral-small-2",
        context_length: int = 393_216,
        models: Sequence[ModelCard] | None = None,
        cloud_model: str = "",
        cloud: bool = False,
        loaded: bool = True,
        loaded_context: int = 32_768,
        default_num_ctx: int = 4096,
        first_byte_delay: float = 0.0,
        piece_delay: float = 0.0,
        load_delay: float = 0.0,
        version: str = "0.33.0",
        count: Callable[[str], int] = rough_count,
    ) -> None:
        cards = list(models) if models is not None else [devstral_card(model, context_length)]
        if cloud_model:
            cards.append(cloud_card(cloud_model))
        self.replies = replies
        self.first_byte_delay = first_byte_delay
        self.piece_delay = piece_delay
        self.engine = ScriptedEngine(cards, self._script, count=count, load_delay=load_delay)
        self.version = version
        self._service_options = {"default_num_ctx": default_num_ctx, "cloud": cloud}
        self._loaded = loaded_context if loaded and cards else 0
        self._observer = Observer(changed=threading.Condition())
        self._asked = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._service: Service | None = None
        self.port = 0

    def __enter__(self) -> ScriptedOllama:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, port: int = 0) -> ScriptedOllama:
        """Listens on 127.0.0.1; `port` 0 takes a free one."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(ready, port), name="scripted-ollama", daemon=True
        )
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the scripted server did not start")
        # The port may have been another server's, of whose model this process knows.
        forget(self.url)
        return self

    def stop(self) -> None:
        """Stops listening and drops every open connection."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop = self._thread = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Recorded]:
        """Every request in the order of arrival."""
        return self._observer.requests

    @property
    def chats(self) -> list[Recorded]:
        """The requests to `/api/chat`."""
        return [record for record in self.requests if record.path == "/api/chat"]

    @property
    def completions(self) -> list[Recorded]:
        """The requests to `/api/generate`."""
        return [record for record in self.requests if record.path == "/api/generate"]

    def wait_for(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> bool:
        """Waits until the condition holds; looks again whenever the server saw something."""
        deadline = time.monotonic() + timeout
        while not condition():  # outside of the lock: a condition may ask the server
            if time.monotonic() > deadline:
                return False
            with self._observer.changed:
                self._observer.changed.wait(0.02)
        return True

    def wait_requests(self, count: int, timeout: float = PATIENCE) -> bool:
        """Waits until that many requests to `/api/chat` arrived."""
        return self.wait_for(lambda: len(self.chats) >= count, timeout)

    def wait_closed(self, timeout: float = PATIENCE) -> float | None:
        """The `time.monotonic()` at which the client was seen to leave the last generation early, or None."""
        self.wait_for(lambda: bool(self.chats) and self.chats[-1].closed_early, timeout)
        return self.chats[-1].closed_at if self.chats else None

    def fail_next(self, kind: str, times: int = 1, **details: Any) -> None:
        """Makes the next generations or pulls fail: see `faults.KINDS`, and `faults.Fault` for details."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}, one of {sorted(KINDS)}")
        self._observer.faults.extend(Fault(kind, **details) for _ in range(times))

    def forget(self) -> None:
        """Forgets every request, and every fault that has not happened yet; answers begin anew."""
        self._asked = 0
        self._observer.requests.clear()
        self._observer.faults.clear()

    def pull_with(
        self, records: Sequence[Mapping[str, Any]], *, delay: float = 0.0, installs: bool = True
    ) -> None:
        """Scripts `/api/pull`; an `{"error": …}` record ends it. A "success" record installs the model."""

        def script(name: str) -> Sequence[Mapping[str, Any]]:
            if installs and any(record.get("status") == "success" for record in records):
                self.engine.cards.append(devstral_card(name))
            return records

        self.engine.pull_script = script
        self.engine.pull_delay = delay

    def set_loaded(self, num_ctx: int | None, model: str | None = None) -> None:
        """Makes `/api/ps` list the model with this window, or nothing for None."""
        assert self._service is not None
        assert self._loop is not None
        future = asyncio.run_coroutine_threadsafe(self._place(num_ctx, model), self._loop)
        future.result(5)

    def _serve(self, ready: threading.Event, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen(port))
            ready.set()
            self._loop.run_forever()
        finally:
            self._loop_close()

    async def _listen(self, port: int) -> None:
        self._service = Service(self.engine, Residence(self.engine), self.version, **self._service_options)  # type: ignore[arg-type]
        if self._loaded:
            await self._place(self._loaded, None)
        self._server = HTTPServer(make_app(self._service, observed_routes(self._observer)))
        sockets = bind_sockets(port, "127.0.0.1")
        self._server.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]

    def _loop_close(self) -> None:
        loop = asyncio.get_event_loop_policy().get_event_loop()
        self._server.stop()
        loop.run_until_complete(self._server.close_all_connections())
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    async def _place(self, num_ctx: int | None, model: str | None) -> None:
        assert self._service is not None
        card = self._service.card(model) if model else self.engine.cards[0]
        residents = self._service.residence.residents
        residents.pop(card.name, None)
        if num_ctx is not None:
            size = card.size + num_ctx * 1024
            residents[card.name] = Resident(card, RunnerOptions(num_ctx), size, time.time() + 300)

    def _script(self, job: Job) -> Script:
        script = self._scripted_reply(job)
        record = next(
            (each for each in self.requests if each.body == job.body and not each.prompt_tokens), None
        )
        fault = record.fault if record is not None else None
        if record is not None:
            record.prompt_tokens, record.cached_tokens = len(job.tokens), self.engine.last_cached
        if fault is not None and fault.kind in ("cut", "done-false-nostream"):
            pieces = script.pieces[: fault.after] if fault.kind == "cut" else script.pieces
            return dataclasses.replace(script, pieces=pieces, done_reason="")
        if fault is not None and fault.kind == "done-length":
            return dataclasses.replace(script, pieces=script.pieces[: fault.after], done_reason="length")
        return script

    def _scripted_reply(self, job: Job) -> Script:
        messages = list(job.body.get("messages") or [{"role": "user", "content": job.body.get("prompt", "")}])
        replies = [self.replies] if isinstance(self.replies, str) else self.replies
        if callable(replies):
            reply: Reply = replies(messages, dict(job.body))
        else:
            reply = replies[min(self._asked, len(replies) - 1)]
        self._asked += 1
        if isinstance(reply, Script):
            return reply
        pieces = split_tokens(reply) if isinstance(reply, str) else tuple(reply)
        return Script(pieces, first_delay=self.first_byte_delay, delay=self.piece_delay)
