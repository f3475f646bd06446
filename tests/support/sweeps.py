"""Long sweeps: a fixed sample in every run of the tests, the whole where DEVSTRAL_SOAK=1 (`make soak`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

SOAK = os.environ.get("DEVSTRAL_SOAK", "") not in ("", "0")


def swept(cases: Sequence[T], every: int) -> list[T]:
    """The first of each `every` cases and the last one; all of them in a soak. Never another choice."""
    if SOAK:
        return list(cases)
    return [*cases[:-1:every], *cases[-1:]]
