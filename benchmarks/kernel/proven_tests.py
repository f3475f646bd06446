"""What it costs to prove tests: five of them in a copy of the kernel, and 50 mutants of one function."""

from __future__ import annotations

import gc
import statistics
import time
from pathlib import Path

from benchmarks.kernel.trials import shell
from benchmarks.row import Row

RUNS = 9
FUNCTION = '''def grade(points, late=0, bonus=0):
    """A mark from 1 to 6."""
    if points < 0 or points > 100:
        raise ValueError("points")
    total = points + bonus
    if late > 7:
        total -= 20
    elif late > 3:
        total -= 10
    elif late > 0:
        total -= 5
    if total >= 90:
        return 1
    if total >= 80:
        return 2
    if total >= 65 and not late:
        return 3
    if total >= 50:
        return 4
    return 6 if total < 20 else 5
'''
TESTS = """def test_best():
    assert grade(95) == 1

def test_good():
    assert grade(80) == 2

def test_late():
    assert grade(70, late=8) == 4

def test_worst():
    assert grade(10) == 6

def test_middle():
    assert grade(66) == 3
"""
NAMES = ["test_best", "test_good", "test_late", "test_worst", "test_middle"]


def run(shared: Path | None) -> list[Row]:
    from jupyter_devstral.core.unit_tests.mutants import mutants_of
    from jupyter_devstral.kernel.proof.runs import run_in_copy, survivors

    del shared
    with shell(Path("/")) as ip:
        ip.run_cell(FUNCTION)
        run_in_copy(ip, TESTS, NAMES, seconds=5)
        before = _resident()
        beyond = []
        for _ in range(RUNS):
            began = time.perf_counter()
            outcomes = run_in_copy(ip, TESTS, NAMES, seconds=5)
            beyond.append(time.perf_counter() - began - sum(one.seconds for one in outcomes))
        mutants = mutants_of(FUNCTION, limit=50)
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            tried, alive = survivors(ip, TESTS, NAMES, mutants, took=0.0, budget=30)
            taken.append(time.perf_counter() - began)
        gc.collect()
        grown = (_resident() - before) / 2**20
    overhead, fifty = statistics.median(beyond), statistics.median(taken)
    number = f"{len(tried)} mutants of a {FUNCTION.count(chr(10))}-line function"
    caught = f"{len(tried) - len(alive)} caught, median of 3"
    return [
        Row(
            "trial of 5 tests, beyond their own time",
            f"{overhead * 1000:.0f} ms",
            f"median of {RUNS}",
            "<= 300 ms",
            overhead <= 0.3,
        ),
        Row(number, f"{fifty:.1f} s", caught, "<= 5 s", fifty <= 5),
        Row(
            "kernel memory after proving", f"{grown:+.1f} MB", "before, same process", "unchanged", grown <= 2
        ),
    ]


def _resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
