"""Docstrings as the task `doc` sees them: the only difference allowed between a cell and its new version."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator

from ...python.source import DEFINITIONS, parse_cell
from .statements import first_line

# `%%time`, `!ls`, `files = !ls`, `name?`.
_IPYTHON = re.compile(r"\s*(?:[%!?]|[\w ,*.]+=\s*[%!]|[\w.*]+\?\??\s*$)")
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def without_docstrings(tree: ast.AST) -> ast.AST:
    """A copy of the tree without the docstrings of the cell, its functions and its classes."""
    tree = copy.deepcopy(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, *DEFINITIONS)) and _docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def differs_in_docstrings_only(before: str, after: str) -> bool:
    """Tell whether two cells differ only in docstrings, comments and layout."""
    trees = [parse_cell(source) for source in (before, after)]
    if trees[0] is None or trees[1] is None:
        return False
    if _for_ipython(before) != _for_ipython(after):
        return False
    return ast.dump(without_docstrings(trees[0])) == ast.dump(without_docstrings(trees[1]))


def _for_ipython(source: str) -> list[str]:
    """Its lines for IPython, which the syntax tree does not show."""
    return [line.strip() for line in source.split("\n") if _IPYTHON.match(line)]


def with_docstrings_of(before: str, after: str) -> str:
    """`before` with the docstrings that `after` gives to its functions and classes, and nothing else."""
    old, new = parse_cell(before), parse_cell(after)
    if old is None or new is None:
        return before
    theirs = _by_path(new)
    lines, shown = before.split("\n"), after.split("\n")
    pairs = [
        pair
        for path, nodes in _by_path(old).items()
        if len(nodes) == len(theirs.get(path, ()))
        for pair in zip(nodes, theirs[path], strict=True)
    ]
    for node, giver in sorted(pairs, key=lambda pair: -pair[0].lineno):
        if _docstring(giver) is not None:
            _put(lines, node, shown, giver)
    source = "\n".join(lines)
    return source if differs_in_docstrings_only(before, source) else before


def _put(lines: list[str], node: _Definition, shown: list[str], giver: _Definition) -> None:
    """Put the giver's docstring into `node`, which stands in `lines`."""
    first, said = node.body[0], giver.body[0]
    if first.lineno == node.lineno or said.lineno == giver.lineno:
        # `def f(): return 1`
        return
    start = first_line(first)
    end = (first.end_lineno or first.lineno) if _docstring(node) is not None else start
    inset, was = " " * first.col_offset, " " * said.col_offset
    text = shown[said.lineno - 1 : said.end_lineno]
    lines[start:end] = [inset + line.removeprefix(was) if line.strip() else line for line in text]


def _docstring(node: ast.AST) -> str | None:
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    value = first.value if isinstance(first, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _by_path(tree: ast.AST) -> dict[str, list[_Definition]]:
    """The definitions of each dotted name, several of a property or in the branches of an `if`."""
    found: dict[str, list[_Definition]] = {}
    for path, node in _definitions(tree):
        found.setdefault(path, []).append(node)
    return found


def _definitions(tree: ast.AST, path: str = "") -> Iterator[tuple[str, _Definition]]:
    """(dotted name, node) of every function and class, in the order of their lines."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, DEFINITIONS):
            inner = f"{path}.{node.name}"
            yield inner, node
            yield from _definitions(node, inner)
        else:
            yield from _definitions(node, path)
