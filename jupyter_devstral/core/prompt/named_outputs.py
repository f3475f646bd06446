"""What a cell shows under the name of a secret: `passwords` above `['…']`, `print(config["token"])`.

The output alone does not say what it is, so its values are told to the redactor with a name before them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from ..notebook.cells import Cell
from ..python.source import PYTHON_BODIES, parse_cell, to_python
from ..redaction.names import CODE, KEY, PASSWORD, TOKEN, what_name_says
from ..redaction.search import words
from ..redaction.values import is_key_like, is_number, looks_random
from ..text.lazy_pattern import LazyPattern

_NAME_OF = {PASSWORD: "password", KEY: "api_key", TOKEN: "token", CODE: "pin"}
_PRINTS = frozenset({"print", "display", "pprint", "pp", "echo"})
# They show what they are given, or a view of it.
_SHOWS = _PRINTS | {
    "str",
    "repr",
    "list",
    "tuple",
    "set",
    "sorted",
    "dict",
    "next",
    "iter",
    "reversed",
    "vars",
}
_VIEWS = frozenset(
    {"values", "T", "str", "iloc", "loc", "at", "iat", "array", "index", "_asdict", "__dict__"}
)
_GETTERS = frozenset({"get", "getenv", "pop", "setdefault", "get_secret", "get_password", "get_secret_value"})
# They say how many there are, not which.
_COUNTS = frozenset(
    words("""
    count sum nunique isnull isna notna notnull info describe mean min max startswith endswith isdigit find
    index memory_usage duplicated items keys
    """)
)
_WORD = LazyPattern(r"[^\s\[\](){},\"'`|]+")
_QUOTED = LazyPattern(r"(?P<q>[\"'])(?P<value>[^\"'\n]{4,400})(?P=q)")
_CELL_MAGIC = LazyPattern(r"\s*%%(\w+)[^\n]*\n")
_OF_NUMPY = LazyPattern(r"(?:u?int|float|complex|datetime|timedelta|string|object|bool)\d*(?:\[\w+\])?")
_LONGEST = 20_000


@lru_cache(maxsize=4096)
def named_outputs(cell: Cell) -> str:
    """Assignments of the values that `cell` shows to names that say what they are; "" for most cells."""
    shown = _shown(cell.source) if cell.kind == "code" and cell.outputs else ()
    kinds = dict.fromkeys(kind for kind in map(_kind_of, shown) if kind)
    is_one = len(shown) == 1 and len(cell.outputs) == 1
    is_value = is_one and bool(what_name_says(shown[0]))  # a number, too: `n_passwords` is none
    lines: list[str] = []
    for kind in kinds:
        for output in cell.outputs:
            if output.kind != "error" and len(output.text) <= _LONGEST:
                lines += _assigned(output.text, kind, is_alone=is_one, is_value=is_value)
    return "\n".join(lines)


def _kind_of(name: str) -> str:
    kind = what_name_says(name) or (what_name_says(name[:-1]) if name[-1:] in ("s", "S") else "")
    return kind if kind in _NAME_OF else ""


def _assigned(text: str, kind: str, is_alone: bool, is_value: bool) -> Iterator[str]:
    name = _NAME_OF[kind]
    for found in _QUOTED.finditer(text):
        is_long = kind != TOKEN or is_key_like(found["value"])
        if is_long and (is_alone or looks_random(found["value"])):
            yield f"{name} = '{found['value']}'"
    whole = text.strip()
    if is_value and is_number(whole):
        yield f"{name} = {whole}"
    for found in _WORD.finditer(text):
        value = found.group().rstrip(".:;")
        is_whole = is_alone and value == whole and not value.isalpha() and not is_number(value)
        if (is_whole or _is_random(value)) and (kind != TOKEN or is_key_like(value)):
            yield f"{name} = '{value}'"


def _is_random(value: str) -> bool:
    """Tell a value among others that no number, type or word looks like."""
    if len(value) < 8 or not any(map(str.isdigit, value)) or not looks_random(value):
        return False
    try:
        float(value)
    except ValueError:
        return not _OF_NUMPY.fullmatch(value)
    return False


@lru_cache(maxsize=4096)
def _shown(source: str) -> tuple[str, ...]:
    """The names of what a cell prints and ends with, one of each."""
    if magic := _CELL_MAGIC.match(source):
        source = source[magic.end() :] if magic[1] in PYTHON_BODIES else ""
    tree = parse_cell(to_python(source))
    if tree is None or not tree.body:
        return ()
    shown: list[ast.expr] = [tree.body[-1].value] if isinstance(tree.body[-1], ast.Expr) else []
    shown += (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PRINTS
    )
    names = dict.fromkeys(name for node in shown for name in _names_in(node))
    for node in ast.walk(tree):  # `for one in passwords: print(one)`
        if isinstance(node, ast.For) and not names.keys().isdisjoint(_names_in(node.target)):
            names.update(dict.fromkeys(_names_in(node.iter)))
    return tuple(names)


def _names_in(node: ast.AST | None) -> Iterator[str]:
    """The names that say what an expression shows."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield from _names_in(node.value) if node.attr in _VIEWS else (node.attr,)
    elif isinstance(node, ast.Subscript):
        columns = [
            one.value
            for one in ast.walk(node.slice)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        yield from columns or _names_in(node.value)
    elif isinstance(node, ast.Call):
        yield from _names_called(node)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        yield from (
            name for each in (node.elt, *(one.iter for one in node.generators)) for name in _names_in(each)
        )
    elif isinstance(
        node,
        ast.JoinedStr
        | ast.FormattedValue
        | ast.BinOp
        | ast.BoolOp
        | ast.IfExp
        | ast.Starred
        | ast.Tuple
        | ast.List
        | ast.Set
        | ast.Await,
    ):
        yield from (name for each in ast.iter_child_nodes(node) for name in _names_in(each))


def _names_called(node: ast.Call) -> Iterator[str]:
    if isinstance(node.func, ast.Name):
        if node.func.id in _SHOWS:
            yield from (name for each in node.args for name in _names_in(each))
        elif node.func.id == "getenv" or node.func.id.startswith(("get_", "load_", "read_", "fetch_")):
            yield node.func.id.partition("_")[2]
            yield from _constants(node.args[:1])
    elif isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method in _GETTERS:
            yield from _constants(node.args[:1])
        if method not in _COUNTS:
            yield from _names_in(node.func.value)


def _constants(nodes: list[ast.expr]) -> Iterator[str]:
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
