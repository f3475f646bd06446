"""Detection of failed cells, compatible with anything else that shows or handles exceptions.

Uses IPython's run-cell events and `sys.last_value`, so handlers, debuggers and rich tracebacks keep working.
"""

from __future__ import annotations

import bdb
import sys
import threading
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from ...core.failure.exception_facts import is_error
from ...kernel.recursion import room_to_recurse
from ..notebook.transcript import error_of

# Exceptions that end a cell on purpose, beside a task's cancellation; our own errors are advice already.
_MEANT = (KeyboardInterrupt, SystemExit, GeneratorExit, bdb.BdbQuit, UsageError)


def _meant() -> tuple[type[BaseException], ...]:
    # Nothing was cancelled where nobody has imported it, and importing it takes half the time of loading us.
    cancelled = getattr(sys.modules.get("asyncio.exceptions"), "CancelledError", None)
    return _MEANT if cancelled is None else (*_MEANT, cancelled)


class ExceptionWatcher:
    """Hooks that call `on_error(exception, info)` after a failed cell, on the thread that ran it.

    `info` is IPython's `ExecutionInfo` of the outermost cell.
    """

    def __init__(self, on_error: Callable[[BaseException, Any], None]) -> None:
        self._on_error = on_error
        self._running = threading.local()

    def pre_run_cell(self, info: Any) -> None:
        """Remember the error that was there before the cell."""
        self._stack().append(getattr(sys, "last_value", None))

    def post_run_cell(self, result: Any) -> None:
        """Report the error that ended the outermost cell."""
        stack, before, began = self._stack(), None, False
        # An empty cell fires this event without the other. Not compared by `info`: IPython makes a new one
        # where showing or storing the error failed as well.
        if stack and (result is None or (result.info.raw_cell or "").strip()):
            before, began = stack.pop(), True
        # A nested run_cell (%%capture, %run) belongs to the outer cell. None: the cell was torn down.
        if stack or result is None:
            return
        error = error_of(result)
        if error is None and began:
            error = self._shown_since(before)
        if error is not None and not is_error(error, *_meant()):
            with room_to_recurse():
                self._on_error(error, result.info)

    def _shown_since(self, before: BaseException | None) -> BaseException | None:
        """The error that IPython showed although the cell counts as successful, as with `%run`."""
        shown: BaseException | None = getattr(sys, "last_value", None)
        return None if shown is before else shown

    def _stack(self) -> list[BaseException | None]:
        if not hasattr(self._running, "stack"):
            self._running.stack = []
        stack: list[BaseException | None] = self._running.stack
        return stack
