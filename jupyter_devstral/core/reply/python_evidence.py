"""Evidence that unlabelled text is Python meant to be run."""

from __future__ import annotations

import ast
import builtins
import re

from ..python.source import parse_cell, without_ipython_syntax
from ..text.lazy_pattern import LazyPattern

# Calls that parse as Python and are R, JavaScript, Java, C, Ruby, PHP or a spreadsheet.
_OF_OTHERS = """
    library require install.packages cat paste data.frame console alert puts println printf echo System
    document window cout fmt Console disp fprintf var_dump SUM IF AND OR NOT COUNTIF VLOOKUP CONCATENATE
    REGEXMATCH SEARCH
"""
_FOREIGN_CALLS = frozenset(_OF_OTHERS.split())
_MAGIC = LazyPattern(
    r"""%{1,2}(?:time|timeit|matplotlib|load_ext|reload_ext|autoreload|pip|conda|run|cd|capture|writefile|bash|config
        |env|html|sql|R|who|whos|pylab|javascript|prun|lsmagic|history|debug|pdb|store|devstral)\b
    | !(?:\{sys\.executable\}\ )?(?:pip3?|conda|wget|curl|git|apt|apt-get|python3?|ls|mkdir|unzip|tar|cat|head
        |mv|cp|rm|nvidia-smi)\b""",
    re.VERBOSE,
)
_ERROR = LazyPattern(r"\w*(?:Error|Exception|Warning|Interrupt|Exit)")
# Types whose repr begins with a lower-case name.
_REPRESENTED = frozenset(
    {
        "array",
        "dtype",
        "tensor",
        "range",
        "dict",
        "set",
        "frozenset",
        "deque",
        "defaultdict",
        "datetime",
        "date",
    }
)
_CELL_MAGIC = LazyPattern(r"%%[a-z]\w*(?:[ \t]|$)", re.MULTILINE)
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FLOW = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.If, ast.Try)
_STRONG = (*_DEFINITIONS, *_FLOW, ast.AugAssign, ast.Delete, ast.Assert, ast.Raise)


def looks_like_python(source: str) -> bool:
    """Tell whether the source parses as a cell and does nothing typical of output or another language."""
    if _CELL_MAGIC.match(source):
        return True
    tree = parse_cell(source)
    if tree is None or _ends_in_semicolons(source):
        return False
    lines = without_ipython_syntax(source).split("\n")
    magics = any(_MAGIC.match(line.strip()) for line in source.split("\n"))
    found = [_evidence(statement, lines) for statement in tree.body]
    return -1 not in found and (magics or sum(found) > 0)


def is_quoted_error(statement: ast.stmt) -> bool:
    """Tell whether a node is `ValueError: n = 3`.

    This last line of a traceback parses as an annotated name.
    """
    if not isinstance(statement, ast.AnnAssign):
        return False
    if isinstance(statement.annotation, ast.Compare):
        # `TooMany: n == 3`: no type is written so.
        return True
    name = ast.unparse(statement.target).rpartition(".")[2]
    known = getattr(builtins, name, None)
    return _ERROR.fullmatch(name) is not None or (
        isinstance(known, type) and issubclass(known, BaseException)
    )


def ends_in_error(source: str) -> bool:
    """Tell whether the last statement is a quoted error."""
    tree = parse_cell(source)
    return tree is not None and bool(tree.body) and is_quoted_error(tree.body[-1])


def only_shows_values(source: str) -> bool:
    """Tell whether no part of it does anything.

    Numbers, texts, lists, `array([1, 2])` and quoted errors do nothing.
    """
    tree = parse_cell(source)
    if tree is None or not tree.body or source.lstrip().startswith(("%", "!")):
        return False
    return all(is_quoted_error(one) or _is_shown(one) for one in tree.body)


def _is_shown(statement: ast.stmt) -> bool:
    """`[1, 2]`, or `count: 3`, which parses as an annotated name."""
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None and _is_value(statement.annotation)
    return isinstance(statement, ast.Expr) and _is_value(statement.value)


def _is_value(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
        return (name[:1].isupper() or name in _REPRESENTED) and all(map(_is_value, parts))
    if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
        return True
    if not isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.Slice)):
        return False
    return all(_is_value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def is_weak_evidence(source: str) -> bool:
    """Tell whether Python source could as well be the output of a program: `x = 3`, `f(3)`."""
    tree = parse_cell(source)
    return tree is None or not any(isinstance(statement, _STRONG) for statement in tree.body)


def _evidence(statement: ast.stmt, lines: list[str]) -> int:
    """The weight of a statement: 1 for Python to be run, 0 for neutral, -1 for certainly something else."""
    if isinstance(statement, _STRONG):
        return 1
    if isinstance(statement, ast.Assign):
        return 0 if _is_setting(statement) or _is_formula(statement) else 1
    if isinstance(statement, ast.AnnAssign):
        if is_quoted_error(statement):
            return -1
        # "Name: Ann" is a line of a filled-in form.
        return 1 if statement.value is not None else 0
    if isinstance(statement, ast.Expr):
        return _evidence_of_value(statement.value, lines)
    return 0


def _is_setting(statement: ast.Assign) -> bool:
    """Tell whether a node is `DEBUG=on`, a line of a settings file."""
    return isinstance(statement.value, ast.Name) and isinstance(statement.targets[0], ast.Name)


def _is_formula(statement: ast.Assign) -> bool:
    """Tell whether a node is `sqrt(x^2 + y^2)`, powers as in mathematics.

    To Python `^` binds looser than `+`.
    """
    operations = [node for node in ast.walk(statement.value) if isinstance(node, ast.BinOp)]
    return any(
        isinstance(node.op, ast.BitXor) and isinstance(_leftmost(node.right), ast.Constant)
        for node in operations
    )


def _leftmost(value: ast.expr) -> ast.expr:
    return _leftmost(value.left) if isinstance(value, ast.BinOp) else value


def _evidence_of_value(value: ast.expr, lines: list[str]) -> int:
    if isinstance(value, ast.Await | ast.Yield):
        return 1
    if isinstance(value, ast.Compare) and _is_r_assignment(value):
        return -1
    if isinstance(value, ast.Attribute | ast.Subscript | ast.Name):
        return 0
    if not isinstance(value, ast.Call):
        calls = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
        return 1 if any(isinstance(call.func, ast.Attribute) for call in calls) else 0
    name = ast.unparse(value.func)
    if {name, name.split(".")[0]} & _FOREIGN_CALLS:
        return -1
    return 1 if _is_glued_to_parenthesis(value, lines) else 0


def _is_r_assignment(value: ast.Compare) -> bool:
    """Tell whether a node is R's `x <- 3`, which Python reads as `x < -3`."""
    return isinstance(value.ops[0], ast.Lt) and isinstance(value.comparators[0], ast.UnaryOp)


def _is_glued_to_parenthesis(call: ast.Call, lines: list[str]) -> bool:
    """Tell whether a node is `Title (subtitle)`, which is prose."""
    end = call.func.end_col_offset
    number = call.func.end_lineno
    if end is None or number is None or number > len(lines):
        return True
    return lines[number - 1].encode()[end : end + 1] == b"("


def _ends_in_semicolons(source: str) -> bool:
    """Tell whether half the lines or more end in ";", as in C, Java, JavaScript and habitual R."""
    lines = [line.rstrip() for line in source.split("\n") if line.strip()]
    ending = sum(line.endswith((";", "{", "}")) for line in lines)
    return ending * 2 >= len(lines) and ending > 0 and any(line.endswith(";") for line in lines)
