"""What a model server streams: pieces of text, and the counters that end them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Usage:
    """Counters of one answer.

    Attributes:
        prompt_tokens: the whole prompt, tokens served from the server's cache included.
        reply_tokens: tokens generated.
        load_seconds, prompt_seconds, reply_seconds, total_seconds: as the server measured them;
            `prompt_seconds` covers only what was not cached, waiting in a queue is only in the total.
        done_reason: "length" when the reply hit its limit.
        cached_tokens: of the prompt, served from the server's cache; None where the server does not say.
    """

    prompt_tokens: int
    reply_tokens: int
    load_seconds: float
    prompt_seconds: float
    reply_seconds: float
    total_seconds: float
    done_reason: Literal["stop", "length"]
    cached_tokens: int | None = None


@dataclass(frozen=True)
class Chunk:
    """A piece of the reply, or of the thinking before it; the last one of a complete reply has `usage`."""

    text: str
    usage: Usage | None = None
    thinking: str = ""


@dataclass(frozen=True)
class Message:
    """One chat message; `role` is "system", "user" or "assistant", `images` are base64."""

    role: Literal["system", "user", "assistant"]
    content: str
    images: tuple[str, ...] = ()
