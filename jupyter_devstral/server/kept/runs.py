"""The last run about each notebook, as it was reviewed and decided; in the user's own data folder.

What an undo needs is kept beside it, for later: notebooks are closed and opened again in between. Knows
no HTTP.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...core.whole_file import write_private
from ..notebooks import notebook_key

# Of one run, in characters: of a longer one what its cells showed is not kept.
_MOST = 20_000_000
_KEPT = 100
_lock = threading.Lock()


class KeptRuns:
    """The runs of one server root; blocking, for a thread."""

    def __init__(self, folder: Path, root: str) -> None:
        self._folder = folder
        self._root = root

    def read(self, path: str) -> dict[str, Any] | None:
        """The last run about this notebook: its `id`, `state`, `records`, and its `decision`."""
        try:
            kept = json.loads(self._file(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) else None

    def write(self, path: str, run: dict[str, Any]) -> None:
        """Keep a run in the place of the last one."""
        text = json.dumps(run)
        if len(text) > _MOST:
            text = json.dumps({**run, "records": _without_outputs(run.get("records", []))})
        with _lock:
            write_private(self._file(path), text)
            self._forget_oldest()

    def decide(self, path: str, id: str, state: str, decision: Any) -> bool:
        """Keep what was decided about a run; False where another one stands in its place."""
        run = self.read(path)
        if run is None or run.get("id") != id:
            return False
        self.write(path, {**run, "state": state, "decision": decision})
        return True

    def rename(self, path: str, new_path: str) -> None:
        """A run goes where its notebook went."""
        with _lock, suppress(FileNotFoundError):
            os.replace(self._file(path), self._file(new_path))

    def _file(self, path: str) -> Path:
        return self._folder / f"{notebook_key(self._root, path)}.json"

    def _forget_oldest(self) -> None:
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT)]:
            file.unlink(missing_ok=True)


def _without_outputs(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**one, "cell": {**one["cell"], "outputs": []}} if one.get("type") == "cell" else one
        for one in records
    ]
