"""A test of which only a part holds: that part is kept, and what does not hold becomes a test of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.unit_tests.divided_tests import Checks, checks_of, parameters_of
from ...core.unit_tests.written_tests import TestSource
from .pytest_run import ERROR, FAILED, PASSED, TestOutcome

_MOST = 40
DOUBT = "_in_doubt"

Run = Callable[[TestSource], "list[TestOutcome]"]


def saved(
    tests: TestSource, outcomes: Sequence[TestOutcome], run: Run
) -> tuple[TestSource, list[TestOutcome]]:
    """The tests and outcomes, with what holds of those that do not pass in a test of its own.

    A test is divided by its checks (asserts, `pytest.raises`), or by the cases of its `parametrize`. What
    does not hold may have found a fault: it becomes a test named `<name>_in_doubt`. What raises anything else
    is left out. `run` runs tests in a copy of the kernel; every outcome is of a run of what is kept.
    """
    broken = {one.test for one in outcomes if one.kind in (FAILED, ERROR)}
    halves = {
        **_by_parameter(tests, outcomes, broken),
        **_by_check(tests, broken, run),
    }
    if not halves:
        return tests, list(outcomes)
    again = run(TestSource(tests.shared, tuple(one for pair in halves.values() for one in pair)))
    kept: list[tuple[str, str]] = []
    told: list[TestOutcome] = []
    for name, text in tests.tests:
        known = [one for one in again if one.test == name]
        if name not in halves or not known or any(one.kind != PASSED for one in known):
            # What was divided need not hold: a check may change what the next one sees.
            kept.append((name, text))
            told += [one for one in outcomes if one.test == name]
            continue
        kept.append(halves[name][0])
        told += known
        doubtful = [one for one in again if one.test == name + DOUBT]
        if any(one.kind == FAILED for one in doubtful):
            kept += halves[name][1:]
            told += doubtful
    return TestSource(tests.shared, tuple(kept), tests.notes), told


Halves = tuple[tuple[str, str], ...]


def _by_check(tests: TestSource, broken: set[str], run: Run) -> dict[str, Halves]:
    """Name of a test -> the test of the checks that hold, and the one of those that do not, if any."""
    known = {name: found for name, text in tests.tests if name in broken and (found := checks_of(text))}
    singles = [
        (_single(name, number), checks.test(_single(name, number), [number]))
        for name, checks in known.items()
        for number in range(checks.count)
    ]
    if not singles or len(singles) > _MOST:
        return {}
    kinds = {one.test: one.kind for one in run(TestSource(tests.shared, tuple(singles)))}
    return {
        name: halves
        for name, checks in known.items()
        if (halves := _halves(name, [kinds.get(_single(name, n), "") for n in range(checks.count)], checks))
    }


def _by_parameter(tests: TestSource, outcomes: Sequence[TestOutcome], broken: set[str]) -> dict[str, Halves]:
    """The same, by the cases of a parametrized test."""
    found: dict[str, Halves] = {}
    for name, text in tests.tests:
        kinds = [one.kind for one in outcomes if one.test == name]
        if name not in broken:
            continue
        cases = parameters_of(text)
        # The outcomes stand in the order of the cases.
        if cases is not None and cases.count == len(kinds) and (halves := _halves(name, kinds, cases)):
            found[name] = halves
    return found


def _halves(name: str, kinds: Sequence[str], parts: Checks) -> Halves:
    holds = [number for number, kind in enumerate(kinds) if kind == PASSED]
    fails = [number for number, kind in enumerate(kinds) if kind == FAILED]
    if not holds:
        return ()
    halves = [(name, parts.test(name, holds))]
    if fails:
        halves.append((name + DOUBT, parts.test(name + DOUBT, fails)))
    return tuple(halves)


def _single(name: str, number: int) -> str:
    return f"{name}_check_{number}"
