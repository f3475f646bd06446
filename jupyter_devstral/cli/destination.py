"""Where a command writes its result: checked before anything runs."""

from __future__ import annotations

import os
from pathlib import Path

from ..core.errors import DevstralError, UsageError


def check_destination(path: Path) -> None:
    """Raise for a file that could not be written at the end.

    A folder that is not there is not made: mostly, its name is mistyped.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it.")
    folder = path.parent
    if not folder.exists():
        raise UsageError(f"{path} cannot be written: the folder {folder} does not exist.")
    if not folder.is_dir():
        raise DevstralError(f"{path} cannot be written: {folder} is no folder.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise DevstralError(f"{path} cannot be written: permission denied.")
