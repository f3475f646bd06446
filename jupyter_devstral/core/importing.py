"""Importing packages in the user's own process: quickly, and without a trace in what the user computes."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside the block; for imports, none of which make garbage.

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
    """`random` goes on after the block as if nothing had been: a seeded notebook computes what it always did.

    httpx imports `rich` where that is installed, which draws random numbers when it is imported.
    """
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
