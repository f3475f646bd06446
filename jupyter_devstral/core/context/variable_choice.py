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
# Stands for the lines of an earlier description that still hold.
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
    """Choose what to describe; what `history`, which is sent, shows or has told of is not said again."""
    if not variables:
        return Choice((), (), ())
    binders, described = _last_binders(history), _described(history)
    chosen: dict[str, list[Piece]] = {"attached": [], "used": [], "others": []}
    for variable in variables:
        if variable.name not in attached and _is_left_of_a_loop(variable.name, binders.get(variable.name)):
            continue
        whole = _one_block(variable.text)
        text = _news(whole, described.get(variable.name, ""))
        if not text or _shown(variable, binders.get(variable.name)):
            continue
        piece = Piece("variable", variable.name, text, estimate(text), whole)
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


def _described(history: Sequence[Entry]) -> dict[str, str]:
    """Name -> what the turns, read in order, have told of a variable."""
    return {name: text for entry in history if entry.turn is not None for name, text in entry.turn.described}


def _news(now: str, told: str) -> str:
    """What is still to be said of a variable: "" for nothing; of a table only the columns that changed."""
    first, *lines = now.split("\n")
    was_first, *was_lines = told.split("\n")
    columns, known = _columns(lines), _columns(was_lines)
    if not told or not known.keys() <= columns.keys():
        return now
    # A range changes with the rows, and seldom the answer.
    same = {name for name, line in known.items() if without_range(line) == without_range(columns[name])}
    news = [line for name, line in columns.items() if name not in same]
    if not news and without_range(first) == without_range(was_first):
        return ""
    # One more column, or one of another kind, must not cost all of them.
    return "\n".join([first, _UNCHANGED, *news]) if len(same) > 1 or (same and not news) else now


def _columns(lines: Sequence[str]) -> dict[str, str]:
    """Name -> the line of a column, in order; what is no column goes by its whole line."""
    return {line.partition(": ")[0]: line for line in _one_by_one(lines)}


def _one_by_one(lines: Sequence[str]) -> list[str]:
    """Lines in which several columns share their facts, a column each."""
    single: list[str] = []
    for line in lines:
        run = _RUN.fullmatch(line)
        single += [f"  {name}: {run['facts']}" for name in run["names"].split(", ")] if run else [line]
    return single


def _last_binders(history: Sequence[Entry]) -> dict[str, Cell]:
    """Name -> the last cell of the notebook that binds it, as it is now."""
    cells = {
        entry.cell.key: entry.cell
        for entry in history
        if entry.turn is None and entry.cell.kind == "code" and entry.pieces[0].kind == "cell"
    }
    binders: dict[str, Cell] = {}
    for cell in sorted(cells.values(), key=lambda cell: cell.index):
        binders.update(dict.fromkeys(names_of(cell.source).binds, cell))
    return binders


def _is_left_of_a_loop(name: str, binder: Cell | None) -> bool:
    """Whether a name is bound as the variable of a loop alone: nobody asks for its last value."""
    tree = parse_cell(binder.source) if binder is not None and name in binder.source else None
    loops = [node.target for node in ast.walk(tree) if isinstance(node, ast.For)] if tree else []
    ours = {id(node) for target in loops for node in ast.walk(target)}
    bound = [
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    return bool(bound) and all(id(node) in ours for node in bound)


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
