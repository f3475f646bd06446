"""Likeness grows with the length of the code, not with its square: counted in steps, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from jupyter_devstral.core.edits.versions.alignment import aligned
from jupyter_devstral.core.edits.versions.likeness import common_share, likeness


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python `work` executes."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_equal_texts_are_1_and_strange_ones_0() -> None:
    assert likeness("x = load(1)", "x = load(1)") == 1.0
    assert likeness("", "") == 1.0
    assert likeness("alpha beta", "1 + 2") == 0.0
    assert 0.5 < likeness("x = load(1)", "x = load(2, 3)") < 1.0


def test_long_texts_with_a_small_change_are_alike() -> None:
    rows = [f"value_{n} = table[{n}] * {n % 7}" for n in range(500)]
    changed = [*rows[:100], "value_100 = None", *rows[101:350], *rows[351:]]
    assert likeness("\n".join(rows), "\n".join(changed)) > 0.9


@pytest.mark.parametrize("token", [lambda n: "1", lambda n: str(n % 3), str])
def test_the_work_grows_with_the_length_alone(token: Callable[[int], str]) -> None:
    def work(length: int) -> Callable[[], object]:
        one = [token(n) for n in range(length)]
        other = ["new", *(token(n + 1) for n in range(length)), "last"]
        return lambda: common_share(one, other)

    small, large = steps(work(2_000)), steps(work(8_000))
    assert large < 5 * max(small, 2_000)


def test_cells_of_many_like_statements_are_compared_in_steps_that_grow_with_them() -> None:
    def work(length: int) -> Callable[[], object]:
        before = "\n".join(f"a{n % 3} = f({n % 7})" for n in range(length))
        after = before.replace("f(3)", "g(3)")
        return lambda: aligned(before, after)

    small, large = steps(work(200)), steps(work(800))
    assert large < 6 * small
