"""The record of a run: what was asked, what ran, what was allowed and by whom; for the user alone.

A file of its own for each run, a JSON object a line, written as it happens.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

_KEPT = 200


class RunRecord:
    """A new record in a folder, which is made where it is missing; nothing is written where that fails.

    Attributes:
        path: of the file.
        id: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.id = uuid.uuid4().hex
        self.path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{self.id[:8]}.jsonl"
        self._file = -1
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            _forget_oldest(folder)

    def add(self, what: str, **facts: Any) -> None:
        """Write an entry; values are JSON's, or dataclasses of such."""
        if self._file < 0:
            return
        entry = {"what": what, "at": round(time.time(), 3), **facts}
        line = json.dumps(entry, default=_plain).encode("utf-8") + b"\n"
        # A full disk must not end a run.
        with suppress(OSError):
            os.write(self._file, line)

    def close(self) -> None:
        """Close the file; safe to repeat."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return str(value)


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.jsonl"))
    for file in files[: max(0, len(files) - _KEPT)]:
        file.unlink(missing_ok=True)
