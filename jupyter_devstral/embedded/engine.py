"""The interface of text-generating engines for the HTTP layer: values, two kinds of error, one protocol.

Independent of HTTP and of any model runtime.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class Refusal(Exception):
    """A request that is answered with an error.

    Attributes:
        status: the HTTP status where nothing was sent yet; later the error is an `{"error": …}` line.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class EngineFailure(Refusal):
    """A breakdown of the engine at work; status 500."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 500)


@dataclass(frozen=True)
class ModelCard:
    """A model the server offers, as `/api/tags`, `/api/show` and `/api/ps` describe it.

    Attributes:
        name: with tag, "smollm2:135m".
        model_info: GGUF metadata; `<general.architecture>.context_length` is the trained window in tokens.
        native: the prompt is rendered by the runtime from the GGUF's own template, and a last message that
            does not fit is refused; otherwise (a "rendered" model) its front is cut away.
        explains: an answer that is ended because it only repeats itself has a final record that says so; to a
            client of Ollama it looks like a connection that broke.
        remote_host: set for a model that Ollama would forward to another machine.
    """

    name: str
    model_info: Mapping[str, Any]
    details: Mapping[str, Any]
    digest: str = ""
    size: int = 0
    template: str = ""
    system: str = ""
    parameters: str = ""
    license: str = ""
    modelfile: str = ""
    capabilities: tuple[str, ...] = ("completion",)
    tensors: tuple[Mapping[str, Any], ...] = ()
    modified_at: str = "2026-01-01T00:00:00Z"
    native: bool = False
    explains: bool = False
    remote_host: str = ""
    remote_model: str = ""

    @property
    def context_length(self) -> int:
        """The trained window in tokens; 0 where the metadata does not say."""
        architecture = self.model_info.get("general.architecture", "")
        return int(self.model_info.get(f"{architecture}.context_length", 0))


@dataclass(frozen=True)
class RunnerOptions:
    """The options of a loaded model. A change of one reloads the model."""

    num_ctx: int
    num_thread: int = 0
    shift: bool = True
    others: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Job:
    """One generation.

    Attributes:
        prompt: the rendered prompt, special tokens as text.
        tokens: the prompt as token ids.
        num_predict: the most tokens to generate; None means until the model stops.
        options: sampling options under Ollama's names, already of the right types.
        schema: "json", a JSON schema, or None.
        top_logprobs: None for no log probabilities, else how many alternatives per token.
    """

    card: ModelCard
    prompt: str
    tokens: Sequence[int]
    num_predict: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    schema: str | Mapping[str, Any] | None = None
    top_logprobs: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """A generated piece of text, usually one token."""

    text: str
    logprobs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Counters:
    """The cost of a finished generation. It is always the last thing an engine yields.

    Attributes:
        done_reason: "stop", "length", or "repetition" where the server ended what only repeated itself.
        prompt_tokens: the whole prompt; `cached_tokens` of them were not evaluated again.
    """

    done_reason: str
    prompt_tokens: int
    prompt_seconds: float
    reply_tokens: int
    reply_seconds: float
    cached_tokens: int = 0


class Engine(Protocol):
    """A generator of text. All methods run on the server's event loop and must not block it.

    The HTTP layer calls `load` before anything else about a model, and never runs two generations at once.
    """

    def models(self) -> Sequence[ModelCard]:
        """The models on offer."""

    def ready(self, card: ModelCard) -> bool:
        """Whether a loaded model still works. If it does not, the next request loads it again."""

    async def load(self, card: ModelCard, runner: RunnerOptions) -> int:
        """Make the model ready with this window; return its size in memory in bytes."""

    async def unload(self, card: ModelCard) -> None:
        """Free everything that `load` took."""

    async def render(
        self, card: ModelCard, messages: Sequence[Mapping[str, Any]], body: Mapping[str, Any]
    ) -> str:
        """Apply the model's chat template to the messages, left open for the answer."""

    async def tokenize(self, card: ModelCard, text: str) -> Sequence[int]:
        """The token ids of a rendered prompt."""

    def generate(self, job: Job) -> AsyncGenerator[Piece | Counters, None]:
        """Generate pieces, then Counters.

        Closing stops the work; an end without Counters is an answer cut off.
        """

    def pull(self, name: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """The progress records of `/api/pull`."""
