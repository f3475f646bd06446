"""What a model server streams: pieces of text, and the counters that end them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Usage:
    """Counters of one answer.

    Attributes:
        prompt_tokens: the whole prompt, tokens served from the server's cache included.
        reply_tokens: tokens generated.
        load_seconds, prompt_seconds, reply_seconds, total_seconds: as the server measured them;
            `prompt_seconds` covers only what was not cached, waiting in a queue is only in the total.
        done_reason: "stop", or "length" when the reply hit its limit.
    """

    prompt_tokens: int
    reply_tokens: int
    load_seconds: float
    prompt_seconds: float
    reply_seconds: float
    total_seconds: float
    done_reason: str


@dataclass(frozen=True)
class Chunk:
    """A piece of the reply; the last one of a complete reply carries `usage`."""

    text: str
    usage: Usage | None = None


def short_count(tokens: int) -> str:
    """A number of tokens as people say it: "950", "5.1k"."""
    return f"{tokens / 1000:.1f}k" if tokens >= 1000 else str(tokens)


def usage_of(record: Mapping[str, Any]) -> Usage:
    """Counters of a final record (`done: true`); Ollama leaves out those that are zero."""

    def seconds(key: str) -> float:
        return (record.get(key) or 0) / _NANOSECONDS

    return Usage(
        prompt_tokens=record.get("prompt_eval_count") or 0,
        reply_tokens=record.get("eval_count") or 0,
        load_seconds=seconds("load_duration"),
        prompt_seconds=seconds("prompt_eval_duration"),
        reply_seconds=seconds("eval_duration"),
        total_seconds=seconds("total_duration"),
        done_reason=record.get("done_reason") or "stop",
    )
