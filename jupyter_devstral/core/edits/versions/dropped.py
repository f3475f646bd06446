"""Parts of a cell that go without a name: decorators, checks, docstrings, comments, magics."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ...python.quotes import comments_of
from ...python.source import DEFINITIONS, parse_cell
from .statements import statements_of

_MAGIC = re.compile(r"%{1,2}[\w.]+|!\s*\S+")
_LENGTH = 40
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def dropped_parts(before: str, after: str) -> tuple[str, ...]:
    """Those of `before` that `after` has nothing in place of, as they are written there.

    What went while as much of its kind came was rewritten, and is not among them.
    """
    old, new = parse_cell(before), parse_cell(after)
    if old is None or new is None:
        return ()
    ours, theirs = _definitions(old), _definitions(new)
    shared = [(node, theirs[path]) for path, node in ours.items() if path in theirs]
    found = [
        *_gone(_magics(before), _magics(after)),
        *(part for pair in shared for part in _gone(*map(_decorators, pair))),
        *_gone(_checks(old), _checks(new)),
        *(part for pair in shared for part in _gone(*map(_docstring, pair))),
        *_gone(_comments(before), _comments(after)),
    ]
    return tuple(dict.fromkeys(map(_short, found)))


def hollow_statements(old: ast.stmt, new: ast.stmt) -> tuple[int, int]:
    """The pair (statements less, statements) of the functions in it whose new bodies compute nothing."""
    ours, theirs = (_definitions(ast.Module([one], [])) for one in (old, new))
    bodies = [
        (_working(node.body), _working(theirs[path].body))
        for path, node in ours.items()
        if path in theirs and not isinstance(node, ast.ClassDef)
    ]
    less = sum(had for had, has in bodies if not has)
    return less, less


def _gone(old: Sequence[str], new: Sequence[str]) -> list[str]:
    went, came = Counter(old) - Counter(new), Counter(new) - Counter(old)
    return list(went.elements()) if went.total() > came.total() else []


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - 1]}…"


def _definitions(tree: ast.AST, path: str = "") -> dict[str, _Definition]:
    """Functions and classes by their qualified names; of several with one name the last."""
    found: dict[str, _Definition] = {}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, DEFINITIONS):
            name = f"{path}.{node.name}"
            found |= {name: node, **_definitions(node, name)}
        elif isinstance(node, ast.stmt | ast.ExceptHandler):
            found |= _definitions(node, path)
    return found


def _decorators(node: _Definition) -> list[str]:
    return [f"@{ast.unparse(mark)}" for mark in node.decorator_list]


def _docstring(node: _Definition) -> list[str]:
    said = ast.get_docstring(node)
    return [] if said is None else [f'"""{said}"""']


def _checks(tree: ast.Module) -> list[str]:
    """What fails on purpose inside of statements; a whole statement that goes is counted elsewhere."""
    inner = (node for one in tree.body for node in ast.walk(one) if node is not one)
    return [ast.unparse(node) for node in inner if isinstance(node, ast.Assert | ast.Raise)]


def _comments(source: str) -> list[str]:
    """Those on lines of their own; one behind code goes with a line that is written anew."""
    alone = (comment.text for comment in comments_of(source) if not comment.code.strip())
    return [f"# {text}" for text in alone if re.search(r"\w", text)]


def _magics(source: str) -> list[str]:
    lines = source.split("\n")
    magics = (lines[one.first].strip() for one in statements_of(source) or () if one.is_magic)
    return [found[0] for line in magics if (found := _MAGIC.match(line))]


def _working(body: Iterable[ast.stmt]) -> int:
    """The number of statements that are more than `pass`, a constant, or the return of one."""
    return sum(not _is_idle(node) for one in body for node in ast.walk(one) if isinstance(node, ast.stmt))


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Raise):
        return node.exc is not None and "NotImplementedError" in ast.unparse(node.exc)
    value = node.value if isinstance(node, ast.Expr | ast.Return) else node
    return value is None or isinstance(value, ast.Constant)
