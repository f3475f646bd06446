"""One completion from its first byte to its last, on `/api/generate`: streamed, and closed at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ..closable_request import ClosableRequest
from ..completion import CompletionChunk, CompletionRequest, Token
from .facts import usage_of


class CompletionCall(ClosableRequest):
    """One request to one host.

    A busy server is not asked again: by then the user has typed on.
    """

    def __init__(self, host: str, request: CompletionRequest) -> None:
        super().__init__()
        self._host = host
        self._request = request

    def chunks(self) -> Iterator[CompletionChunk]:
        """The answer as it arrives; leaving early closes the connection. Raises ModelError."""
        from .connection import STREAM_ERRORS, kept, translated

        with self._on(kept, self._host) as (connection, streaming):
            if self.is_closed:
                return
            try:
                lines: Any = connection.lines("/api/generate", self._request.body())
                with contextlib.closing(lines):
                    for line in lines:
                        if self._closed.is_set():
                            return
                        chunk = _chunk(line)
                        streaming.saw(bool(chunk.text), chunk.usage is not None)
                        streaming.whole = streaming.complete
                        yield chunk
            except STREAM_ERRORS as error:
                if self._is_missing(streaming):
                    raise translated(
                        error, host=self._host, model=self._request.model, begun=streaming.begun
                    ) from None


def _chunk(line: Any) -> CompletionChunk:
    """A chunk of one line; a line that tells an error raises `ollama.ResponseError`."""
    if error := line.get("error"):
        import ollama

        raise ollama.ResponseError(error)
    text = line.get("response") or ""
    return CompletionChunk(text, _tokens(line.get("logprobs")), usage_of(line) if line.get("done") else None)


def _tokens(entries: Any) -> tuple[Token, ...]:
    """The tokens of a line; none where their probabilities are not what Ollama's are."""
    tokens = []
    for entry in entries if isinstance(entries, list) else ():
        logprob, token = entry.get("logprob"), entry.get("token")
        if not isinstance(logprob, (int, float)) or not isinstance(token, str):
            return ()
        tokens.append(Token(token, float(logprob)))
    return tuple(tokens)
