"""The notebook as a front-end pushed it when a cell was run: unsaved cells and Markdown included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.errors import NotebookError

if TYPE_CHECKING:
    from ...core.notebook.cells import Notebook

# A push is on its way when its cell begins; it arrives within milliseconds, on another thread.
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True)
class Push:
    """A snapshot: the notebook, the cell it was made for, and its arrival (seconds since the epoch)."""

    notebook: Notebook
    cell_id: str
    time: float


class PushedNotebook:
    """The last snapshot. It is received on one thread and read on another."""

    def __init__(self) -> None:
        self._last: Push | None = None
        self._changed = threading.Condition()

    def receive(self, payload: dict[str, Any]) -> None:
        """Take in a snapshot.

        Entries that are no cells are left out; a payload that is no notebook clears it.
        """
        from ...core.notebook.file import notebook_from_json

        cell_id = payload.get("cell_id")
        data: dict[str, Any] = {
            "cells": payload.get("cells"),
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
        }
        try:
            notebook = notebook_from_json(data)
        except NotebookError:
            return
        with self._changed:
            self._last = Push(notebook, cell_id if isinstance(cell_id, str) else "", time.time())
            self._changed.notify_all()

    def latest(self, cell_id: str, expected: Callable[[], bool]) -> Push | None:
        """The snapshot made for `cell_id`, waited for briefly where one is expected; else the last one."""
        with self._changed:
            if cell_id and expected():
                self._changed.wait_for(
                    lambda: self._last is not None and self._last.cell_id == cell_id, _PATIENCE_SECONDS
                )
            return self._last

    def forget(self) -> None:
        """Forget the snapshot."""
        with self._changed:
            self._last = None
