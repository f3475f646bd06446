"""Runs code that may belong to the user with a time limit, safely in the main thread of a kernel.

A signal would take the user's alarm and fails outside the main thread; `sys.settrace` in the main thread
would take a debugger's place and does not stop `time.sleep`. So the call goes to a daemon thread with a
trace function of its own (tracing is per thread): Python loops are ended by the trace, a call that sleeps or
waits is left behind. Only code that never releases the GIL can hold us, and it would hold the kernel anyway.
"""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class _OutOfTime(BaseException):
    """Ends the capped call; not an Exception, so that the user's `except Exception` does not catch it."""


class _Call(Generic[Result]):
    def __init__(self, function: Callable[[], Result], seconds: float) -> None:
        self.function = function
        self.ends = time.monotonic() + seconds
        self.result: Result | None = None
        self.done = threading.Event()

    def run(self) -> None:
        sys.settrace(self._trace)
        try:
            self.result = self.function()
        except (Exception, _OutOfTime, SystemExit):  # noqa: BLE001 - whatever it raises is "no answer"
            self.result = None
        finally:
            sys.settrace(None)
            self.done.set()

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if time.monotonic() > self.ends:
            raise _OutOfTime
        return self._trace


def capped(function: Callable[[], Result], seconds: float) -> Result | None:
    """`function()`, or None when it raises or takes longer than `seconds`; its warnings are not shown."""
    call = _Call(function, seconds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        threading.Thread(target=call.run, name="devstral-capped", daemon=True).start()
        call.done.wait(seconds)
    return call.result if call.done.is_set() else None
