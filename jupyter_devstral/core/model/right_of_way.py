"""Chats go first: whether a chat streams now, in this process or in another one of this user.

A process that streams chats holds a lock on a file of its own; the system takes the lock away when the
process ends, however it ends. Where no such file can be made, only this process is known.
"""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

_ENDING = ".chat"
_TRIES = 3
_guard = threading.RLock()
_streaming = 0
_held: _Lock | None = None
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
    return bool(_streaming) or _elsewhere()


def _begin() -> None:
    global _streaming, _held
    with _guard:
        _streaming += 1
        if _streaming == 1:
            _held = _Lock.taken()
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


def _elsewhere() -> bool:
    try:
        with os.scandir(_folder()) as entries:
            paths = [entry.path for entry in entries if entry.name.endswith(_ENDING)]
    except OSError:
        return False
    own = _held.path if _held is not None else ""
    return any(path != own and _is_held(path) for path in paths)


def _folder() -> Path:
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()) / "jupyter_devstral"


class _Lock:
    """A file of this process with a lock on it. A forked child has neither."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._process = os.getpid()

    @classmethod
    def taken(cls) -> _Lock | None:
        """A new lock; None where the folder cannot be written, or the system has no locks."""
        try:
            folder = _folder()
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Whoever looks between the making of a file and its lock takes it for a left-over.
            for _ in range(_TRIES):
                path = str(folder / f"{os.getpid()}-{uuid.uuid4().hex}{_ENDING}")
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                if _lock(descriptor) and os.path.exists(path):
                    return cls(path, descriptor)
                os.close(descriptor)
        except OSError:
            pass
        return None

    def release(self) -> None:
        """Give the lock and its file back."""
        if self._process != os.getpid():
            return
        os.close(self._descriptor)
        with contextlib.suppress(OSError):
            os.unlink(self.path)


def _is_held(path: str) -> bool:
    """Whether another process holds the lock; what a process left behind that died is removed."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        is_free = _lock(descriptor)
    finally:
        os.close(descriptor)
    if is_free:
        with contextlib.suppress(OSError):
            os.unlink(path)
    return not is_free


def _lock(descriptor: int) -> bool:
    """Whether the lock could be had, without waiting."""
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock_on_windows(descriptor: int) -> bool:
    import importlib

    msvcrt = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
