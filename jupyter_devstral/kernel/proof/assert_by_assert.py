"""A test of plain asserts, of which some do not hold: proven one by one, so that the others are not lost."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...core.unit_tests.written_tests import TestSource
from .pytest_run import ERROR, FAILED, PASSED, TestOutcome

_MOST = 40
DOUBT = "_in_doubt"

Run = Callable[[TestSource], "list[TestOutcome]"]


def saved(
    tests: TestSource, outcomes: Sequence[TestOutcome], run: Run
) -> tuple[TestSource, list[TestOutcome]]:
    """The tests and outcomes, with what holds of those that do not pass in a test of its own.

    An assert that does not hold may have found a fault: it becomes a test named `<name>_in_doubt`. One that
    raises anything else is left out. `run` runs tests in a copy of the kernel.
    """
    broken = {one.test for one in outcomes if one.kind in (FAILED, ERROR)}
    parts = {name: _parts(name, text) for name, text in tests.tests if name in broken}
    singles = [single for each in parts.values() for single in each]
    if not singles or len(singles) > _MOST:
        return tests, list(outcomes)
    kinds = {one.test: one for one in run(TestSource(tests.shared, tuple(singles)))}
    kept: list[tuple[str, str]] = []
    told = [one for one in outcomes if one.test not in parts]
    for name, text in tests.tests:
        pieces = [(single, kinds.get(single[0])) for single in parts.get(name, ())]
        holds = [single for single, one in pieces if one is not None and one.kind == PASSED]
        if not holds:
            kept.append((name, text))
            told += [one for one in outcomes if one.test == name and name in parts]
            continue
        kept.append((name, _joined(name, holds)))
        told.append(TestOutcome(name, PASSED))
        doubtful = [(single, one) for single, one in pieces if one is not None and one.kind == FAILED]
        if doubtful:
            kept.append((name + DOUBT, _joined(name + DOUBT, [single for single, _ in doubtful])))
            told.append(replace(doubtful[0][1], name=name + DOUBT))
    return TestSource(tests.shared, tuple(kept), tests.notes), told


def _parts(name: str, text: str) -> list[tuple[str, str]]:
    """A test for each assert of a function that holds nothing else; none where that is no help."""
    try:
        [function] = ast.parse(text).body
    except (SyntaxError, ValueError):
        return []
    if not isinstance(function, ast.FunctionDef) or function.decorator_list or function.args.args:
        return []
    asserts = [node for node in function.body if isinstance(node, ast.Assert)]
    others = [node for node in function.body if not isinstance(node, ast.Assert) and not _says(node)]
    if others or len(asserts) < 2:
        return []
    lines = text.split("\n")
    sources = ["\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in asserts]
    return [
        (f"{name}_assert_{number}", f"def {name}_assert_{number}():\n{source}")
        for number, source in enumerate(sources)
    ]


def _says(node: ast.stmt) -> bool:
    """A docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _joined(name: str, singles: Sequence[tuple[str, str]]) -> str:
    return "\n".join([f"def {name}():", *(text.partition("\n")[2] for _, text in singles)])
