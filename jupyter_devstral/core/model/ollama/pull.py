"""Downloading a model: progress as values, going on after a lost connection, being closed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ...errors import ModelError
from ..closable_request import ClosableRequest
from ..server import PullProgress

_ATTEMPTS_WITHOUT_PROGRESS = 3
_PAUSE_SECONDS = 1.0


class ConnectionLost(ModelError):
    """The download broke off; the server keeps what it has and goes on from there when asked again."""


class Download(ClosableRequest):
    """One pull; where it is closed, what was downloaded stays on the server."""

    def __init__(self, host: str, name: str) -> None:
        super().__init__()
        self._host = host
        self._name = name

    def steps(self) -> Iterator[PullProgress]:
        """Follow a pull until "success"; a lost connection is taken up again. Raises ModelError."""
        failures, furthest = 0, (0, 0)
        layers: dict[str, int] = {}
        while not self._closed.is_set():
            try:
                for step in self._stream():
                    layers[step.digest] = max(step.completed, layers.get(step.digest, 0))
                    yield step
                    if step.done:
                        return
            except ConnectionLost:
                progress = (len(layers), sum(layers.values()))
                failures = 1 if progress > furthest else failures + 1
                furthest = progress
                if failures >= _ATTEMPTS_WITHOUT_PROGRESS:
                    raise
            self._closed.wait(_PAUSE_SECONDS)

    def _stream(self) -> Iterator[PullProgress]:
        """One request's steps; ConnectionLost unless its last step is "success" or it was closed."""
        from ..closable_transport import ConnectionClosed
        from .connection import STREAM_ERRORS, Connection, is_lost, server_words, translated

        connection = Connection(self._host)
        with self._guard:
            self._connection = connection
        try:
            parts: Any = connection.ollama.pull(self._name, stream=True)
            with contextlib.closing(parts):
                for part in parts:
                    yield (step := _progress(part))
                    if step.done:
                        return
        except ConnectionClosed:
            pass
        except STREAM_ERRORS as error:
            if not self._closed.is_set() and not is_lost(error):
                if words := server_words(error):
                    from .errors import pull_error

                    raise pull_error(words, model=self._name) from None
                raise translated(error, host=self._host, model=self._name, begun=False) from None
        finally:
            with self._guard:
                self._connection = None
            connection.abort()
            connection.close()
        if not self._closed.is_set():
            raise ConnectionLost(
                f"The download of {self._name} broke off. Start it again: what has arrived is kept."
            )


def _progress(record: Any) -> PullProgress:
    """One `ollama.ProgressResponse`."""
    return PullProgress(
        status=record.get("status") or "",
        digest=record.get("digest") or "",
        total=record.get("total") or 0,
        completed=record.get("completed") or 0,
    )
