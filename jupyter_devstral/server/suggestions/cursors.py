"""What the server keeps for suggestions: notebooks by hash, variables by kernel, completers by model."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ...core.completion.place import Place
from ...core.completion.variable_log import VariableLog
from ...core.errors import UsageError
from ...core.notebook.cells import Cell, Notebook
from ...core.notebook.file import notebook_from_json
from ...core.redaction.redactor import Redactor
from ...session.suggestions.completer import Completer, Cursor
from ...session.suggestions.completion_model import completion_model
from ..kernel_namespace import kernel_process, kernel_variables
from ..notebooks import SentNotebooks

if TYPE_CHECKING:
    from ..session import ServerSession
    from .keystroke import Keystroke, Push

_NOTEBOOKS, _KERNELS, _REDACTORS = 32, 50, 50
Value = TypeVar("Value")


class Cursors:
    """The state of one server's suggestions; everything but `completer` belongs to the event loop.

    Attributes:
        sent: the last cells of every page, of which later pushes are changes.
    """

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self.sent = SentNotebooks()
        self._notebooks: OrderedDict[Hashable, Notebook] = OrderedDict()
        self._logs: OrderedDict[Hashable, _Kernel] = OrderedDict()
        self._redactors: OrderedDict[Hashable, Redactor] = OrderedDict()
        self._completers: dict[str, Completer] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()

    def cursor(self, key: Keystroke, kernels: Any) -> Cursor | None:
        """The cursor in its notebook; None where the other cells are not known. Raises UsageError."""
        notebook = self._notebook(key)
        if notebook is None:
            return None
        stored = next((cell for cell in notebook.cells if cell.key == key.cell), None)
        if stored is None:
            raise UsageError("The notebook has no such cell.")
        cell = replace(stored, source=key.source, outputs=(), turn=None)
        cells = (*notebook.cells[: cell.index], cell, *notebook.cells[cell.index + 1 :])
        place = Place(key.source, key.offset, key.language, key.told)
        kernel = self._logs.get((key.kernel_id, kernel_process(kernels, key.kernel_id)))
        remarks = kernel.log.remarks() if kernel else {}
        return Cursor(Notebook(cells, key.language), cell, place, remarks, by_hand=key.by_hand)

    def keep(self, push: Push) -> None:
        """Keep a notebook under the name by which keys will call it."""
        metadata = {"language_info": {"name": push.language}}
        notebook = notebook_from_json({"nbformat": 4, "metadata": metadata, "cells": push.cells})
        if redactor := self.redactor(push.path):
            # Also what is not sent may show what a text that is sent is.
            redactor.redact([cell.source for cell in notebook.cells])
        _kept(self._notebooks, (push.path, push.others), notebook, _NOTEBOOKS, replaces=True)

    def look_at_variables(self, key: Keystroke, notebook: Notebook, kernels: Any) -> None:
        """Ask the kernel once after each run, beside the suggestions: none of them waits for it."""
        if key.language != "python" or not key.kernel_id:
            return
        # Of a kernel that was started again nothing is told that the one before it had.
        place = (key.kernel_id, kernel_process(kernels, key.kernel_id))
        kernel = _kept(self._logs, place, _Kernel(), _KERNELS)
        if kernel.runs == key.runs or kernel.is_asked:
            return
        kernel.is_asked = True
        task = asyncio.ensure_future(self._look(kernel, key, notebook, kernels))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    def redactor(self, path: str) -> Redactor | None:
        """The one of a notebook; None where the settings send everything as it is."""
        if not self._session.redacts:
            return None
        return _kept(self._redactors, path, Redactor(), _REDACTORS)

    def completer(self, name: str) -> Completer:
        """The completer of a model, "" for the configured one; for any thread. Raises ConfigurationError."""
        # A setting that cannot be used is said there.
        self._session.model(start=False)
        name = name or self._session.config.completion_model
        with self._lock:
            if name not in self._completers:
                self._completers[name] = Completer(completion_model(self._session.config, name))
            return self._completers[name]

    @property
    def last(self) -> Completer | None:
        """The completer that asked last, None where none did."""
        asked = [each for each in self._completers.values() if each.last is not None]
        return asked[-1] if asked else None

    def _notebook(self, key: Keystroke) -> Notebook | None:
        if not key.others:
            return Notebook((Cell(key.cell, 0, "code", ""),), key.language)
        place = (key.path, key.others)
        with suppress(KeyError):
            self._notebooks.move_to_end(place)
            return self._notebooks[place]
        return None

    async def _look(self, kernel: _Kernel, key: Keystroke, notebook: Notebook, kernels: Any) -> None:
        try:
            # Asked once after each run: what is missed now is missed until the next one.
            said = await kernel_variables(kernels, key.kernel_id, [], fresh_for=0)
            if said.is_available:
                kernel.log.update(said.variables, notebook, ran=key.ran)
                kernel.runs = key.runs
        finally:
            kernel.is_asked = False


class _Kernel:
    """What is known of one kernel: its variables, and after how many runs."""

    def __init__(self) -> None:
        self.log = VariableLog()
        self.runs = -1
        self.is_asked = False


def _kept(
    held: OrderedDict[Hashable, Value], key: Hashable, value: Value, most: int, *, replaces: bool = False
) -> Value:
    """What is held under a key, put last; the oldest go when there are too many."""
    if replaces:
        held[key] = value
    found = held.setdefault(key, value)
    held.move_to_end(key)
    while len(held) > most:
        held.popitem(last=False)
    return found
