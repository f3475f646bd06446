"""Runs of tests in forked copies of the kernel, against the code as it is and with faults in it.

Must not know who wrote the tests, or how the results are shown. On the main thread only, between two cells.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import os
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, replace
from types import CodeType, FunctionType
from typing import Any

from ...core.unit_tests.mutants import Mutant
from ..copy.child import Child
from ..copy.forked import Forked
from ..copy.muted_shell import MutedShell
from ..copy.outcome import FULL, RETURNED, UNDECIDED, Outcome, late
from ..trial.child import error_text, refused_by_us
from .cell_tests import define_tests, without_shell_names
from .own_pytest import import_pytest
from .pytest_run import ERROR, PASSED, TestOutcome, run_tests

CUT_OFF, NOT_TRIED, NO_TURN, FLAKY = "cut off", "not tried", "no turn", "not repeatable"

_MEMORY = 2**30
_FILE = "<tests>"
# Copies for one cell of tests; on a busy machine, as many as begin within this many times their seconds.
_ROUNDS, _MOST_SECONDS = 4, 6
# A faulty function may loop: its tests get this many times what they took, and at least so many seconds.
_MUTANT_FACTOR, _MUTANT_SECONDS = 10, 1.0
_AT_ONCE = 4
# On a machine that is busy elsewhere the budget is stretched, at most so many times.
_BUSY_FACTOR = 3
_MOST_LAYERS = 20
_CACHED = type(functools.cache(lambda: None))


def run_in_copy(
    ip: Any, source: str, names: Sequence[str], *, seconds: float, fresh_random: bool = False
) -> list[TestOutcome]:
    """Run the tests of a cell in a copy of the namespace; outcomes in the order of `names`.

    A test that does not end is CUT_OFF, and the others run in another copy; after too many of that kind the
    rest has NO_TURN. What confinement refused is NOT_TRIED, with the reason as its message. A cell that fails
    before its tests gives one ERROR named "".

    Args:
        source: plain Python that defines the tests.
        seconds: for one copy.
        fresh_random: seed the random number generators anew, which a copy otherwise shares with the kernel.

    Raises OSError when the system refuses a copy.
    """
    import_pytest()
    found: dict[str, list[TestOutcome]] = {}
    left = list(names)
    began = time.monotonic()
    for _ in range(_ROUNDS):
        if not left or time.monotonic() - began > _MOST_SECONDS * seconds:
            break
        forked = Forked(_Tests(ip, source, left, fresh_random).run, seconds=seconds, memory=_MEMORY)
        forked.start()
        outcome = forked.result()
        said = [TestOutcome(**message["outcome"]) for message in outcome.sent if "outcome" in message]
        for one in said:
            found.setdefault(one.test, []).append(one)
        if outcome.ended == RETURNED:
            break
        begun = [str(message["begun"]) for message in outcome.sent if "begun" in message]
        if not begun:
            return [TestOutcome("", ERROR, message=_why(outcome, seconds))]
        kind = CUT_OFF if outcome.is_late else NOT_TRIED if outcome.ended == FULL else ERROR
        last = TestOutcome(begun[-1], kind, message=_why(outcome, seconds))
        found.setdefault(last.test, []).append(last)
        left = [name for name in left if name not in found]
    if "" in found:
        return found[""]
    for name in names:
        if name not in found:
            found[name] = [TestOutcome(name, NO_TURN, message="too many tests before it did not finish")]
    return [one for name in names for one in found.get(name, [])]


def survivors(
    ip: Any, source: str, names: Sequence[str], mutants: Sequence[Mutant], *, took: float, budget: float
) -> tuple[list[Mutant], list[Mutant]]:
    """Run the tests against mutants; give those that were tried, and those that no test noticed.

    Each runs in a copy of its own, several at once; a mutant whose tests do not end is noticed. When `budget`
    seconds are spent the rest is not tried. A mutant that cannot be put in the place of the original, or
    whose tests the machine gave too little time, counts as not tried.
    """
    import_pytest()
    seconds = max(_MUTANT_SECONDS, _MUTANT_FACTOR * took)
    began, starved = time.monotonic(), 0.0
    at_once = min(_AT_ONCE, os.cpu_count() or 1)
    tried: list[Mutant] = []
    alive: list[Mutant] = []
    waiting: list[tuple[Mutant, Forked]] = []

    def collect() -> None:
        nonlocal starved
        mutant, forked = waiting.pop(0)
        outcome = forked.result()
        starved += outcome.starved / at_once
        said = {key: value for message in outcome.sent for key, value in message.items()}
        if "unfit" in said or outcome.ended == UNDECIDED:
            return
        tried.append(mutant)
        if outcome.ended == RETURNED and said.get("survived"):
            alive.append(mutant)

    try:
        for mutant in mutants:
            spent = time.monotonic() - began
            if spent - starved > budget or spent > _BUSY_FACTOR * budget:
                break
            forked = Forked(_Mutated(ip, source, names, mutant).run, seconds=seconds, memory=_MEMORY)
            forked.start()
            waiting.append((mutant, forked))
            if len(waiting) >= at_once:
                collect()
        while waiting:
            collect()
    finally:
        for _, forked in waiting:
            forked.cancel()
    return tried, alive


class _Tests:
    """The function that a run of the tests forks."""

    def __init__(self, ip: Any, source: str, names: Sequence[str], fresh_random: bool) -> None:
        self._ip, self._source, self._names, self._fresh = ip, source, names, fresh_random

    def run(self, child: Child) -> None:
        """Define and run the tests; tells `child` what becomes of each."""
        MutedShell(self._ip, child.refusals, in_loop=child.in_loop)
        if self._fresh:
            _seed_anew()
        with without_shell_names(self._ip.user_ns):
            self._run(child)

    def _run(self, child: Child) -> None:
        _quiet_properties(self._source, look_further=True)
        # pytest quotes the lines of a test; a file that Python does not find is one with no time of change.
        lines = self._source.splitlines(keepends=True)
        linecache.cache[_FILE] = (len(self._source), None, lines, _FILE)
        try:
            tests = define_tests(self._source, self._ip.user_ns, _FILE)
        except BaseException as error:  # noqa: BLE001 - what the cell lets through is its failure
            child.lift_memory_cap()
            failed = TestOutcome("", ERROR, message=f"{type(error).__name__}: {error_text(error)}")
            child.send({"outcome": asdict(_judged(failed, error))})
            return
        run_tests(
            self._names,
            tests.namespace,
            on_begin=lambda name: self._begin(child, name),
            on_end=lambda one, raised: child.send({"outcome": asdict(_judged(one, raised))}),
        )

    @staticmethod
    def _begin(child: Child, name: str) -> None:
        # What was refused before is no reason of this one's.
        child.refusals.tell_again()
        child.send({"begun": name})


class _Mutated:
    """The function that a mutant forks."""

    def __init__(self, ip: Any, source: str, names: Sequence[str], mutant: Mutant) -> None:
        self._ip, self._source, self._names, self._mutant = ip, source, names, mutant

    def run(self, child: Child) -> None:
        """Run the tests until one notices the fault; tells `child` whether none did."""
        MutedShell(self._ip, child.refusals, in_loop=child.in_loop)
        if not put_in_place(self._mutant, self._ip.user_ns):
            child.send({"unfit": True})
            return
        _quiet_properties(self._source, look_further=False)
        with without_shell_names(self._ip.user_ns):
            tests = define_tests(self._source, self._ip.user_ns, _FILE)
            outcomes = run_tests(self._names, tests.namespace, stop_at_first=True)
        child.lift_memory_cap()
        child.send({"survived": bool(outcomes) and all(one.kind == PASSED for one in outcomes)})


def put_in_place(mutant: Mutant, namespace: dict[str, Any]) -> bool:
    """Give the live function the code of the mutant, wherever it is known; False where that cannot be.

    The function object stays: aliases, registries and decorators keep what they hold.
    """
    value = namespace.get(mutant.path[0])
    function = plain_function(value, mutant.path[1:])
    if function is None:
        return False
    # What the original has answered already, the mutant would never be asked.
    for known in (*namespace.values(), *_layers(value, mutant.path[1:])):
        if type(known) is _CACHED:
            known.cache_clear()
    code = compile(mutant.source, function.__code__.co_filename, "exec", dont_inherit=True)
    for name in mutant.path:
        inner = [one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name]
        if not inner:
            return False
        code = inner[-1]
    try:
        function.__code__ = code
    except ValueError:  # it closes over other variables than the original
        return False
    return True


def plain_function(value: Any, path: Sequence[str] = ()) -> FunctionType | None:
    """Find the Python function behind a name or a method, below decorators and properties."""
    layers = list(_layers(value, path))
    return layers[-1] if layers and isinstance(layers[-1], FunctionType) else None


def _layers(value: Any, path: Sequence[str] = ()) -> Iterator[Any]:
    """List what stands around a function, from the outermost decorator to the function itself."""
    for name in path:
        value = inspect.getattr_static(value, name, None)
    for _ in range(_MOST_LAYERS):
        if value is None:
            return
        yield value
        if isinstance(value, property):
            value = value.fget
        elif isinstance(value, functools.cached_property):
            value = value.func
        elif isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        else:
            value = getattr(value, "__wrapped__", None)


def _judged(one: TestOutcome, raised: BaseException | None) -> TestOutcome:
    reason = refused_by_us(raised) if raised is not None else ""
    return replace(one, kind=NOT_TRIED, message=reason, detail="") if reason else one


def _quiet_properties(source: str, *, look_further: bool) -> None:
    """Let no clock of hypothesis decide about properties, and write no examples down.

    Args:
        look_further: for the simplest counterexample; else for any.
    """
    if "hypothesis" not in source:
        return
    try:
        from hypothesis import HealthCheck, Phase, settings
    except ImportError:  # the cell will say so
        return
    phases = [Phase.explicit, Phase.generate, *([Phase.target, Phase.shrink] if look_further else [])]
    settings.register_profile(
        "devstral", deadline=None, database=None, phases=phases, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("devstral")


def _seed_anew() -> None:
    import random
    import sys

    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def _why(outcome: Outcome, seconds: float) -> str:
    if outcome.is_late:
        return late(outcome, seconds)
    return outcome.refused_last or f"the process ended (status {outcome.status})"


def passed(outcomes: Collection[TestOutcome]) -> set[str]:
    """List the tests all of whose cases passed."""
    bad = {one.test for one in outcomes if one.kind != PASSED}
    return {one.test for one in outcomes} - bad
