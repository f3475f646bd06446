"""Choice of live variables to describe: those that matter and that nothing sent already shows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..notebook.cells import Cell
from ..python.source import names_of, parse_cell
from ..text.data_lines import indented_below
from ..text.lazy_pattern import LazyPattern
from ..variables.namespace import Variable
from ..variables.samples import without_range
from .history import Entry, Piece

HEADING = "Variables:"
# Stands for the lines of an earlier description that still hold: one more column must not cost all of them.
_UNCHANGED = "  …"
_NAME = LazyPattern(r"[^\W\d]\w*")
_RUN = LazyPattern(r"  (?P<names>[^\W\d]\w*(?:, [^\W\d]\w*)+): (?P<facts>.*)")
# Their schema cannot be read off the code that made them.
_TABULAR = ("dataframe", "series", "array")
_DEFINED_BY_CODE = ("function", "class", "module")


@dataclass(frozen=True)
class Choice:
    """Pieces of kind "variable": attached by the user, named by what is asked about, and others worth it."""

    attached: tuple[Piece, ...]
    used: tuple[Piece, ...]
    others: tuple[Piece, ...]


def choose_variables(
    variables: Sequence[Variable],
    *,
    attached: Collection[str],
    named: Collection[str],
    history: Sequence[Entry],
    estimate: Callable[[str], int],
) -> Choice:
    """Choose what to describe; what `history`, which is sent, shows or has described is not said again."""
    if not variables:
        return Choice((), (), ())
    binders, described = _last_binders(history), _described(history)
    chosen: dict[str, list[Piece]] = {"attached": [], "used": [], "others": []}
    for variable in variables:
        text = _news(variable, described.get(variable.name, []))
        if not text or _shown(variable, binders.get(variable.name)):
            continue
        piece = Piece("variable", variable.name, text, estimate(text))
        if variable.name in attached:
            chosen["attached"].append(piece)
        elif variable.name in named:
            chosen["used"].append(piece)
        elif variable.kind in _TABULAR or (variable.name not in binders and variable.kind != "module"):
            chosen["others"].append(piece)
    return Choice(*(tuple(pieces) for pieces in chosen.values()))


def variables_block(texts: Sequence[str]) -> str:
    """The descriptions as they stand in a message, "" for none."""
    return "\n".join([HEADING, *texts]) if texts else ""


def _one_block(text: str) -> str:
    """Without blank lines, one of which ends the block of variables, and with all others indented."""
    return indented_below("\n".join(line for line in text.splitlines() if line.strip()))


def _described(history: Sequence[Entry]) -> dict[str, list[str]]:
    """Name -> the lines by which the turns, read in order, have described it."""
    known: dict[str, list[str]] = {}
    for entry in history:
        if entry.turn is None or not entry.turn.user_text.startswith(HEADING):
            continue
        lines: list[str] = []
        before: list[str] = []
        for line in entry.turn.user_text.split("\n\n", 1)[0].split("\n")[1:]:
            name = _NAME.match(line)
            if name:
                lines = [line]
                before = known.get(name[0], [])
                known[name[0]] = lines
            elif line == _UNCHANGED and lines:
                lines.extend(before[1:])
            else:
                lines.append(line)
    return known


def _news(variable: Variable, known: list[str]) -> str:
    """What is still to be said of it: "" for nothing; only the new columns where the old ones still hold."""
    lines = _one_block(variable.text).split("\n")
    told, now = _one_by_one(known[1:]), _one_by_one(lines[1:])
    # A range changes with the rows, and seldom the answer.
    same = {without_range(line) for line in told}
    if not known or not same <= {without_range(line) for line in now}:
        return "\n".join(lines)
    added = [line for line in now if without_range(line) not in same]
    if not added and without_range(lines[0]) == without_range(known[0]):
        return ""
    return "\n".join([lines[0], _UNCHANGED, *added] if len(told) > 1 else lines)


def _one_by_one(lines: Sequence[str]) -> list[str]:
    """Lines in which several columns share their facts, a column each."""
    single: list[str] = []
    for line in lines:
        run = _RUN.fullmatch(line)
        single += [f"  {name}: {run['facts']}" for name in run["names"].split(", ")] if run else [line]
    return single


def _last_binders(history: Sequence[Entry]) -> dict[str, Cell]:
    binders: dict[str, Cell] = {}
    for entry in history:
        if entry.turn is None and entry.cell.kind == "code":
            binders.update(dict.fromkeys(names_of(entry.cell.source).binds, entry.cell))
    return binders


def _shown(variable: Variable, binder: Cell | None) -> bool:
    """Whether the cell that binds the variable tells all there is: a definition, or `name = <literal>`."""
    if binder is None:
        return False
    if variable.kind in _DEFINED_BY_CODE:
        return True
    tree = parse_cell(binder.source)
    statements = tree.body if tree else []
    assigned = [
        statement
        for statement in statements
        if isinstance(statement, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == variable.name for target in statement.targets)
    ]
    return variable.kind == "scalar" and len(assigned) == 1 and isinstance(assigned[0].value, ast.Constant)
