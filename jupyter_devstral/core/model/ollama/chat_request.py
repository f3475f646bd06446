"""One chat request from its first byte to its last: streaming, backing off, being closed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ServerBusy
from ..closable_request import ClosableRequest
from ..messages import Chunk, ToolCall
from .facts import usage_of
from .phase import Phase

# 503 means that the queue is full; it empties at the pace of answers.
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class ChatBody:
    """Body of a request to `/api/chat` (`truncate: false` is added by the transport).

    `think` goes only to models that can: others refuse it.
    """

    model: str
    messages: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]
    keep_alive: str | int
    think: bool | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    schema: Mapping[str, Any] | None = None

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for `ollama.Client.chat`."""
        wishes: dict[str, Any] = {} if self.think is None else {"think": self.think}
        if self.tools:
            wishes["tools"] = list(self.tools)
        if self.schema is not None:
            wishes["format"] = dict(self.schema)
        return {
            "model": self.model,
            "messages": self.messages,
            "options": dict(self.options),
            "keep_alive": self.keep_alive,
            "stream": True,
            **wishes,
        }


class ChatRequest(ClosableRequest):
    """One request to one host."""

    def __init__(self, host: str, body: ChatBody) -> None:
        super().__init__()
        self._host = host
        self._body = body
        self.phase = Phase(host, body.model, [message["content"] for message in body.messages])

    def chunks(self) -> Iterator[Chunk]:
        """The reply as it arrives. Raises ModelError; a stream that just ends yields no chunk with usage."""
        try:
            for pause in (*BACK_OFF_SECONDS, None):
                try:
                    yield from self._stream()
                    return
                except ServerBusy:
                    if pause is None:
                        raise
                    self.phase.refused()
                if self._closed.wait(_jittered(pause)):
                    return
        finally:
            self.phase.ended()

    def _stream(self) -> Iterator[Chunk]:
        from .connection import STREAM_ERRORS, kept, translated

        with self._on(kept, self._host) as (connection, streaming):
            if self.is_closed:
                return
            self.phase.sent()
            try:
                # A generator, though the package calls it an iterator; leaving it early must close it now.
                parts: Any = connection.ollama.chat(**self._body.arguments())
                with contextlib.closing(parts):
                    for part in parts:
                        if self._closed.is_set():
                            return
                        if not streaming.begun:
                            self.phase.answered()
                        chunk = _chunk(part)
                        streaming.saw(bool(chunk.text or chunk.tool_calls), chunk.usage is not None)
                        yield chunk
                streaming.whole = streaming.complete
            except STREAM_ERRORS as error:
                if self._is_missing(streaming):
                    raise translated(
                        error, host=self._host, model=self._body.model, begun=streaming.begun
                    ) from None


def _jittered(seconds: float) -> float:
    """About that long, so that those who were refused together do not come back together."""
    import random

    # Not the module's own generator: that one is the user's, who may have seeded it.
    return seconds * random.Random().uniform(0.8, 1.2)


def _chunk(part: Any) -> Chunk:
    """A chunk of one `ollama.ChatResponse`."""
    usage = usage_of(part) if part.done else None
    message = part.message
    calls = tuple(
        ToolCall(call.function.name, dict(call.function.arguments or {})) for call in message.tool_calls or ()
    )
    return Chunk(message.content or "", usage, getattr(message, "thinking", None) or "", calls)
