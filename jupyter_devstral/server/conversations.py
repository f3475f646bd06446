"""Conversations with notebooks, kept in the user's own data folder: one file for each notebook path.

They hold what the user asked and what was answered, so they are readable by the user alone. Knows no HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..core.errors import UsageError
from ..core.whole_file import write_whole

LIMIT = 2_000_000
_KEPT = 500


class Conversations:
    """All conversations of one server root; blocking, for a thread."""

    def __init__(self, folder: Path, root: str) -> None:
        self._folder = folder
        self._root = root

    def read(self, path: str) -> list[dict[str, Any]]:
        """The messages about this notebook; none where none are stored, or where they cannot be read."""
        try:
            stored = json.loads(self._file(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        messages = stored.get("messages") if isinstance(stored, dict) else None
        return [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []

    def write(self, path: str, messages: Any) -> None:
        """Store all messages; raises UsageError for what is no conversation."""
        if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
            raise UsageError("A conversation is a list of messages.")
        if not messages:
            return self.delete(path)
        text = json.dumps({"version": 1, "path": path, "messages": messages})
        if len(text) > LIMIT:
            raise UsageError("The conversation is too long to be kept: clear it to begin a new one.")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._file(path)
        if not file.exists():
            file.touch(mode=0o600)
            self._forget_oldest()
        write_whole(file, text)
        return None

    def rename(self, path: str, new_path: str) -> None:
        """A conversation goes where its notebook went."""
        with suppress(FileNotFoundError):
            os.replace(self._file(path), self._file(new_path))

    def delete(self, path: str) -> None:
        self._file(path).unlink(missing_ok=True)

    def _file(self, path: str) -> Path:
        # A path of the user's in no file name: any characters, any length, and no way out of the folder.
        name = hashlib.sha256(f"{self._root}\0{path.strip('/')}".encode()).hexdigest()
        return self._folder / f"{name}.json"

    def _forget_oldest(self) -> None:
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT)]:
            file.unlink(missing_ok=True)
