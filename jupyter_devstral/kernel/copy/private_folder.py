"""The folder that one copy may write to, made before the fork, capped, deleted with the copy.

What an earlier kernel could not delete, because it was killed, the next one does: the folder is locked as
long as its owner lives. Must not know what is written there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress

# Of all files together, and of one; and how many there may be, folders included.
BYTES, ENTRIES = 64 * 2**20, 5_000

_PREFIX = "devstral-copy-"
_ATTEMPTS = 3
_swept = False


class PrivateFolder:
    """A new, empty folder below the system's folder for temporary files.

    Raises OSError where there is no room for one.

    Attributes:
        path: its real path, without symbolic links.
    """

    def __init__(self) -> None:
        _sweep_once()
        for _ in range(_ATTEMPTS):
            self.path = os.path.realpath(tempfile.mkdtemp(prefix=_PREFIX))
            self._lock = _locked(self.path)
            # Until it was locked, another kernel may have taken it for one that was left behind.
            if os.path.isdir(self.path):
                break

    def is_too_large(self) -> bool:
        """Whether it holds more than is allowed; looks at every file."""
        total = 0
        for count, size in enumerate(_sizes(self.path), 1):
            total += size
            if total > BYTES or count > ENTRIES:
                return True
        return False

    def remove(self) -> None:
        """Delete it with all it holds, once nobody writes to it any more; safe to repeat."""
        _remove(self.path)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _sizes(folder: str) -> Iterator[int]:
    """List the bytes on disk of each file and folder below; what vanishes meanwhile has none."""
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(OSError):
                yield os.lstat(os.path.join(root, name)).st_blocks * 512


def _locked(path: str) -> int:
    """Lock a folder; give the descriptor that holds the lock, or -1 where somebody else does."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(folder)
        return -1
    return folder


def _remove(path: str) -> None:
    # Folders that its code has locked itself out of.
    for root, folders, _ in os.walk(path):
        for name in folders:
            folder = os.path.join(root, name)
            if not os.path.islink(folder):
                with suppress(OSError):
                    os.chmod(folder, 0o700)
    shutil.rmtree(path, ignore_errors=True)


def _sweep_once() -> None:
    """Delete folders whose owner is gone."""
    global _swept
    if _swept:
        return
    _swept = True
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        left = [one.path for one in entries if one.name.startswith(_PREFIX) and _is_own(one)]
        for path in left:
            lock = _locked(path)
            if lock >= 0:
                _remove(path)
                os.close(lock)


def _is_own(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == os.getuid()
    return False
