"""One completion from its first byte to its last, on `/api/generate`: streamed, and closed at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..completion import CompletionChunk, CompletionRequest, Token
from .facts import usage_of

if TYPE_CHECKING:
    from .connection import Connection


class CompletionCall:
    """One request to one host. `close` may come from any thread; `chunks` then ends, without an error.

    A busy server is not asked again: by then the user has typed on.
    """

    def __init__(self, host: str, request: CompletionRequest) -> None:
        self._host = host
        self._request = request
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._closed = threading.Event()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def close(self) -> None:
        """Close the connection at once; safe to repeat, and before or after the request."""
        self._closed.set()
        with self._lock:
            if self._connection is not None:
                self._connection.abort()

    def chunks(self) -> Iterator[CompletionChunk]:
        """The answer as it arrives; leaving early closes the connection. Raises ModelError."""
        from ..closable_transport import ConnectionClosed
        from .connection import STREAM_ERRORS, give_back, take_connection, translated

        connection = take_connection(self._host)
        with self._lock:
            self._connection = connection
        begun = whole = False
        try:
            if self._closed.is_set():
                return
            lines: Any = connection.lines("/api/generate", self._request.body())
            with contextlib.closing(lines):
                for line in lines:
                    if self._closed.is_set():
                        return
                    chunk = _chunk(line)
                    begun = begun or bool(chunk.text)
                    whole = chunk.usage is not None
                    yield chunk
        except ConnectionClosed:
            return
        except STREAM_ERRORS as error:
            if not whole and not self._closed.is_set():
                raise translated(error, host=self._host, model=self._request.model, begun=begun) from None
        finally:
            with self._lock:
                self._connection = None
            if not whole:
                connection.abort()
            give_back(connection)


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
