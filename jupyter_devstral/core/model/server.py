"""The seam to a model server: what everything above it may know of whatever answers.

A new kind of server is a package beside `ollama` with a module that has `connect`, and a line in
`settings.config.ENGINES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .messages import Chunk, Message
from .window import Window


@dataclass(frozen=True)
class Wishes:
    """What one request asks for beside the settings; None leaves a thing to them.

    Attributes:
        model: a model's name.
        num_ctx: the window in tokens.
        temperature: from 0 to 2.
        seed: for answers that can be repeated.
        think: whether a model that can think does.
        route: a name of `DevstralConfig.routes`; None is the configured engine.
        session: a random id, the same for all requests about a notebook; "" where nobody needs one.
        background: nobody waits for the answer: what somebody waits for goes first.
        notebook: the path of the notebook that it is about, for a log; "" where that is not known.
    """

    model: str | None = None
    num_ctx: int | None = None
    temperature: float | None = None
    seed: int | None = None
    think: bool | None = None
    route: str | None = None
    session: str = ""
    background: bool = False
    notebook: str = ""


@dataclass(frozen=True)
class ModelInfo:
    """A model the server has.

    Attributes:
        name: as the server lists it.
        size: bytes on disk; 0 where the server does not say.
        digest: of its contents; "" where the server does not say.
        context_length: tokens it was trained for, or None where the server does not say.
        capabilities: such as "completion", "tools", "vision", "insert"; empty where the server does not say.
        remote_host: where the server forwards requests for it; "" for a model that runs on the server itself.
        num_ctx: the window in tokens that it was made with, or None.
        quantization: such as "Q4_K_M"; "" where the server does not say.
        parameters: how many it has; 0 where the server does not say.
    """

    name: str
    size: int = 0
    digest: str = ""
    context_length: int | None = None
    capabilities: tuple[str, ...] = ()
    remote_host: str = ""
    num_ctx: int | None = None
    quantization: str = ""
    parameters: int = 0

    @property
    def remote(self) -> bool:
        """Whether prompts for this model leave the server."""
        return bool(self.remote_host)


@dataclass(frozen=True)
class RunningModel:
    """A model in memory: sizes in bytes, and the window (tokens) it was loaded with."""

    name: str
    size: int
    size_vram: int
    context_length: int
    digest: str = ""

    @property
    def gpu_share(self) -> float:
        """Part of the model that sits on the GPU, 0 to 1."""
        return min(1.0, self.size_vram / self.size) if self.size > 0 else 0.0


@dataclass(frozen=True)
class PullProgress:
    """One step of a pull; `total` and `completed` are bytes of the layer `digest` (0, "" for other steps)."""

    status: str
    digest: str = ""
    total: int = 0
    completed: int = 0

    @property
    def done(self) -> bool:
        """Whether the whole model has arrived."""
        return self.status == "success"


class ModelServer(Protocol):
    """One model on one server.

    Methods that talk to the server raise ModelError with advice, and RemoteRefused where the settings forbid
    to send anything there. `close` and `phase` are for any thread.
    """

    @property
    def kind(self) -> str:
        """The server as sentences name it, such as "Ollama"."""
        ...

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def host(self) -> str:
        """The server's address."""
        ...

    @property
    def remote_place(self) -> str:
        """Where prompts go if not to this machine; else ""."""
        ...

    @property
    def can_pull(self) -> bool:
        """Whether the server can be asked to download models."""
        ...

    @property
    def asked_window(self) -> Window:
        """The window a request would ask for, as far as it can be known without the server."""
        ...

    @property
    def parameters(self) -> int:
        """How many parameters the model has, as far as is known without asking; 0 where it is not."""
        ...

    def window(self, need: int = 0) -> Window:
        """The window for a request of `need` tokens, prompt and reply."""
        ...

    def chat(
        self,
        messages: Sequence[Message],
        *,
        num_predict: int,
        window: Window | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[Chunk]:
        """Stream the reply, at most `num_predict` tokens; the last chunk of a complete one has the usage.

        Args:
            tools: what the model may call, each {"type": "function", "function": …}.
            schema: JSON schema that the whole reply has to keep to.
        """
        ...

    def close(self) -> None:
        """Close the connections of running requests at once; `chat` and `pull` then end."""
        ...

    def phase(self) -> str:
        """What the latest running request waits for, in words; "" when nothing is."""
        ...

    def version(self) -> str:
        """The server's version, such as "0.13.3"."""
        ...

    def models(self, *, timeout: float = 10) -> list[ModelInfo]:
        """The models the server has."""
        ...

    def running(self, *, timeout: float = 10) -> list[RunningModel]:
        """The models in the server's memory."""
        ...

    def details(self, *, timeout: float = 10) -> ModelInfo:
        """What the server says of this model; its size may be missing."""
        ...

    def named(self, models: Sequence[ModelInfo], name: str = "") -> ModelInfo | None:
        """The one of `models` that answers to a name; default: this model's."""
        ...

    def loaded_as(
        self, running: Sequence[RunningModel], models: Sequence[ModelInfo], name: str = ""
    ) -> RunningModel | None:
        """The one in memory that answers to a name; default: this model's."""
        ...

    def pull(self, name: str = "") -> Iterator[PullProgress]:
        """Download a model (default: this one) and report progress; raises UsageError where nothing can."""
        ...
