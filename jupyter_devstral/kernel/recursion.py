"""Room to recurse for this project's code, where a user has set a low limit for his own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# What a fresh Python has.
ENOUGH = 1000

_lock = threading.Lock()
_inside = 0
_users = 0


@contextmanager
def room_to_recurse() -> Iterator[None]:
    """Raise a low recursion limit meanwhile; any thread, any number of times at once.

    A limit that the user sets meanwhile stays.
    """
    global _inside, _users
    with _lock:
        if not _inside:
            _users = sys.getrecursionlimit()
            if _users < ENOUGH:
                sys.setrecursionlimit(ENOUGH)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _users < ENOUGH and sys.getrecursionlimit() == ENOUGH:
                # It is refused while more frames than that are open, as in the cell that has set it.
                with suppress(RecursionError):
                    sys.setrecursionlimit(_users)


def users_limit() -> int:
    """Give the limit that holds for the user's code."""
    now = sys.getrecursionlimit()
    return _users if _inside and now == ENOUGH else now


def depth() -> int:
    """Count the open frames of this thread."""
    frame: FrameType | None = sys._getframe(1)
    count = 0
    while frame is not None:
        count, frame = count + 1, frame.f_back
    return count
