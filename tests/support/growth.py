"""How work grows with its input, measured so that a busy machine does not change the answer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

# Wide apart, so that linear and quadratic work differ sixteenfold and noise does not matter.
_APART = 16
# Below this a clock says more about the machine than about the work.
_SHORTEST_SECONDS = 0.01


def cpu_growth(work: Callable[[int], object], size: int) -> float:
    """The exponent with which the processor time of `work(size)` grows: 1 when linear, 2 when quadratic."""
    small = max(_cpu_seconds(work, size // _APART), _SHORTEST_SECONDS)
    large = max(_cpu_seconds(work, size), _SHORTEST_SECONDS)
    return math.log(large / small, _APART)


def _cpu_seconds(work: Callable[[int], object], size: int) -> float:
    begun = time.thread_time()
    work(size)
    return time.thread_time() - begun
