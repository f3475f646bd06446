"""One answer of `/chat/completions`, read event by event into chunks; the last has the counters."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Literal

from ..messages import Chunk, Usage
from .calls import CallReader

_AT_ITS_LENGTH = frozenset({"length", "model_length", "max_tokens"})
DONE = "[DONE]"


class Unreadable(Exception):
    """An event that is no part of an answer."""


class Failed(Exception):
    """The server says in the stream that it failed; the text is its own, as JSON or words."""


class ReplyReader:
    """Reads one answer.

    Attributes:
        begun: whether text, or a part of a call, has come.
    """

    def __init__(self) -> None:
        self.begun = False
        self._sent_at = time.perf_counter()
        self._first_at = 0.0
        self._finish = ""
        self._usage: Mapping[str, Any] = {}
        self._timings: Mapping[str, Any] = {}
        self._calls = CallReader()

    @property
    def complete(self) -> bool:
        """Whether the server has said why the answer ended: nothing is missing after that."""
        return bool(self._finish)

    def read(self, data: str) -> str:
        """The text of one event; raises Failed, Unreadable."""
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            raise Unreadable from None
        if not isinstance(event, dict):
            raise Unreadable
        return self.take(event)

    def take(self, event: Mapping[str, Any]) -> str:
        """The text of one event, or of a whole answer, that was JSON already; raises Failed."""
        if event.get("error") or event.get("object") == "error":
            raise Failed(json.dumps(event))
        for name in ("usage", "timings"):
            if isinstance(event.get(name), dict):
                setattr(self, f"_{name}", event[name])
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else {}
        if not isinstance(choice, dict):
            raise Unreadable
        said = choice.get("delta") or choice.get("message") or {}
        text = _text(said.get("content")) if isinstance(said, dict) else ""
        calls = isinstance(said, dict) and self._calls.take(said.get("tool_calls"))
        self._note(bool(text or calls), choice.get("finish_reason"))
        return text

    def ending(self) -> Chunk | None:
        """The last chunk, with the calls, and the counters where nothing was cut; None for neither."""
        calls = self._calls.calls()
        if not self._finish:
            return Chunk("", tool_calls=calls) if calls else None
        now = time.perf_counter()
        first = self._first_at or now
        usage, timings = self._usage, self._timings
        reason: Literal["stop", "length"] = "length" if self._finish in _AT_ITS_LENGTH else "stop"
        return Chunk(
            "",
            Usage(
                prompt_tokens=_count(usage.get("prompt_tokens")),
                reply_tokens=_count(usage.get("completion_tokens")),
                load_seconds=0.0,
                prompt_seconds=_seconds(timings.get("prompt_ms"), first - self._sent_at),
                reply_seconds=_seconds(timings.get("predicted_ms"), now - first),
                total_seconds=now - self._sent_at,
                done_reason=reason,
                cached_tokens=_cached(usage, timings),
            ),
            tool_calls=calls,
        )

    def _note(self, is_answer: bool, finish: object) -> None:
        if is_answer and not self.begun:
            self.begun, self._first_at = True, time.perf_counter()
        if finish == "error":
            raise Failed("the engine ended the answer with an error")
        if isinstance(finish, str) and finish:
            self._finish = finish


def _text(content: object) -> str:
    """The text of a `content`: a string, null, or a list of typed parts, of which thoughts are no text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


def _cached(usage: Mapping[str, Any], timings: Mapping[str, Any]) -> int | None:
    """Prompt tokens from the cache; None where the server does not say, which is not 0."""
    details = usage.get("prompt_tokens_details")
    told = details.get("cached_tokens") if isinstance(details, dict) else None
    if told is None:
        told = timings.get("cache_n")
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _seconds(milliseconds: object, otherwise: float) -> float:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) and milliseconds > 0 else otherwise
