"""Atomic file replacement: the old file or the whole new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from .errors import DevstralError


def write_whole(path: Path, text: str) -> None:
    """Replace `path` with `text` (UTF-8) in one step. Makes its folder, and keeps its permissions.

    Raises `DevstralError` naming the file when that cannot be done.
    """
    # A link stays a link; its target is replaced.
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text.encode("utf-8", errors="surrogatepass"))
    except OSError as error:
        raise DevstralError(f"{path} cannot be written: {error.strerror or error}.") from None


def write_private(path: Path, text: str) -> None:
    """Write a file as `write_whole` does, and a new one, in a new folder, for the user's eyes alone.

    Raises `DevstralError` naming the file when that cannot be done.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise DevstralError(f"{path} cannot be written: {error.strerror or error}.") from None
    write_whole(path, text)


def _replace(path: Path, content: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(0, "it is a folder")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mode(path: Path) -> int:
    """The permissions of the replaced file; for a new file those that the user's umask gives."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
