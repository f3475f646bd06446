"""How work grows with its input, measured so that a busy machine does not change the answer."""

from __future__ import annotations

import time
from collections.abc import Callable

# Below this a clock says more about the machine than about the work.
_SHORTEST_SECONDS = 0.02


def cpu_growth(work: Callable[[int], object], size: int) -> float:
    """Processor time of `work(size)` over that of a quarter of it: about 4 when linear, 16 when quadratic."""
    quarter = max(_cpu_seconds(work, size // 4), _SHORTEST_SECONDS)
    return _cpu_seconds(work, size) / quarter


def _cpu_seconds(work: Callable[[int], object], size: int) -> float:
    begun = time.thread_time()
    work(size)
    return time.thread_time() - begun
