"""Places inside the statements of a cell: a definition at any depth, a line of a body, a class."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...python.source import DEFINITIONS, parse_cell
from .alignment import Alignment
from .docstrings import without_docstrings
from .fragment import is_method
from .likeness import likeness
from .statements import Statement, first_line, label_of, text_of

# The least likeness of a line and its changed version.
LIKE = 0.6


@dataclass(frozen=True)
class Patch:
    """Lines `first` to `end` (0-based, `end` not included) of a cell, and their replacement."""

    first: int
    end: int
    lines: tuple[str, ...]


def patches_inside(both: Alignment, added: Sequence[int]) -> list[Patch] | None:
    """Patches that replace definitions by name, and a lone line by the one most like it."""
    patches = []
    code = [both.new[at] for at in added]
    for one in code:
        patch = _definition_inside(both, one) if one.is_definition else None
        if patch is None and len(code) == 1 and not one.is_definition:
            patch = _line_inside(both, one)
        if patch is None:
            return None
        patches.append(patch)
    return patches


def _definition_inside(both: Alignment, one: Statement) -> Patch | None:
    name = getattr(one.node, "name", "")
    found = [
        node
        for old in both.old
        for node in ast.walk(old.node)
        if isinstance(node, DEFINITIONS) and node.name == name and type(node) is type(one.node)
    ]
    if len(found) == 1:
        node = found[0]
        statement = Statement(node, first_line(node), node.end_lineno or node.lineno, "", "")
        lines = _shifted(both.after, one, node.col_offset)
        return Patch(below_decorators(statement, one), statement.end, lines) if lines else None
    classes = [old.node for old in both.old if isinstance(old.node, ast.ClassDef)]
    if found or len(classes) != 1 or not is_method(one.node):
        return None
    last = classes[0].body[-1]
    lines = _shifted(both.after, one, classes[0].body[0].col_offset)
    end = last.end_lineno or last.lineno
    return Patch(end, end, ("", *lines)) if lines and last.lineno > classes[0].lineno else None


def _line_inside(both: Alignment, one: Statement) -> Patch | None:
    """The patch of a changed line inside a body: the one old line of its kind."""
    text = text_of(both.after, one).strip()
    olds = [node for old in both.old for node in _inner_statements(old.node)]
    by_label = [node for node in olds if label_of(node) == one.label]
    possible = [node for node in by_label or olds if _same_kind(node, one.node)]
    like = [node for node in possible if likeness(ast.unparse(node), text) >= LIKE]
    if len(like) != 1:
        return None
    lines = _shifted(both.after, one, like[0].col_offset)
    return Patch(like[0].lineno - 1, like[0].end_lineno or like[0].lineno, lines) if lines else None


def _inner_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statements inside a statement that share their lines with no other."""
    starts: dict[int, int] = {}
    inner = [each for each in ast.walk(node) if isinstance(each, ast.stmt) and each is not node]
    for each in [node, *inner]:
        starts[each.lineno] = starts.get(each.lineno, 0) + 1
    yield from (each for each in inner if starts[each.lineno] == 1)


def _same_kind(one: ast.stmt, other: ast.stmt) -> bool:
    """Tell whether both are loops, both conditions …, or both statements without a body."""
    return type(one) is type(other) or not (hasattr(one, "body") or hasattr(other, "body"))


def _shifted(source: str, one: Statement, column: int) -> tuple[str, ...]:
    """The lines of a node indented by `column`; none where that would change a string in it."""
    lines = indented(text_of(source, one), " " * column)
    again = parse_cell("\n".join(lines)) if not column else parse_cell("if 1:\n" + "\n".join(lines))
    shown = again.body[0] if again is not None and again.body else None
    inner = shown.body[0] if column and isinstance(shown, ast.If) else shown
    return tuple(lines) if inner is not None and same_code(inner, one.node) else ()


def same_code(one: ast.AST, other: ast.AST) -> bool:
    """Tell whether two trees are equal but for the layout of docstrings."""
    return ast.dump(without_docstrings(one)) == ast.dump(without_docstrings(other))


def below_decorators(old: Statement, new: Statement) -> int:
    """Keep the decorators that the new version does not show."""
    shown = getattr(new.node, "decorator_list", [])
    return old.first if shown or not isinstance(old.node, DEFINITIONS) else old.node.lineno - 1


def column_of(node: ast.stmt) -> int:
    """The column of the statements in a node's body."""
    body: list[ast.stmt] = getattr(node, "body", [node])
    return body[0].col_offset


def body_of(source: str) -> tuple[int, str] | None:
    """The pair (lines before, outdented body) of a class; None where outdenting would change it."""
    tree = parse_cell(source)
    node = tree.body[0] if tree is not None and tree.body else None
    if not isinstance(node, ast.ClassDef) or not node.body or node.body[0].lineno == node.lineno:
        return None
    first, width = first_line(node.body[0]), node.body[0].col_offset
    lines = source.split("\n")[first:]
    body = "\n".join(line[width:] if line[:width].isspace() else line.lstrip() for line in lines)
    again = parse_cell(body)
    return (first, body) if again is not None and same_code(ast.Module(node.body, []), again) else None


def indented(text: str, indent: str) -> list[str]:
    """Indent every line of `text` that is not blank."""
    return [indent + line if line.strip() else line for line in text.split("\n")]
