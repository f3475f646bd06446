"""A notebook's tests and the code they test as two modules for plain pytest.

Only what the tests need is taken from the cells, not what loads, shows or trains something for its own sake.
Pure: must not run or write anything.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from ..notebook.cells import Notebook
from ..notebook.own_cells import tests_in_cell
from ..python.source import DEFINITIONS, names_of, parse_cell, without_ipython_syntax
from .written_tests import is_test

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
# What a test patches by its name: `patch("__main__.fetch")`.
_MAIN = re.compile(r"""(["'])__main__\.(?=\w+(?:\.\w+)*\1)""")


@dataclass(frozen=True)
class ExportedTests:
    """Two modules as text.

    Attributes:
        code_name: the module with the notebook's code, without `.py`.
        code: its text.
        test_name: the module with the tests.
        tests: its text.
        count: of tests.
        notes: sentences for the user.
    """

    code_name: str
    code: str
    test_name: str
    tests: str
    count: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Statement:
    node: ast.stmt
    text: str
    binds: frozenset[str]
    loads: frozenset[str]
    beside_tests: bool

    @property
    def is_test(self) -> bool:
        """Whether pytest would run it."""
        return is_test(self.node)

    @property
    def is_fixture(self) -> bool:
        """Whether it defines a fixture of pytest."""
        decorators = self.node.decorator_list if isinstance(self.node, _FUNCTIONS) else []
        return any("fixture" in ast.unparse(one) for one in decorators)

    @property
    def is_import(self) -> bool:
        """Whether it is an import."""
        return isinstance(self.node, _IMPORTS)


def export_tests(notebook: Notebook, stem: str) -> ExportedTests:
    """Export the tests of all cells, the last of each name, and the code that they need.

    Args:
        stem: of the notebook's file; the modules are named after it.

    Raises `UsageError` when the notebook has no tests.
    """
    statements = list(_statements(notebook))
    last = {_name(one): one for one in statements if one.is_test or one.is_fixture}
    own = [one for one in statements if one in last.values()]
    count = sum(one.is_test for one in own)
    if not count:
        raise UsageError("No cell has tests: functions `test_…`. `%devstral test NAME` writes some.")
    rest = [one for one in statements if not (one.is_test or one.is_fixture)]
    needed = _all(one.loads for one in own)
    beside = _closure([one for one in rest if one.beside_tests], needed)
    needed |= _all(one.loads for one in beside)
    own_names = _all(one.binds for one in (*own, *beside))
    imports = [one for one in rest if one.is_import and one.binds & (needed - own_names)]
    needed -= own_names | _all(one.binds for one in imports)
    code = _closure([one for one in rest if not one.beside_tests], needed)
    code_name = f"{_identifier(stem)}_notebook"
    names = sorted(needed & _all(one.binds for one in code))
    head = [f"from {code_name} import {', '.join(names)}"] if names else []
    shown = [one for one in statements if one in (*imports, *beside, *own)]
    first = [one.text for one in shown if one.is_import]
    texts = [_MAIN.sub(rf"\g<1>{code_name}.", one.text) for one in shown if not one.is_import]
    tests = [*dict.fromkeys([*first, *head]), *texts]
    several = Counter(_name(one) for one in statements if one.is_test)
    notes = [
        f"{name} is defined more than once: the last one is exported."
        for name, times in several.items()
        if times > 1
    ]
    notes += [
        f"{_name(one)} is a coroutine: pytest needs a plugin for it, such as pytest-asyncio."
        for one in own
        if isinstance(one.node, ast.AsyncFunctionDef)
    ]
    return ExportedTests(
        code_name,
        _module(f"Code of {stem}.ipynb that its tests need.", [one.text for one in code]),
        f"test_{_identifier(stem)}",
        _module(f"Tests of {stem}.ipynb.", tests),
        count,
        tuple(notes),
    )


def _statements(notebook: Notebook) -> Iterable[_Statement]:
    for cell in notebook.cells:
        tree = parse_cell(cell.source) if cell.kind == "code" else None
        if tree is None:
            continue
        try:
            ast.parse(cell.source)
            text = cell.source
        except SyntaxError:
            text = without_ipython_syntax(cell.source)
        lines = text.split("\n")
        for node in tree.body:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
            source = "\n".join(lines[first - 1 : node.end_lineno])
            if isinstance(node, DEFINITIONS) or node.col_offset == 0:
                names = names_of(source)
                beside = tests_in_cell(cell.source) is not None
                yield _Statement(node, source, names.binds, names.loads, beside)


def _closure(statements: Sequence[_Statement], needed: frozenset[str]) -> list[_Statement]:
    """Choose what binds the names, and what that needs in turn; in order, of definitions the last."""
    wanted, chosen = set(needed), set()
    grew = True
    while grew:
        grew = False
        for index, one in enumerate(statements):
            if (
                index not in chosen
                and one.binds & wanted
                and not _is_overwritten(one, statements[index + 1 :])
            ):
                chosen.add(index)
                wanted |= one.loads
                grew = True
    return [statements[index] for index in sorted(chosen)]


def _is_overwritten(one: _Statement, later: Sequence[_Statement]) -> bool:
    kinds = (*DEFINITIONS, *_IMPORTS)
    return isinstance(one.node, kinds) and any(
        isinstance(other.node, kinds) and one.binds <= other.binds for other in later
    )


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _name(one: _Statement) -> str:
    return str(getattr(one.node, "name", ""))


def _identifier(stem: str) -> str:
    name = re.sub(r"\W+", "_", stem).strip("_").lower() or "cells"
    return name if name.isidentifier() else f"nb_{name}"


def _module(title: str, parts: Sequence[str]) -> str:
    imports = [part for part in parts if part.startswith(("import ", "from "))]
    others = [part for part in parts if part not in imports]
    blocks = [f'"""{title}"""', "\n".join(imports), *others]
    return "\n\n".join(block for block in blocks if block) + "\n"
