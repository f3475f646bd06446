"""The tests in a reply as one cell: functions for pytest, and nothing that runs or redefines anything else.

Pure: reads text and gives text. Must not run anything.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..notebook.own_cells import TEST_MAGIC, tests_in_cell
from ..python.source import DEFINITIONS


@dataclass(frozen=True)
class TestSource:
    """The cell, in pieces.

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
        return tuple(name for name, _ in self.tests)

    def keep(self, names: Collection[str]) -> TestSource:
        """Only the tests of these names."""
        return TestSource(self.shared, tuple(one for one in self.tests if one[0] in names), self.notes)

    def python(self, remarks: dict[str, str] | None = None) -> str:
        """Plain Python; `remarks` become comments above the tests they are about."""
        said = remarks or {}
        tests = [f"# {said[name]}\n{text}" if name in said else text for name, text in self.tests]
        return "\n\n\n".join(part for part in ("\n".join(self.shared), *tests) if part)

    def cell(self, remarks: dict[str, str] | None = None) -> str:
        """The cell as a notebook runs it."""
        return f"{TEST_MAGIC}\n{self.python(remarks)}"


def read_tests(blocks: Sequence[str], targets: Collection[str]) -> TestSource:
    """What the code blocks of a reply hold of tests for `targets`; a later test replaces one of its name.

    Left out, each with a note: copies of the targets, `if __name__ == "__main__"`, statements that only run
    something, blocks that are no Python. Asserts outside of any function become one test.
    """
    shared: dict[str, None] = {}
    tests: dict[str, str] = {}
    notes: dict[str, None] = {}
    loose: list[str] = []
    for block in blocks:
        below = tests_in_cell(block)
        text = (block if below is None else below).strip()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                body = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            notes["A code block of the reply is no plain Python and was not used."] = None
            continue
        lines = text.split("\n")
        end = 0
        for node in body:
            source = _source_with_comments(node, lines, end)
            end = node.end_lineno or end
            if isinstance(node, DEFINITIONS) and is_test_name(node.name):
                tests.pop(node.name, None)
                tests[node.name] = source
            elif isinstance(node, DEFINITIONS) and node.name in targets:
                notes[f"The reply repeats `{node.name}`; the one of the notebook is tested."] = None
            elif isinstance(node, ast.Assert):
                loose.append(source)
            elif _only_runs(node):
                notes["What the reply would have run besides its tests was left out."] = None
            else:
                shared[source] = None
    if loose:
        name = f"test_{min(targets, default='cell').lower()}"
        while name in tests:
            name += "_more"
        tests[name] = "\n".join([f"def {name}():", *(_indented(source) for source in loose)])
    needs_pytest = any("pytest." in text for text in (*tests.values(), *shared))
    if needs_pytest and not any("import pytest" in line for line in shared):
        shared = {"import pytest": None, **shared}
    return TestSource(tuple(shared), tuple(tests.items()), tuple(notes))


def is_test_name(name: str) -> bool:
    """Whether pytest takes a function or class of this name for a test."""
    return name.startswith(("test_", "Test"))


def mentions(source: TestSource, targets: Collection[str]) -> bool:
    """Whether anything in it reads one of the names."""
    tree = ast.parse(source.python())
    return any(isinstance(node, ast.Name) and node.id in targets for node in ast.walk(tree))


def _source_with_comments(node: ast.stmt, lines: Sequence[str], after: int) -> str:
    """The statement with its decorators and the comments that stand right above it."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > after and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno]).rstrip()


def _only_runs(node: ast.stmt) -> bool:
    """Calls (`pytest.main()`, `print(…)`), the main guard, loops over tests: no definition comes of them."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.If, ast.For, ast.While, ast.Raise, ast.Delete))


def _indented(source: str) -> str:
    return "\n".join(f"    {line}" if line.strip() else line for line in source.split("\n"))
