"""The model seam: Ollama's native API behind one class, with every error translated into advice.

Built on the `ollama` package, which is imported with the first request and completed where it lacks something
(`connection`, `chat_request`). Knows nothing of notebooks, prompts or replies.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import ModelError, RemoteRefused
from ...settings.config import DevstralConfig
from ...settings.hosts import is_loopback, parse_host
from ...text.terminal_text import encodable
from ..completion import CompletionRequest
from ..messages import Chunk, Message
from ..server import ModelInfo, PullProgress, RunningModel
from ..window import Window, choose_window
from .chat_request import ChatBody, ChatRequest
from .completing import CompletionCall
from .facts import CLOUD, full_name, is_cloud_name, model_in_show, models_in_ps, models_in_tags, running_as
from .pull import Download
from .server_facts import can_think, forget, known_parameters, server_facts, shown_model

if TYPE_CHECKING:
    from .connection import Connection

_NOT_SENT = "Your prompts and code would leave this computer, so nothing was sent."
_HOW_TO_ALLOW = (
    "To allow it, set DevstralConfig.allow_remote = True (in a notebook: "
    "`%config DevstralConfig.allow_remote = True`; in a configuration file: "
    "`c.DevstralConfig.allow_remote = True`)."
)


class OllamaModel:
    """One model on one server.

    The keyword arguments of the constructor are a request's own wishes and win over the configuration.
    Methods that talk to the server raise children of ModelError; nothing is sent to a host or a model that is
    not on this machine (RemoteRefused) unless `config.allow_remote`.
    """

    kind = "Ollama"
    can_pull = True

    def __init__(
        self,
        config: DevstralConfig,
        *,
        host: str | None = None,
        model: str | None = None,
        num_ctx: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        think: bool | None = None,
    ) -> None:
        self.config = config
        self.host = parse_host(host) if host is not None else config.host
        self.name = model or config.model
        self._num_ctx = num_ctx
        self._temperature = config.temperature if temperature is None else temperature
        self._seed = config.seed if seed is None else seed
        self._think = config.think if think is None else think
        # As far as is known: a model that thinks does so unless it is told not to, others refuse the field.
        self._can_think = False
        # Where Ollama forwards this model, as far as is known.
        self._forwarded_to = CLOUD if is_cloud_name(self.name) else ""
        self._requests: list[ChatRequest] = []
        self._downloads: list[Download] = []
        self._lock = threading.Lock()

    def window(self, need: int = 0) -> Window:
        """The window for a request of `need` tokens (prompt and reply): loaded, configured or default.

        A `num_ctx` given to the constructor wins over what is loaded. Raises ModelError and RemoteRefused.
        """
        self._refuse_remote()
        with self._connection() as connection:
            facts = server_facts(connection, self.name)
            self._forwarded_to = facts.remote_host or self._forwarded_to
            self._refuse_forwarded()
            self._can_think = can_think(connection, self.name)
            return choose_window(
                need=need,
                loaded=0 if self._num_ctx else facts.loaded,
                configured=self._num_ctx or self.config.num_ctx,
                default=self.config.default_num_ctx,
                trained=lambda: shown_model(connection, self.name).context_length,
                made_with=lambda: shown_model(connection, self.name).num_ctx,
            )

    @property
    def remote_place(self) -> str:
        """Where prompts go if not to this machine: the host, or what Ollama forwards to; else ""."""
        return self._forwarded_to or ("" if is_loopback(self.host) else self.host)

    @property
    def asked_window(self) -> Window:
        """The window a request would ask for if the model were not loaded; knows nothing of the server."""
        asked = self._num_ctx or self.config.num_ctx
        return Window(asked, "configured") if asked else Window(self.config.default_num_ctx, "default")

    @property
    def parameters(self) -> int:
        """How many parameters the model has; 0 until `window` has asked."""
        return known_parameters(self.host, self.name)

    def chat(
        self,
        messages: Sequence[Message],
        *,
        num_predict: int,
        window: Window | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[Chunk]:
        """Stream the reply to `messages`, at most `num_predict` tokens of it.

        `window` is one that `window()` of this object returned; without one it is asked first. The last chunk
        of a complete reply carries usage; a reply without such a chunk was cut. `tools` are what the
        model may call, `schema` is what the whole reply keeps to. Raises ModelError.
        """
        self._refuse_remote()
        body = self._body(messages, num_predict, window or self.window())
        request = ChatRequest(self.host, replace(body, tools=tuple(tools), schema=schema))
        # From here on `close` ends it, also when it comes before the first chunk is asked for.
        with self._lock:
            self._requests.append(request)
        return self._chunks(request)

    def _chunks(self, request: ChatRequest) -> Iterator[Chunk]:
        try:
            yield from request.chunks()
        except ModelError:
            forget(self.host, self.name)
            raise
        finally:
            with self._lock:
                self._requests.remove(request)

    def completion(self, request: CompletionRequest) -> CompletionCall:
        """A completion, sent when its chunks are asked for. Raises RemoteRefused."""
        self._refuse_remote()
        return CompletionCall(self.host, request)

    def close(self) -> None:
        """Close the connections of running requests at once, from any thread; `chat` and `pull` then end."""
        with self._lock:
            running: list[ChatRequest | Download] = [*self._requests, *self._downloads]
        for request in running:
            request.close()

    def phase(self) -> str:
        """Say what the latest running request waits for ("" = nothing); any thread may ask."""
        with self._lock:
            request = self._requests[-1] if self._requests else None
        return str(request.phase) if request else ""

    def models(self, *, timeout: float = 10) -> list[ModelInfo]:
        """The models the server has."""
        return models_in_tags(self._get("/api/tags", timeout=timeout))

    def running(self, *, timeout: float = 10) -> list[RunningModel]:
        """The models in the server's memory."""
        return models_in_ps(self._get("/api/ps", timeout=timeout))

    def show(self, *, timeout: float = 10) -> Any:
        """The raw `/api/show` body of this model."""
        with self._connection() as connection:
            return connection.json(
                "POST", "/api/show", {"model": self.name}, model=self.name, timeout=timeout
            )

    def details(self, *, timeout: float = 10) -> ModelInfo:
        """Ask what the server says of this model."""
        return model_in_show(self.name, self.show(timeout=timeout))

    def named(self, models: Sequence[ModelInfo], name: str = "") -> ModelInfo | None:
        """The one of `models` that answers to a name; Ollama's names ignore case and a missing tag."""
        wanted = full_name(name or self.name)
        return next((info for info in models if full_name(info.name) == wanted), None)

    def loaded_as(
        self, running: Sequence[RunningModel], models: Sequence[ModelInfo], name: str = ""
    ) -> RunningModel | None:
        """The one in memory that answers to a name, also under another name of the same model."""
        return running_as(name or self.name, running, models)

    def version(self, *, timeout: float = 10) -> str:
        """The server's version, such as "0.13.3"; RunnerFailed where there is no Ollama."""
        body = self._get("/api/version", timeout=timeout)
        version = body.get("version") if isinstance(body, dict) else None
        if not isinstance(version, str):
            from .errors import not_ollama

            raise not_ollama(self.host)
        return version

    def pull(self, name: str = "") -> Iterator[PullProgress]:
        """Download a model (default: this one) and report progress; an interrupted pull goes on where it was.

        Ends with a step whose `done` is true, or early after `close`. Raises ModelError.
        """
        self._refuse_remote_host()
        download = Download(self.host, name or self.name)
        with self._lock:
            self._downloads.append(download)
        try:
            yield from download.steps()
        finally:
            forget(self.host, self.name)
            with self._lock:
                self._downloads.remove(download)

    def _get(self, path: str, *, timeout: float = 10) -> Any:
        with self._connection() as connection:
            return connection.json("GET", path, model=self.name, timeout=timeout)

    def _connection(self) -> AbstractContextManager[Connection]:
        self._refuse_remote_host()
        from .connection import kept

        return kept.borrowed(self.host)

    def _body(self, messages: Sequence[Message], num_predict: int, window: Window) -> ChatBody:
        options: dict[str, int | float] = {
            "num_ctx": window.tokens,
            "num_predict": max(1, num_predict),
            "temperature": self._temperature,
            "repeat_penalty": 1.0,
        }
        if self._seed is not None:
            options["seed"] = self._seed
        think = self._think if self._can_think else None
        return ChatBody(self.name, tuple(map(_as_sent, messages)), options, self.config.keep_alive, think)

    def _refuse_remote(self) -> None:
        self._refuse_remote_host()
        self._refuse_forwarded()

    def _refuse_remote_host(self) -> None:
        if not self.config.allow_remote and not is_loopback(self.host):
            raise RemoteRefused(
                f"The Ollama host {self.host} is not this machine. {_NOT_SENT}", _HOW_TO_ALLOW
            )

    def _refuse_forwarded(self) -> None:
        if self._forwarded_to and not self.config.allow_remote:
            raise RemoteRefused(
                f"Ollama does not run {self.name} itself but forwards it to {self._forwarded_to}. "
                f"{_NOT_SENT}",
                _HOW_TO_ALLOW,
            )


def _as_sent(message: Message) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": encodable(message.content)}
    if message.images:
        sent["images"] = list(message.images)
    if message.tool_calls:
        sent["tool_calls"] = [
            {"function": {"name": call.name, "arguments": dict(call.arguments)}}
            for call in message.tool_calls
        ]
    if message.answers is not None:
        sent["tool_name"] = message.answers.name
    return sent
