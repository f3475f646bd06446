"""Imports in the user's own process: quick, and without an effect on what the user computes."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager


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
