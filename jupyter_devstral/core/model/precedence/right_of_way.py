"""Chats go first: whether a chat streams now, in this process or in another one of this user.

A process that streams chats holds a file of its own. Where none can be made, only this process is known.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from .runtime_lock import HeldFile, is_held_elsewhere

_ENDING = ".chat"
_guard = threading.RLock()
_streaming = 0
_held: HeldFile | None = None
_waiting: list[Callable[[], None]] = []


@contextlib.contextmanager
def chat_streams() -> Iterator[None]:
    """Hold the right of way for the length of a block; who yields to chats hears of it at once."""
    _begin()
    try:
        yield
    finally:
        _end()


@contextlib.contextmanager
def told_of_chats(begins: Callable[[], None]) -> Iterator[None]:
    """Call `begins`, from any thread, when a chat of this process begins within the block."""
    with _guard:
        _waiting.append(begins)
    try:
        yield
    finally:
        with _guard:
            _waiting.remove(begins)


def a_chat_streams() -> bool:
    """Whether a chat of this user streams now; takes some 20 microseconds where none does."""
    held = _held
    return bool(_streaming) or is_held_elsewhere(_ENDING, [held.path] if held is not None else ())


def _begin() -> None:
    global _streaming, _held
    with _guard:
        _streaming += 1
        if _streaming == 1:
            _held = HeldFile.new(_ENDING)
        told = list(_waiting)
    for one in told:
        one()


def _end() -> None:
    global _streaming, _held
    with _guard:
        _streaming -= 1
        if _streaming == 0 and _held is not None:
            _held.release()
            _held = None
