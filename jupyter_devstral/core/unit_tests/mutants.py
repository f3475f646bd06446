"""Small faults in a function, one at a time, that its tests should notice.

The operators are those of mutation testing since DeMillo, Lipton and Sayward (1978): comparison, boundary,
arithmetic, boolean, return value, removed statement. Pure: nothing is run here.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SWAPPED: dict[type, tuple[tuple[type, str, str], ...]] = {
    ast.Lt: ((ast.LtE, "boundary", "`<` → `<=`"), (ast.GtE, "comparison", "`<` → `>=`")),
    ast.LtE: ((ast.Lt, "boundary", "`<=` → `<`"), (ast.Gt, "comparison", "`<=` → `>`")),
    ast.Gt: ((ast.GtE, "boundary", "`>` → `>=`"), (ast.LtE, "comparison", "`>` → `<=`")),
    ast.GtE: ((ast.Gt, "boundary", "`>=` → `>`"), (ast.Lt, "comparison", "`>=` → `<`")),
    ast.Eq: ((ast.NotEq, "comparison", "`==` → `!=`"),),
    ast.NotEq: ((ast.Eq, "comparison", "`!=` → `==`"),),
    ast.Is: ((ast.IsNot, "comparison", "`is` → `is not`"),),
    ast.IsNot: ((ast.Is, "comparison", "`is not` → `is`"),),
    ast.In: ((ast.NotIn, "comparison", "`in` → `not in`"),),
    ast.NotIn: ((ast.In, "comparison", "`not in` → `in`"),),
    ast.Add: ((ast.Sub, "arithmetic", "`+` → `-`"),),
    ast.Sub: ((ast.Add, "arithmetic", "`-` → `+`"),),
    ast.Mult: ((ast.Div, "arithmetic", "`*` → `/`"),),
    ast.Div: ((ast.Mult, "arithmetic", "`/` → `*`"),),
    ast.FloorDiv: ((ast.Mult, "arithmetic", "`//` → `*`"),),
    ast.Mod: ((ast.Mult, "arithmetic", "`%` → `*`"),),
    ast.Pow: ((ast.Mult, "arithmetic", "`**` → `*`"),),
    ast.BitAnd: ((ast.BitOr, "boolean", "`&` → `|`"),),
    ast.BitOr: ((ast.BitAnd, "boolean", "`|` → `&`"),),
    ast.And: ((ast.Or, "boolean", "`and` → `or`"),),
    ast.Or: ((ast.And, "boolean", "`or` → `and`"),),
}
# What only tells somebody something: no test would, or should, notice.
_TELLING = frozenset(
    {"print", "display", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutant:
    """A definition with one fault.

    Attributes:
        path: names from the definition to the function that changed: ("area",) or ("Shape", "area").
        line: 1-based line of the source that was given.
        kind: "comparison", "boundary", "arithmetic", "boolean", "return" or "removed statement".
        change: what was done, in Markdown: "`<` → `<=`".
        source: the whole changed definition, as Python; its lines are not those of the original.
    """

    path: tuple[str, ...]
    line: int
    kind: str
    change: str
    source: str


def mutants_of(source: str, *, limit: int = 50) -> list[Mutant]:
    """List faults for the functions and methods that `source` defines, in the order of its lines.

    Of more than `limit`, that many, spread over all lines. Empty where there is nothing to change, or where
    the source does not parse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for path, function in _functions(tree.body):
        for change in _in_body(function.body, is_function=True):
            change.do()
            try:
                text = ast.unparse(ast.fix_missing_locations(tree))
            finally:
                change.undo()
            found.append(Mutant(path, change.line, change.kind, change.words, text))
    found.sort(key=lambda mutant: mutant.line)
    if len(found) <= limit:
        return found
    return [found[number * len(found) // limit] for number in range(limit)]


@dataclass(frozen=True)
class _Change:
    """Another value for one field of a node, until it is undone."""

    line: int
    kind: str
    words: str
    holder: Any
    key: Any
    value: Any
    before: Any

    def do(self) -> None:
        """Make the change."""
        self._set(self.value)

    def undo(self) -> None:
        """Take it back."""
        self._set(self.before)

    def _set(self, value: Any) -> None:
        if isinstance(self.holder, list):
            self.holder[self.key] = value
        else:
            setattr(self.holder, self.key, value)


def _functions(body: list[ast.stmt], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            yield (*path, node.name), node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, (*path, node.name))


def _in_body(body: list[ast.stmt], *, is_function: bool = False) -> Iterator[_Change]:
    for position, node in enumerate(body):
        if is_function and position == 0 and _is_text(node):
            continue
        if _tells(node):
            continue
        if _can_go(node):
            words = f"without `{_short(node)}`"
            yield _Change(node.lineno, "removed statement", words, body, position, ast.Pass(), node)
        yield from _in_node(node)


def _in_node(node: ast.AST) -> Iterator[_Change]:
    """List changes of the node itself, then of its parts; annotations are left alone."""
    yield from _of_node(node)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "format_spec", "type_params", "args") and (
            name != "args" or isinstance(value, ast.arguments)
        ):
            continue
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield from _in_body(value, is_function=isinstance(node, _FUNCTIONS))
            continue
        children = value if isinstance(value, list) else [value]
        for key, child in enumerate(children):
            if not isinstance(child, ast.AST):
                continue
            holder, at = (value, key) if isinstance(value, list) else (node, name)
            yield from _in_place(child, holder, at)
            yield from _in_node(child)


def _of_node(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.Compare):
        for position, operator in enumerate(node.ops):
            for kind, name, words in _SWAPPED.get(type(operator), ()):
                yield _Change(node.lineno, name, words, node.ops, position, kind(), operator)
    elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and not _joins_text(node):
        for kind, name, words in _SWAPPED.get(type(node.op), ()):
            yield _Change(node.lineno, name, words, node, "op", kind(), node.op)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        words = f"`{_short(node)}` → `return None`"
        yield _Change(node.lineno, "return", words, node, "value", ast.Constant(None), node.value)
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(
        node.test, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
    ):
        negated = ast.UnaryOp(ast.Not(), node.test)
        words = f"`{_short(node.test)}` → `not {_short(node.test)}`"
        yield _Change(node.test.lineno, "boolean", words, node, "test", negated, node.test)


def _in_place(child: ast.AST, holder: Any, key: Any) -> Iterator[_Change]:
    """List what else could stand in the place of the child."""
    if isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not):
        words = f"`{_short(child)}` → `{_short(child.operand)}`"
        yield _Change(child.lineno, "boolean", words, holder, key, child.operand, child)
    elif isinstance(child, ast.Constant) and isinstance(child.value, bool):
        words = f"`{child.value}` → `{not child.value}`"
        yield _Change(child.lineno, "boolean", words, holder, key, ast.Constant(not child.value), child)
    elif isinstance(child, ast.Constant) and isinstance(child.value, (int, float)):
        words = f"`{child.value}` → `{child.value + 1}`"
        yield _Change(child.lineno, "boundary", words, holder, key, ast.Constant(child.value + 1), child)


def _can_go(node: ast.stmt) -> bool:
    """Whether the program still runs without it; what may bind a name for the first time stays."""
    if isinstance(node, (ast.AugAssign, ast.Raise, ast.Delete, ast.Continue, ast.Break)):
        return True
    if isinstance(node, ast.Assign):
        return all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets)
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await, ast.Yield))


def _tells(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _TELLING


def _joins_text(node: ast.AST) -> bool:
    sides = [getattr(node, name, None) for name in ("left", "right", "value")]
    return any(isinstance(side, ast.JoinedStr) or _is_string(side) for side in sides)


def _is_string(node: object) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _is_string(node.value)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split()).replace("`", "'")
    return text if len(text) <= 40 else text[:39] + "…"
