"""The part of a cell that binds given names: its statements verbatim, the long ones shortened.

Works on a single cell; `dependencies` finds which cell defines a name.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from .name_scopes import read_names
from .source import DEFINITIONS, parse_cell

GAP = "…"
# Characters beyond which a statement is shortened in the short form: about 80 tokens.
_LONG_LINES = 6
_LONG_LINE = 160


@lru_cache(maxsize=4096)
def definition_text(source: str, names: frozenset[str], short: bool) -> str:
    """The statements of the cell that bind any of `names`, with "…" lines for those left out.

    With `short`, long ones are reduced: a function to its signature and docstring, a class to its header, a
    block to its header and the binding in it, anything else to its first line. "" where no statement is found
    (the cell does not parse, or does not bind them).
    """
    tree = parse_cell(source)
    if tree is None:
        return ""
    lines = source.split("\n")
    kept: list[tuple[int, int]] = []
    for statement in tree.body:
        if _binds(statement, names):
            kept.extend(_short_ranges(statement, names) if short else [_lines_of(statement)])
    return _joined(lines, kept, short)


def _binds(statement: ast.stmt, names: Collection[str]) -> bool:
    if isinstance(statement, DEFINITIONS):
        return statement.name in names
    return not read_names(statement)[0].isdisjoint(names)


def _lines_of(statement: ast.stmt) -> tuple[int, int]:
    """The first and last line of a statement, 1-based, decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return first, statement.end_lineno or statement.lineno


def _short_ranges(statement: ast.stmt, names: Collection[str]) -> Iterator[tuple[int, int]]:
    first, last = _lines_of(statement)
    if last - first < _LONG_LINES:
        yield first, last
    elif isinstance(statement, DEFINITIONS):
        yield first, _end_of_header(statement)
    elif isinstance(getattr(statement, "body", None), list):
        yield first, _end_of_header(statement)
        for inner in _inner_statements(statement):
            if _binds(inner, names):
                yield from _short_ranges(inner, names)
    else:
        yield first, first


def _end_of_header(statement: ast.stmt) -> int:
    """The last line of a block's header; for `def f(…):` the first line of its docstring counts too."""
    body: Sequence[ast.stmt] = statement.body  # type: ignore[attr-defined]
    opening = body[0]
    if isinstance(statement, DEFINITIONS) and ast.get_docstring(statement, clean=False):
        return opening.lineno
    return max(statement.lineno, _lines_of(opening)[0] - 1)


def _inner_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    for field in ("body", "handlers", "orelse", "finalbody", "cases"):
        for inner in getattr(statement, field, []):
            if isinstance(inner, ast.stmt):
                yield inner
            else:
                yield from inner.body


def _joined(lines: Sequence[str], ranges: Sequence[tuple[int, int]], short: bool) -> str:
    if not ranges:
        return ""
    shown: list[str] = []
    done = 0
    for first, last in ranges:
        if first > done + 1:
            shown.append(GAP)
        shown.extend(lines[max(first, done + 1) - 1 : last])
        done = max(done, last)
    if done < len(lines):
        shown.append(GAP)
    if short:
        shown = [line if len(line) <= _LONG_LINE else line[:_LONG_LINE] + GAP for line in shown]
    return "\n".join(shown)
