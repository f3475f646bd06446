"""Errors that a new version of a cell hides instead of mending what raises them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from ...python.source import parse_cell

# What is missing may have something in its place, which is no computed value.
_STAND_INS = frozenset({"ImportError", "ModuleNotFoundError"})
_SAYING = frozenset({"print", "display", "debug", "info", "warning", "warn", "error", "exception", "log"})


def hidden_errors(before: str, after: str) -> tuple[str, ...]:
    """The kinds of errors that `after` passes over and `before` does not, as they are written there.

    A bare `except` is one of BaseException.
    """
    new, old = (Counter(_passed_over(parse_cell(source))) for source in (after, before))
    return tuple(dict.fromkeys((new - old).elements()))


def _passed_over(tree: ast.Module | None) -> Iterator[str]:
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ExceptHandler):
            kinds = _kinds(node.type)
            if all(_goes_on(one, may_stand_in=not set(kinds) <= _STAND_INS) for one in node.body):
                yield from kinds
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and _called(call) == "suppress":
                    yield from (kind for argument in call.args for kind in _kinds(argument))
        elif isinstance(node, ast.Try) and any(isinstance(one, _JUMPS) for one in node.finalbody):
            yield "BaseException"


_JUMPS = (ast.Return, ast.Break, ast.Continue)


def _kinds(caught: ast.expr | None) -> list[str]:
    if caught is None:
        return ["BaseException"]
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return [ast.unparse(one).rpartition(".")[2] for one in each]


def _goes_on(statement: ast.stmt, *, may_stand_in: bool) -> bool:
    """Whether a handler's statement does no more than go on, mostly also with a value made up."""
    if isinstance(statement, (ast.Pass, ast.Continue, ast.Break)):
        return True
    if isinstance(statement, ast.Expr):
        value = statement.value
        return isinstance(value, ast.Constant) or (isinstance(value, ast.Call) and _called(value) in _SAYING)
    if may_stand_in and isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Return)):
        return statement.value is None or _is_made_up(statement.value)
    return False


def _is_made_up(value: ast.expr) -> bool:
    """Whether a value says nothing of what was to be computed: None, 0, [], float("nan"), np.nan."""
    if isinstance(value, ast.Call):
        read = [*value.args, *([value.func.value] if isinstance(value.func, ast.Attribute) else [])]
        return all(map(_is_made_up, read))
    return not any(
        isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and one.id not in ("np", "pd", "math")
        for one in ast.walk(value)
    )


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]
