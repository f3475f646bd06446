"""Imports in the user's own process: quick, and without an effect on what the user computes."""

from __future__ import annotations

import gc
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Held while a background thread imports a module.
_background = threading.Lock()


@contextmanager
def in_background() -> Iterator[None]:
    """Import something on a thread of ours, inside the block; one thread at a time."""
    with _background:
        yield


@contextmanager
def no_background_import(seconds: float) -> Iterator[bool]:
    """Keep background imports from running inside the block, after at most `seconds` of waiting.

    Gives False where one goes on for longer. A copy of the process would hold its locks for ever.
    """
    held = _background.acquire(timeout=seconds)
    try:
        yield held
    finally:
        if held:
            _background.release()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause garbage collection inside the block. For imports, which make no garbage.

    In a process as large as a kernel, collections take a third of the time of `import ollama` (70 of 250 ms).
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Restore the state of `random` after the block. A seeded notebook then computes what it always did.

    httpx imports `rich` where that is installed, which draws random numbers when it is imported.
    """
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
