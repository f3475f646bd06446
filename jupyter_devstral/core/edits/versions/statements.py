"""The top-level statements of a cell: their places, their labels, and the names they make and read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...python.source import DEFINITIONS, parse_cell

_IMPORTS = (ast.Import, ast.ImportFrom)

_LOOKING = frozenset(
    {"head", "tail", "info", "describe", "sample", "unique", "value_counts", "isna", "isnull"}
)
_SHOWING = frozenset({"call print", "call display", "call pprint", "value"})


@dataclass(frozen=True)
class Statement:
    """A statement of a source.

    Attributes:
        node: its syntax tree; `pass` for syntax that only IPython understands.
        first, end: its lines, 0-based, decorators included; `end` is the line after it.
        key: equal for equal code, whatever its layout.
        label: its identity when its code changes: the function it defines, the names it assigns.
        shares_line: whether another statement stands on one of its lines.
    """

    node: ast.stmt
    first: int
    end: int
    key: str
    label: str
    shares_line: bool = False

    @property
    def is_import(self) -> bool:
        """Whether it is an import."""
        return isinstance(self.node, _IMPORTS)

    @property
    def is_definition(self) -> bool:
        """Whether it defines a function or a class."""
        return isinstance(self.node, DEFINITIONS)

    @property
    def kind(self) -> str:
        """The kind that a version of it must share: "For" for a loop, "" for every simple statement."""
        return type(self.node).__name__ if hasattr(self.node, "body") else "magic" if self.is_magic else ""

    @property
    def shows(self) -> bool:
        """Whether it shows a value and does nothing else: `print(x)`, `x`, `table.head()`."""
        method = self.label.rpartition(".")[2] if self.label.startswith("call ") else ""
        return self.label in _SHOWING or method in _LOOKING

    @property
    def inner_keys(self) -> frozenset[str]:
        """The keys of the statements in its body, for a statement that is no definition."""
        if self.is_definition or not hasattr(self.node, "body"):
            return frozenset()
        inner = (node for node in ast.walk(self.node) if isinstance(node, ast.stmt) and node is not self.node)
        return frozenset(map(ast.dump, inner))

    def may_be(self, other: Statement) -> bool:
        """Tell whether it can be a version of another.

        Two statements that only show values must also share a name.
        """
        if self.kind != other.kind:
            return False
        if self.label != other.label or self.label not in _SHOWING:
            return True
        return not _plain_names(self.node).isdisjoint(_plain_names(other.node)) or self.key == other.key

    @property
    def names(self) -> frozenset[str]:
        """The name that it defines, or the plain names that it assigns."""
        node = self.node
        if isinstance(node, DEFINITIONS):
            return frozenset({node.name})
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        return frozenset(target.id for target in targets if isinstance(target, ast.Name))

    @property
    def is_magic(self) -> bool:
        """Whether it is a line for IPython: `%run x`, `!ls`, `name?`."""
        return self.label == "magic"

    @property
    def says_nothing(self) -> bool:
        """Whether it does nothing when it runs: `pass`, a constant."""
        node = self.node
        return not self.is_magic and (
            isinstance(node, ast.Pass)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        )


def _plain_names(node: ast.AST) -> set[str]:
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names - {"print", "display", "pprint"}


def statements_of(source: str) -> list[Statement] | None:
    """The statements of a cell, including a cell magic on its first line; None where it does not parse."""
    tree = parse_cell(source)
    if tree is None:
        return None
    lines = source.split("\n")
    found = list(_cell_magic(lines))
    for node in tree.body:
        first = first_line(node)
        end = node.end_lineno or node.lineno
        if first < len(lines) and not (found and found[-1].is_magic and first < found[-1].end):
            found.append(_statement(node, first, end, lines))
    return [_with_neighbours(found, at) for at in range(len(found))]


def _cell_magic(lines: Sequence[str]) -> Iterator[Statement]:
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        yield Statement(ast.Pass(), first, first + 1, lines[first].strip(), "magic")


def _statement(node: ast.stmt, first: int, end: int, lines: Sequence[str]) -> Statement:
    text = lines[first].strip()
    if _is_for_ipython(node, text):
        return Statement(node, first, end, "\n".join(lines[first:end]).strip(), "magic")
    shell = isinstance(node, ast.Assign) and text.partition("=")[2].lstrip().startswith(("!", "%"))
    return Statement(node, first, end, text if shell else ast.dump(node), label_of(node))


def _is_for_ipython(node: ast.stmt, text: str) -> bool:
    if text.startswith(("%", "!")):
        return True
    return isinstance(node, ast.Pass) and (text.endswith("?") or text.startswith("?"))


def _with_neighbours(statements: Sequence[Statement], at: int) -> Statement:
    one = statements[at]
    before = at > 0 and statements[at - 1].end > one.first
    behind = at + 1 < len(statements) and statements[at + 1].first < one.end
    if not (before or behind):
        return one
    return Statement(one.node, one.first, one.end, one.key, one.label, shares_line=True)


def label_of(node: ast.stmt) -> str:
    """The label that identifies a statement even when its code changes."""
    if isinstance(node, DEFINITIONS):
        return f"def {node.name}"
    if isinstance(node, _IMPORTS):
        return f"import {', '.join(sorted(imported_names(node)))}"
    if isinstance(node, ast.Assign):
        return f"= {', '.join(map(ast.unparse, node.targets))}"
    if isinstance(node, ast.AnnAssign):
        return f"= {ast.unparse(node.target)}"
    if isinstance(node, ast.AugAssign):
        return f"change {ast.unparse(node.target)}"
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return f"for {ast.unparse(node.target)}"
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return "with " + ", ".join(
            ast.unparse(item.optional_vars or item.context_expr) for item in node.items
        )
    if isinstance(node, (ast.If, ast.While)):
        return f"{type(node).__name__} {ast.unparse(node.test)}"
    if isinstance(node, ast.Expr):
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        return f"call {ast.unparse(value.func)}" if isinstance(value, ast.Call) else "value"
    return type(node).__name__


def imported_names(node: ast.stmt) -> frozenset[str]:
    """The names that an import statement binds; none for any other statement."""
    aliases = node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else []
    return frozenset(alias.asname or alias.name.split(".")[0] for alias in aliases)


def first_line(node: ast.stmt) -> int:
    """The first line of a node, 0-based, decorators included."""
    marks: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(mark.lineno for mark in marks)]) - 1


def text_of(source: str, statement: Statement) -> str:
    """The lines of a node as text."""
    return "\n".join(source.split("\n")[statement.first : statement.end])
