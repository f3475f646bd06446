"""The way to the thread that runs cells, where a fork must come from, between two cells."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol

# A cell that the user has just begun may run for hours.
_PATIENCE_SECONDS = 10.0


class OnMain(Protocol):
    """A way to run a function on the thread that runs cells."""

    def __call__(self, function: Callable[[], None], given_up: threading.Event) -> bool:
        """Run `function` there; False when it was not and will not be run."""
        ...


def directly(function: Callable[[], None], given_up: threading.Event) -> bool:
    """Run the function here; for a caller that is on that thread."""
    function()
    return True


class MainLoop:
    """The event loop of the thread that runs cells, known from within a cell."""

    def __init__(self) -> None:
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._thread = threading.current_thread()

    def __call__(self, function: Callable[[], None], given_up: threading.Event) -> bool:
        # A subshell has a loop of its own, but a fork from there may come in the middle of a cell.
        if self._loop is None or self._thread is not threading.main_thread():
            return False
        claimed, done = threading.Lock(), threading.Event()

        def run() -> None:
            if claimed.acquire(blocking=False):
                function()
                done.set()

        try:
            self._loop.call_soon_threadsafe(run)
        except RuntimeError:
            return False
        _wait(done, given_up)
        if not done.is_set() and claimed.acquire(blocking=False):
            return False
        return done.wait(_PATIENCE_SECONDS)


def _wait(done: threading.Event, given_up: threading.Event) -> None:
    for _ in range(int(_PATIENCE_SECONDS / 0.02)):
        if done.wait(0.02) or given_up.is_set():
            return
