"""The parts of a test function that hold or fail on their own: its checks, or the cases of its `parametrize`.

Pure: reads text and gives text. Must not run anything.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Checks:
    """The parts of one test.

    Attributes:
        count: of its parts, at least two.
        test: writes a test of a name with only these parts of it, by number.
    """

    count: int
    test: Callable[[str, Sequence[int]], str]


def checks_of(text: str) -> Checks | None:
    """The asserts and the like in the body of a test function; None where it does not consist of such.

    What stands between them prepares them, and belongs to all that come below it. A loop with an assert,
    and a `with pytest.raises`, is one check. The same check twice counts once.
    """
    function = _function(text)
    if function is None or function.decorator_list:
        return None
    body = [node for node in function.body if not _says(node)]
    if len({node.lineno for node in body}) < len(body):
        return None
    lines = text.split("\n")
    sources = [_lines_of(node, lines) for node in body]
    places: dict[str, int] = {}
    for place, node in enumerate(body):
        if _checks(node):
            prepared = "\n".join(
                one for one, other in zip(sources[:place], body, strict=False) if not _checks(other)
            )
            places.setdefault(f"{prepared}\n{sources[place]}", place)
    at = list(places.values())
    if len(at) < 2:
        return None
    arguments = ast.unparse(function.args)

    def test(name: str, numbers: Sequence[int]) -> str:
        wanted = {at[number] for number in numbers}
        chosen = [
            source
            for place, source in enumerate(sources[: max(wanted) + 1])
            if place in wanted or not _checks(body[place])
        ]
        return "\n".join([f"def {name}({arguments}):", *chosen])

    return Checks(len(at), test)


def parameters_of(text: str) -> Checks | None:
    """The cases of a test function with one `pytest.mark.parametrize` over a list that is written out."""
    function = _function(text)
    if function is None or len(function.decorator_list) != 1:
        return None
    [mark] = function.decorator_list
    if not isinstance(mark, ast.Call) or not ast.unparse(mark.func).endswith("mark.parametrize"):
        return None
    if len(mark.args) != 2 or mark.keywords or not isinstance(mark.args[1], (ast.List, ast.Tuple)):
        return None
    cases = mark.args[1].elts
    if len(cases) < 2 or any(isinstance(case, ast.Starred) for case in cases):
        return None
    lines = text.split("\n")
    begins = [_offset(lines, case.lineno, case.col_offset) for case in cases]
    ends = [_offset(lines, case.end_lineno or 0, case.end_col_offset or 0) for case in cases]
    name_at = text.index(function.name, _offset(lines, function.lineno, function.col_offset))

    def test(name: str, numbers: Sequence[int]) -> str:
        parts = [text[: begins[0]]]
        for number in numbers:
            if number != numbers[0]:
                parts.append(_separator(text[ends[number - 1] : begins[number]]))
            parts.append(text[begins[number] : ends[number]])
        below = text[ends[-1] : name_at]
        return "".join([*parts, below, name, text[name_at + len(function.name) :]])

    return Checks(len(cases), test)


def _function(text: str) -> ast.FunctionDef | None:
    try:
        [function] = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    return function if isinstance(function, ast.FunctionDef) else None


def _checks(node: ast.stmt) -> bool:
    if isinstance(node, ast.With):
        calls = [ast.unparse(item.context_expr).partition("(")[0] for item in node.items]
        if any(call.endswith(("raises", "warns")) for call in calls):
            return True
    return any(isinstance(inner, ast.Assert) for inner in ast.walk(node))


def _says(node: ast.stmt) -> bool:
    """A docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _lines_of(node: ast.stmt, lines: Sequence[str]) -> str:
    """A statement with the comments right above it."""
    first = node.lineno - 1
    while lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno])


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    """The place in the text of a column that Python counts in bytes."""
    return sum(len(one) + 1 for one in lines[: line - 1]) + len(lines[line - 1].encode()[:column].decode())


def _separator(between: str) -> str:
    """What stands between two cases; a comment there is about the one that may be gone."""
    if "#" not in between:
        return between
    return ",\n" + between.rpartition("\n")[2]
