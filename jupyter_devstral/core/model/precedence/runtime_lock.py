"""Files in the user's runtime folder that a process holds locked, for other processes of this user to see.

The system takes a lock away when its process ends, however it ends; a forked child has none of its parent's.
"""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Collection
from pathlib import Path

_TRIES = 3


def runtime_folder() -> Path:
    """Where the files lie; it may not be there."""
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()) / "jupyter_devstral"


class HeldFile:
    """A file that this process has locked.

    A process must not open a file again that it holds: closing it would give the lock back.
    """

    def __init__(self, path: str, descriptor: int, *, is_own: bool) -> None:
        self.path = path
        self._descriptor = descriptor
        self._is_own = is_own
        self._process = os.getpid()

    @classmethod
    def new(cls, ending: str) -> HeldFile | None:
        """A new file of its own; None where the folder cannot be written, or there are no locks."""
        with contextlib.suppress(OSError):
            folder = _made_folder()
            # Whoever looks between the making of a file and its lock takes it for a left-over.
            for _ in range(_TRIES):
                path = str(folder / f"{os.getpid()}-{uuid.uuid4().hex}{ending}")
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
                if _lock(descriptor) and os.path.exists(path):
                    return cls(path, descriptor, is_own=True)
                os.close(descriptor)
        return None

    @classmethod
    def named(cls, name: str) -> HeldFile | None:
        """The file of this name, which all processes share; None where another one holds it.

        Raises OSError where the folder cannot be written, or there are no locks.
        """
        path = str(_made_folder() / name)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        is_locked = False
        try:
            is_locked = _lock(descriptor)
        finally:
            if not is_locked:
                os.close(descriptor)
        return cls(path, descriptor, is_own=False) if is_locked else None

    def release(self) -> None:
        """Give the lock back, and a file of its own."""
        if self._process != os.getpid():
            return
        os.close(self._descriptor)
        if self._is_own:
            with contextlib.suppress(OSError):
                os.unlink(self.path)


def is_held_elsewhere(ending: str, own: Collection[str] = ()) -> bool:
    """Whether another process holds a file whose name ends so; takes some 20 microseconds without any.

    `own` are the paths of those that this process holds.
    """
    try:
        with os.scandir(runtime_folder()) as entries:
            paths = [entry.path for entry in entries if entry.name.endswith(ending)]
    except OSError:
        return False
    return any(path not in own and _is_held(path) for path in paths)


def _made_folder() -> Path:
    folder = runtime_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _is_held(path: str) -> bool:
    """Whether another process holds the lock; what a process left behind that died is removed."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        is_free = _lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    if is_free:
        with contextlib.suppress(OSError):
            os.unlink(path)
    return not is_free


def _lock(descriptor: int) -> bool:
    """Whether the lock could be had, without waiting; OSError where the system has none."""
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise
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
