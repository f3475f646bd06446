"""What is running for a session, so that somebody else can stop it."""

from __future__ import annotations

import threading
from typing import Protocol


class Closable(Protocol):
    """A stream, a download, an explanation: something that `close` ends from any thread."""

    def close(self) -> None:
        """End it now; safe to repeat."""
        ...


class Running:
    """The closable things of one session; all methods are for any thread."""

    def __init__(self) -> None:
        self._running: list[Closable] = []
        self._lock = threading.Lock()

    def add(self, one: Closable) -> None:
        """Let `stop` close it, until it is removed."""
        with self._lock:
            self._running.append(one)

    def remove(self, one: Closable) -> None:
        """Forget it; safe where it was stopped."""
        with self._lock:
            if one in self._running:
                self._running.remove(one)

    def stop(self) -> int:
        """Close everything; returns how many there were."""
        with self._lock:
            running, self._running = self._running, []
        for one in running:
            one.close()
        return len(running)
