"""A completion at the seam to a model server: what is asked, and the pieces of what comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..text.terminal_text import encodable
from .messages import Usage


@dataclass(frozen=True)
class Token:
    """One token of the answer, and the natural logarithm of its probability."""

    text: str
    logprob: float


@dataclass(frozen=True)
class CompletionChunk:
    """A piece of the answer; `tokens` is empty where the server tells no probabilities.

    The last chunk of a complete answer carries `usage`.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True)
class CompletionRequest:
    """What goes to the server.

    Attributes:
        prompt: with `suffix` None a raw prompt, special tokens and all; else the text above the cursor.
        suffix: the text below, for a server that knows itself how its model is asked. Never "": Ollama takes
            that for a chat.
        options: always the same `num_ctx` and `num_gpu`: another value loads the model anew.
    """

    model: str
    prompt: str
    suffix: str | None
    options: Mapping[str, Any]
    keep_alive: str | int

    def body(self) -> dict[str, Any]:
        """The body of `POST /api/generate`, as it is sent."""
        body: dict[str, Any] = {"model": self.model, "prompt": encodable(self.prompt)}
        if not self.prompt:
            return {**body, "keep_alive": self.keep_alive}
        if self.suffix is None:
            body["raw"] = True
        else:
            body["suffix"] = encodable(self.suffix)
        return {
            **body,
            "stream": True,
            "truncate": False,
            "logprobs": True,
            "keep_alive": self.keep_alive,
            "options": dict(self.options),
        }


def unloading(model: str) -> CompletionRequest:
    """The request that takes a model out of memory."""
    return CompletionRequest(model, "", None, {}, 0)


class CompletionStream(Protocol):
    """One completion on its way; `close` is for any thread."""

    def chunks(self) -> Iterator[CompletionChunk]:
        """The answer as it arrives; raises ModelError."""
        ...

    def close(self) -> None:
        """Close the connection at once; `chunks` then ends."""
        ...


class Completes(Protocol):
    """What a model server must be able to do beside chats for suggestions at the cursor."""

    def show(self, *, timeout: float = 10) -> Any:
        """What the server says of the model, raw: its template, its makers' name, its capabilities."""
        ...

    def completion(self, request: CompletionRequest) -> CompletionStream:
        """A completion, sent when its chunks are asked for."""
        ...
