"""Places in the queue of one model, among this user's notebooks and commands.

Ollama serves one request at a time and says nothing to those that wait; a lock file per host and model lets
our own requests see each other. Only advice for a status line: where it cannot work, nobody is ever "behind".
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
from typing import Any

fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None


class QueuePlace:
    """A place in the queue of one host and model, held from `enter` to `leave`."""

    def __init__(self, host: str, model: str) -> None:
        owner = os.getuid() if hasattr(os, "getuid") else 0
        # Not tempfile's folder: the same one for all processes, whatever their TMPDIR.
        folder = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"
        key = re.sub(r"[^\w.]+", "-", f"{host}-{model}")[:120]
        self._path = os.path.join(folder, f"jupyter-devstral-{owner}-{key}.lock")
        self._descriptor = -1
        self._first = True

    def enter(self) -> None:
        """Take a place; never waits."""
        if fcntl is None:
            return
        with contextlib.suppress(OSError):
            # O_NOFOLLOW: the directory is everybody's, and so is the choice of what this name links to.
            self._descriptor = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
            self._first = self._try_lock()

    def behind(self) -> bool:
        """Tell whether another request entered earlier and has not left."""
        if not self._first:
            self._first = self._try_lock()
        return not self._first

    def leave(self) -> None:
        """Give the place up; safe to repeat."""
        descriptor, self._descriptor = self._descriptor, -1
        self._first = True
        if descriptor >= 0:
            # A third request may now miss the second; better than a file left for every port ever used.
            with contextlib.suppress(OSError):
                os.unlink(self._path)
            os.close(descriptor)

    def _try_lock(self) -> bool:
        descriptor = self._descriptor
        if descriptor < 0:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
