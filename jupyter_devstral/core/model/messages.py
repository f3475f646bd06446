"""What a model server streams: pieces of text, and the counters that end them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Usage:
    """Counters of one answer.

    Attributes:
        prompt_tokens: the whole prompt, tokens served from the server's cache included.
        reply_tokens: tokens generated.
        load_seconds, prompt_seconds, reply_seconds, total_seconds: as the server measured them;
            `prompt_seconds` covers only what was not cached, waiting in a queue is only in the total.
        done_reason: "length" when the reply hit its limit, "cut" when the server ended it for another reason.
        cached_tokens: of the prompt, served from the server's cache; None where the server does not say.
    """

    prompt_tokens: int
    reply_tokens: int
    load_seconds: float
    prompt_seconds: float
    reply_seconds: float
    total_seconds: float
    done_reason: Literal["stop", "length", "cut"]
    cached_tokens: int | None = None


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool, as a model server told it apart from the text.

    Attributes:
        name: as the model wrote it, whether or not there is such a tool.
        arguments: by name, any JSON values.
        id: nine letters and digits, all that Mistral's validator takes; "" as long as nobody gave one.
        unread: what came as its arguments where that is no JSON object, perhaps for it was cut; else "".
    """

    name: str
    arguments: Mapping[str, Any]
    id: str = ""
    unread: str = ""


@dataclass(frozen=True)
class Chunk:
    """A piece of the reply, or of the thinking before it; the last one of a complete reply has `usage`.

    `tool_calls` are complete, and more may come with a later chunk.
    """

    text: str
    usage: Usage | None = None
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True)
class Message:
    """One chat message.

    Attributes:
        images: base64.
        tool_calls: of an assistant's message; each is answered by one message of role "tool", in order.
        answers: of a "tool" message: the call that its content is the result of.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    answers: ToolCall | None = None
