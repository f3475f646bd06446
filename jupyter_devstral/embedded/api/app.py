"""Ollama's HTTP API on tornado, over any `Engine`. Independent of how the text is generated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from tornado import web
from tornado.iostream import StreamClosedError

from .. import go_json
from ..engine import Engine, ModelCard, Refusal
from . import access
from .generation import Generation
from .model_records import canonical_name, ps_record, show_record, tags_record
from .request import GenerationRequest
from .residence import Residence

# Ollama's own default window on a machine without a large GPU.
DEFAULT_NUM_CTX = 4096
JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson"
_CLOUD_DISABLED = "ollama cloud is disabled: remote model is unavailable"


@dataclass
class Service:
    """The state that all handlers share: one engine behind Ollama's rules."""

    engine: Engine
    residence: Residence
    version: str
    default_num_ctx: int = DEFAULT_NUM_CTX
    cloud: bool = False

    def card(self, name: str) -> ModelCard:
        """Find the model of that name.

        Raises Refusal, 404 for an unknown one and 403 for one in the cloud.
        """
        wanted = canonical_name(name)
        card = next((card for card in self.engine.models() if card.name.lower() == wanted.lower()), None)
        remote = (card is not None and card.remote_host) or wanted.endswith(("-cloud", ":cloud"))
        if remote and not self.cloud:
            raise Refusal(_CLOUD_DISABLED, 403)
        if card is None:
            raise Refusal(f"model '{name}' not found", 404)
        return card


class OllamaHandler(web.RequestHandler):
    """Base of the handlers: access rules, JSON as Ollama writes it, and its error bodies."""

    service: Service
    _gone = False  # whether the client has closed its connection

    def initialize(self, service: Service) -> None:
        """Keep the service that all handlers share."""
        self.service = service

    def set_default_headers(self) -> None:
        """Set the headers that Ollama sends, and no others."""
        self.clear_header("Server")

    def compute_etag(self) -> str | None:
        """Send no ETag, as Ollama does."""
        return None

    def prepare(self) -> None:
        """Refuse the hosts and origins that Ollama refuses."""
        connection: Any = self.request.connection
        connection.stream.set_nodelay(True)
        origin = self.request.headers.get("Origin", "")
        if not access.host_allowed(self.request.host) or not access.origin_allowed(origin, self.request.host):
            self.clear_header("Content-Type")
            self.set_status(403)
            self.finish()
        elif origin:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Vary", "Origin")

    def options(self, *path: str) -> None:
        """Answer a browser's preflight request."""
        for name, value in access.PREFLIGHT_HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Content-Type")
        self.set_status(204)

    def send_json(self, value: Any, *, status: int = 200) -> None:
        """Send a value as Go would write it."""
        self.set_status(status)
        self.set_header("Content-Type", JSON)
        self.finish(go_json.dumps(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send an error in Ollama's form."""
        if self._gone:
            return
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Refusal):
            self.send_json({"error": str(error)}, status=error.status)
        elif status_code in (404, 405):
            self.set_header("Content-Type", "text/plain")
            self.finish("404 page not found" if status_code == 404 else "405 method not allowed")
        else:
            self.send_json({"error": self._reason}, status=status_code)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log failures of ours, but no mistakes of clients."""
        if not isinstance(value, Refusal):
            super().log_exception(typ, value, tb)

    async def send_lines(self, records: AsyncGenerator[Mapping[str, Any], None]) -> None:
        """Stream records; the headers go out with the first, as Ollama's do."""
        async with aclosing(records) as lines:
            try:
                async for record in lines:
                    await self.send_line(go_json.dumps(record))
            except Refusal as error:
                if self._gone:
                    raise
                if self._headers_written:
                    await self.send_line(go_json.dumps({"error": str(error)}))
                else:
                    self.send_runner_error(error)

    def send_runner_error(self, error: Refusal) -> None:
        """Send an error from the runner, which Ollama sends without a charset."""
        self.set_status(error.status)
        self.set_header("Content-Type", "application/json")
        self.finish(go_json.dumps({"error": str(error)}))

    async def send_line(self, line: str) -> None:
        """Send one line of a stream at once."""
        if not self._headers_written:
            self.set_header("Content-Type", NDJSON)
        self.write(line + "\n")
        await self.flush()


class RootHandler(OllamaHandler):
    """The handler of `/`: the sentence that identifies Ollama."""

    def get(self) -> None:
        """Send that sentence."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("Ollama is running")

    head = get


class VersionHandler(OllamaHandler):
    """The handler of `/api/version`."""

    def get(self) -> None:
        """Send the version."""
        self.send_json({"version": self.service.version})

    head = get


class StatusHandler(OllamaHandler):
    """The handler of `/api/status`."""

    def get(self) -> None:
        """Tell whether models may run elsewhere."""
        self.send_json({"cloud": {"disabled": not self.service.cloud, "source": "env"}})


class TagsHandler(OllamaHandler):
    """The handler of `/api/tags`: all models."""

    def get(self) -> None:
        """Send the records of all models."""
        self.send_json({"models": [tags_record(card) for card in self.service.engine.models()]})

    head = get


class PsHandler(OllamaHandler):
    """The handler of `/api/ps`: the models in memory."""

    def get(self) -> None:
        """Send the record of the model in memory, if any."""
        self.send_json({"models": [ps_record(each) for each in self.service.residence.residents.values()]})


class ShowHandler(OllamaHandler):
    """The handler of `/api/show`: details of one model."""

    def post(self) -> None:
        """Send the details of a model; 404 for an unknown one."""
        body = go_json.loads(self.request.body)
        name = body.get("model") or body.get("name")
        if not name:
            raise Refusal("model is required")
        self.send_json(show_record(self.service.card(name)))


class CancellableHandler(OllamaHandler):
    """Base of handlers whose work ends when the client closes its connection, even while queued."""

    _work: asyncio.Task[None] | None = None

    async def post(self) -> None:
        """Answer until the client goes away."""
        self._work = asyncio.ensure_future(self.answer())
        try:
            await self._work
        except (asyncio.CancelledError, StreamClosedError):
            if not self._gone:
                raise

    async def answer(self) -> None:
        """Send the answer. It is cancelled when the client goes away."""
        raise NotImplementedError

    def on_connection_close(self) -> None:
        """Cancel the answer."""
        self._gone = True
        if self._work is not None:
            self._work.cancel()


class ChatHandler(CancellableHandler):
    """The handler of `/api/chat`."""

    is_chat = True

    async def answer(self) -> None:
        """Generate, and send the records of a chat."""
        request = GenerationRequest.parse(self.request.body, is_chat=self.is_chat)
        card = self.service.card(request.model)
        request.check(card)
        generation = Generation(self.service.residence, card, request, self.service.default_num_ctx)
        if request.is_empty or request.body.get("_debug_render_only") or not request.stream:
            self.send_json(await generation.whole())
        else:
            await self.send_lines(generation.records())


class GenerateHandler(ChatHandler):
    """The handler of `/api/generate`."""

    is_chat = False


class PullHandler(CancellableHandler):
    """The handler of `/api/pull`."""

    async def answer(self) -> None:
        """Send the progress of a download, where the engine can download."""
        body = go_json.loads(self.request.body)
        name = body.get("model") or body.get("name")
        if not name:
            raise Refusal("model is required")
        records = self.service.engine.pull(name)
        if body.get("stream") is False:
            await self._send_last(records)
        else:
            await self.send_lines(records)

    async def _send_last(self, records: AsyncGenerator[Any, None]) -> None:
        try:
            async with aclosing(records) as lines:
                whole = [record async for record in lines]
        except Refusal as error:
            self.send_runner_error(error)
        else:
            self.send_json(whole[-1])


class UnknownHandler(OllamaHandler):
    """The handler of any other address."""

    def prepare(self) -> None:
        """Send the 404 that Ollama sends."""
        super().prepare()
        if not self._finished:
            raise web.HTTPError(404)


ROUTES: dict[str, type[OllamaHandler]] = {
    "/": RootHandler,
    "/api/version": VersionHandler,
    "/api/status": StatusHandler,
    "/api/tags": TagsHandler,
    "/api/show": ShowHandler,
    "/api/ps": PsHandler,
    "/api/chat": ChatHandler,
    "/api/generate": GenerateHandler,
    "/api/pull": PullHandler,
}


def make_app(service: Service, routes: dict[str, type[OllamaHandler]] | None = None) -> web.Application:
    """Make the tornado application; `routes` lets tests add or replace handlers."""
    return web.Application(
        [(path, handler, {"service": service}) for path, handler in (routes or ROUTES).items()],
        default_handler_class=UnknownHandler,
        default_handler_args={"service": service},
        log_function=lambda handler: None,
    )
