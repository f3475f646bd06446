"""The tests of a reply as one cell, which runs and redefines nothing else.

Pure: reads text and gives text. Must not run anything.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..notebook.own_cells import TEST_MAGIC, tests_in_cell
from ..python.source import DEFINITIONS, Definition
from .module_names import without_module_names


@dataclass(frozen=True)
class TestSource:
    """A cell of tests in pieces.

    Attributes:
        shared: imports, fixtures, helpers and data that the tests may need, in order.
        tests: (name, source) of each test, in order.
        notes: what of the reply was left out, in sentences.
    """

    # pytest would take it for tests, by its name.
    __test__ = False

    shared: tuple[str, ...] = ()
    tests: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tests, in order."""
        return tuple(name for name, _ in self.tests)

    def keep(self, names: Collection[str]) -> TestSource:
        """Drop all tests but those of these names."""
        return TestSource(self.shared, tuple(one for one in self.tests if one[0] in names), self.notes)

    def python(self, remarks: dict[str, str] | None = None) -> str:
        """Write it as plain Python; `remarks` become comments above the tests they are about."""
        said = remarks or {}
        tests = [f"# {said[name]}\n{text}" if name in said else text for name, text in self.tests]
        return "\n\n\n".join(part for part in ("\n".join(self.shared), *tests) if part)

    def cell(self, remarks: dict[str, str] | None = None) -> str:
        """Write it as a notebook runs it."""
        return f"{TEST_MAGIC}\n{self.python(remarks)}"


def read_tests(
    blocks: Sequence[str],
    targets: Collection[str],
    *,
    known: Collection[str] = (),
    is_module: Callable[[str], bool] = lambda name: True,
) -> TestSource:
    """Read the tests for `targets` from the code blocks of a reply.

    A test of a later block replaces one of its name; of two in one block the second gets another name. Left
    out, each with a note: copies of the targets, imports that mean the notebook, `if __name__ ==
    "__main__"`, statements that only run something, blocks that are no Python. Asserts outside of any
    function become one test.

    Args:
        known: names of the notebook.
        is_module: whether a module can be imported.
    """
    reading = _Reading(targets)
    for block in blocks:
        below = tests_in_cell(block)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                text, dropped = without_module_names(
                    (block if below is None else below).strip(), targets, known, is_module
                )
                body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            reading.note("A code block of the reply is no plain Python and was not used.")
            continue
        if dropped:
            reading.note(f"The tests use the notebook's own code: not imported, {', '.join(dropped)}.")
        reading.read(body, text.split("\n"))
    return reading.result()


class _Reading:
    """The tests of a reply as they are found, block by block."""

    def __init__(self, targets: Collection[str]) -> None:
        self._targets = targets
        self._shared: dict[str, None] = {}
        self._tests: dict[str, str] = {}
        self._notes: dict[str, None] = {}
        self._loose: list[str] = []

    def note(self, sentence: str) -> None:
        """Say something once."""
        self._notes[sentence] = None

    def read(self, body: Sequence[ast.stmt], lines: Sequence[str]) -> None:
        """Sort the statements of one block."""
        end = 0
        here: set[str] = set()
        for node in body:
            source = _source_with_comments(node, lines, end)
            end = node.end_lineno or end
            if isinstance(node, DEFINITIONS) and is_test(node):
                here.add(self._add_test(node, source, here))
            elif isinstance(node, DEFINITIONS) and node.name in self._targets:
                self.note(f"The reply repeats `{node.name}`; the one of the notebook is tested.")
            elif isinstance(node, ast.Assert):
                self._loose.append(source)
            elif _only_runs(node):
                self.note("What the reply would have run besides its tests was left out.")
            elif not isinstance(node, ast.Pass):
                self._shared[source] = None

    def _add_test(self, node: Definition, source: str, here: Collection[str]) -> str:
        name = node.name
        if self._tests.get(name) == source:
            return name
        if name in here:
            name = _free_name(name, self._tests)
            source = re.sub(rf"\b(def|class)(\s+){node.name}\b", rf"\g<1>\g<2>{name}", source, count=1)
            self.note(f"Two tests of the reply are named `{node.name}`: the second is `{name}` now.")
        elif name in self._tests:
            self.note(f"The reply has `{name}` twice: the later one is used.")
        self._tests.pop(name, None)
        self._tests[name] = source
        return name

    def result(self) -> TestSource:
        """Give what was read as a cell in pieces."""
        if self._loose:
            name = _free_name(f"test_{min(self._targets, default='cell').lower()}", self._tests)
            self._tests[name] = "\n".join([f"def {name}():", *(_indented(source) for source in self._loose)])
        shared = self._shared
        needs_pytest = any("pytest." in text for text in (*self._tests.values(), *shared))
        if needs_pytest and not any("import pytest" in line for line in shared):
            shared = {"import pytest": None, **shared}
        return TestSource(tuple(shared), tuple(self._tests.items()), tuple(self._notes))


def _free_name(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def is_test_name(name: str) -> bool:
    """Whether pytest takes a function or class of this name for a test."""
    return name.startswith(("test_", "Test"))


def is_test(node: ast.stmt) -> bool:
    """Whether pytest takes what is defined for tests: by its name, or as a `unittest.TestCase`."""
    if not isinstance(node, DEFINITIONS):
        return False
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return is_test_name(node.name) or any(ast.unparse(base).endswith("TestCase") for base in bases)


def mentions(source: TestSource, targets: Collection[str]) -> bool:
    """Whether anything in it reads one of the names."""
    tree = ast.parse(source.python())
    return any(isinstance(node, ast.Name) and node.id in targets for node in ast.walk(tree))


def _source_with_comments(node: ast.stmt, lines: Sequence[str], after: int) -> str:
    """Cut out a statement with its decorators and the comments right above it."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > after and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno]).rstrip()


def _only_runs(node: ast.stmt) -> bool:
    """Whether it defines nothing: a call (`pytest.main()`), the main guard, a loop over tests."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.If, ast.For, ast.While, ast.Raise, ast.Delete))


def _indented(source: str) -> str:
    return "\n".join(f"    {line}" if line.strip() else line for line in source.split("\n"))
