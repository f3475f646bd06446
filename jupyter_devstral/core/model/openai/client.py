"""A model behind the OpenAI dialect: vLLM, llama-server, LM Studio, a gateway, a cloud.

Knows nothing of notebooks, prompts or replies; httpx is imported with the first request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...errors import ModelError, RemoteRefused, RequestRefused, UsageError, WindowExceeded
from ...settings.config import DevstralConfig
from ...settings.routes import Route
from ..messages import Chunk, Message
from ..server import ModelInfo, PullProgress, RunningModel, Wishes
from ..window import Window
from .chat_body import body_of, tokens_asked
from .chat_request import ChatRequest
from .errors import model_missing
from .facts import capabilities_in, models_in_list, tokens_in
from .link import Link, link_of

# What a server has does not change while a notebook is open, but for what `forget` says (by address).
_listed: dict[str, list[ModelInfo]] = {}
_capable: dict[str, tuple[str, ...]] = {}


def forget(address: str) -> None:
    """Ask the server at `address` again what it has."""
    _listed.pop(address, None)
    _capable.pop(address, None)


class OpenAIModel:
    """One model on one route.

    Methods that talk to the server raise children of ModelError, and ConfigurationError for a key or a
    certificate that is not there; nothing is sent off this machine (RemoteRefused) unless
    `config.allow_remote`.
    """

    kind = "The server"
    can_pull = False

    def __init__(self, config: DevstralConfig, route: Route, wishes: Wishes) -> None:
        self.config = config
        self.route = route
        self.host = route.address
        # "" is the first one that the server lists, which is asked with the first request.
        self.name = wishes.model or route.model
        self._wishes = wishes
        self._requests: list[ChatRequest] = []
        self._lock = threading.Lock()

    @property
    def remote_place(self) -> str:
        """The host, if that is not this machine; else ""."""
        return "" if self.route.is_here else self.route.place

    @property
    def asked_window(self) -> Window:
        """The window as far as it can be known without the server."""
        asked = self._wishes.num_ctx or self.route.window
        return Window(asked, "configured") if asked else Window(self.config.default_num_ctx, "default")

    @property
    def parameters(self) -> int:
        """Not told over this protocol: 0."""
        return 0

    def window(self, need: int = 0) -> Window:
        """What the route says, else what the server says, else the settings' default."""
        self._refuse_remote()
        self._choose_model()
        asked = self._wishes.num_ctx
        told = self.route.window or self._told_window()
        if asked and (not told or asked < told):
            return Window(asked, "configured")
        if told:
            return Window(told, "configured" if self.route.window else "loaded")
        return self.asked_window

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

        The last chunk of a complete reply carries usage, and all calls; a reply without usage was cut. Raises
        NotSupported where `tools`, or `schema`, is what was refused.
        """
        self._refuse_remote()
        self._choose_model()
        body = body_of(
            self.route,
            self.config,
            self._wishes,
            self.name,
            messages,
            num_predict,
            tools=tools,
            schema=schema,
        )
        request = ChatRequest(
            self._link(), body, parallel=self.route.parallel, background=self._wishes.background
        )
        # From here on `close` ends it, also when it comes before the first chunk is asked for.
        with self._lock:
            self._requests.append(request)
        return self._chunks(request, messages)

    def close(self) -> None:
        """Close the connections of running requests at once, from any thread; `chat` then ends."""
        with self._lock:
            running = list(self._requests)
        for request in running:
            request.close()

    def phase(self) -> str:
        """What the latest running request waits for ("" = nothing); any thread may ask."""
        with self._lock:
            request = self._requests[-1] if self._requests else None
        return str(request.waiting) if request else ""

    def version(self) -> str:
        """The empty text: the dialect has no version, but the server must answer. Raises ModelError."""
        self.models()
        return ""

    def models(self, *, timeout: float = 10) -> list[ModelInfo]:
        """The models that the server lists."""
        self._refuse_remote()
        from .connection import kept

        link = self._link()
        with kept.borrowed(link) as connection:
            found = models_in_list(connection.json("GET", f"{self.host}/models", timeout=timeout))
        _listed[self.host] = found
        return found

    def running(self, *, timeout: float = 10) -> list[RunningModel]:
        """The empty list: the dialect does not say what is in memory."""
        return []

    def details(self, *, timeout: float = 10) -> ModelInfo:
        """What the server's list says of this model; its name alone where it is not listed.

        llama-server, which lists no capabilities, is asked for those of its one model.
        """
        found = self.named(self.models(timeout=timeout)) or ModelInfo(self.name)
        return found if found.capabilities else replace(found, capabilities=self._capabilities(timeout))

    def named(self, models: Sequence[ModelInfo], name: str = "") -> ModelInfo | None:
        """The one of `models` of a name; without any name the first."""
        wanted = name or self.name
        return next((info for info in models if info.name == wanted or not wanted), None)

    def loaded_as(
        self, running: Sequence[RunningModel], models: Sequence[ModelInfo], name: str = ""
    ) -> RunningModel | None:
        """None: the dialect does not say what is in memory."""
        return None

    def pull(self, name: str = "") -> Iterator[PullProgress]:
        """Refuse: what a server has is the business of whoever runs it."""
        raise UsageError(
            f"The route {self.route.name} cannot be told to download models: ask whoever runs "
            f"{self.route.place}."
        )

    def count(self, messages: Sequence[Message]) -> int:
        """The exact tokens of a prompt, by the server's own tokenizer; 0 where it has none to ask."""
        self._refuse_remote()
        from .connection import kept

        link = self._link()
        try:
            with kept.borrowed(link) as connection:
                body = tokens_asked(self.name, messages)
                return tokens_in(connection.json("POST", f"{link.origin}/tokenize", body))
        except ModelError:
            return 0

    def _capabilities(self, timeout: float) -> tuple[str, ...]:
        from .connection import kept

        if self.host not in _capable:
            link = self._link()
            try:
                with kept.borrowed(link) as connection:
                    props = connection.json("GET", f"{link.origin}/props", timeout=timeout)
            except ModelError:
                props = None
            _capable[self.host] = capabilities_in(props)
        return _capable[self.host]

    def _chunks(self, request: ChatRequest, messages: Sequence[Message]) -> Iterator[Chunk]:
        try:
            yield from request.chunks()
        except WindowExceeded as refused:
            if refused.prompt_tokens:
                raise
            # Some count characters, or nothing: the prompt can be packed smaller only by a count.
            counted = self.count(messages)
            raise WindowExceeded(
                refused.problem, refused.next_step, prompt_tokens=counted, window=refused.window
            ) from None
        except ModelError:
            forget(self.host)
            raise
        finally:
            with self._lock:
                self._requests.remove(request)

    def _choose_model(self) -> None:
        if self.name:
            return
        models = self._listed_models()
        if not models:
            raise model_missing(self._link(), "")
        self.name = models[0].name

    def _told_window(self) -> int | None:
        found = self.named(self._listed_models())
        return found.context_length if found else None

    def _listed_models(self) -> list[ModelInfo]:
        """The server's list, asked once; empty where the server has none to show."""
        if self.host not in _listed:
            try:
                self.models()
            except RequestRefused:
                # A gateway without a list; a key that is refused is heard of with the question itself.
                _listed[self.host] = []
        return _listed[self.host]

    def _link(self) -> Link:
        return link_of(self.route, self._wishes.session)

    def _refuse_remote(self) -> None:
        if not self.config.allow_remote and not self.route.is_here:
            raise RemoteRefused(
                f"The route {self.route.name} ends at {self.route.place}, which is not this machine. Your "
                "prompts and code would leave it, so nothing was sent.",
                "To allow it, set DevstralConfig.allow_remote = True (in a notebook: `%config "
                "DevstralConfig.allow_remote = True`; in a configuration file: "
                "`c.DevstralConfig.allow_remote = True`).",
            )
