"""The shape of a request that streams: on one connection, and closed at once from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from .kept_connections import Connection, KeptConnections, Place

C = TypeVar("C", bound=Connection)


@dataclass
class Streaming:
    """How far a stream is.

    Attributes:
        begun: part of the answer has come.
        complete: the server has said why it ended: nothing is missing, however the connection ends.
        whole: it was also read to its end, so that the connection can be used again.
    """

    begun: bool = False
    complete: bool = False
    whole: bool = False

    def saw(self, is_answer: bool, is_end: bool) -> None:
        """Note a piece: whether part of the answer is in it, and whether it is the last one."""
        self.begun = self.begun or is_answer
        self.complete = self.complete or is_end


class ClosableRequest:
    """A request; `close` may come from any thread, and what streams then ends, without an error."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._closed = threading.Event()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def close(self) -> None:
        """Close the connection at once; safe to repeat, and before or after the request."""
        self._closed.set()
        with self._guard:
            if self._connection is not None:
                self._connection.abort()

    def _is_missing(self, streaming: Streaming) -> bool:
        """Whether a stream that has ended with an error lacks something that is still wanted."""
        return not streaming.complete and not self.is_closed

    @contextmanager
    def _on(self, kept: KeptConnections[Place, C], place: Place) -> Iterator[tuple[C, Streaming]]:
        """A connection for the length of a stream, which just ends where it is closed meanwhile.

        What was broken off, by an error, by the reader (GeneratorExit) or by an interrupt, must not be left
        on the wire, and the server must see the end now.
        """
        from .closable_transport import ConnectionClosed

        connection, streaming = kept.take(place), Streaming()
        with self._guard:
            self._connection = connection
        try:
            yield connection, streaming
        except ConnectionClosed:
            pass
        finally:
            with self._guard:
                self._connection = None
            if not streaming.whole:
                connection.abort()
            kept.give_back(place, connection)
