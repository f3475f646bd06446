"""Other cells that make or read the names which a rewritten cell makes anew, or no longer."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from ..notebook.cells import Cell
from ..notebook.own_cells import is_request
from ..python.dependencies import Dependencies
from ..python.source import names_of
from .edit import Edit
from .versions.loss import names_lost
from .versions.statements import imported_names, statements_of

_MISSED = "Cell {} reads `{}`, which the new cell {} would no longer make, so it was not changed."


def without_missed(edits: Sequence[Edit], cells: Sequence[Cell]) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Drop rewrites that take a name away from another cell, with a sentence for each."""
    changed = {edit.cell_id: edit.source for edit in edits}
    code = [
        Cell(cell.id, cell.index, cell.kind, changed.get(cell.key, cell.source))
        for cell in cells
        if cell.kind == "code" and not is_request(cell)
    ]
    kept, notes = [], []
    by_key = {cell.key: cell for cell in cells}
    for edit in edits:
        missed = _missed(edit, code) if edit.op == "replace" and edit.kind == "code" else None
        if missed is None:
            kept.append(edit)
        else:
            reader, name = missed
            notes.append(_MISSED.format(reader.sign, name, by_key[edit.cell_id].sign))
    return tuple(kept), tuple(notes)


def remade_names(before: str, after: str, others: Sequence[Cell]) -> tuple[str, ...]:
    """The names that other cells make and `after` makes as well, without reading what they made.

    `before` or another cell reads them: a table of invented rows in place of the user's own.
    """
    code = [cell for cell in others if cell.kind == "code" and not is_request(cell)]
    uses = [names_of(cell.source) for cell in code]
    old, new = names_of(before), names_of(after)
    made = frozenset().union(*(use.binds for use in uses))
    read = old.loads.union(*(use.loads - use.binds for use in uses))
    found = ((new.binds & made & read) - old.binds - new.loads) - vars(builtins).keys()
    same = {one.key for cell in code for one in statements_of(cell.source) or () if one.is_definition}
    for one in statements_of(after) or ():
        if one.is_import or one.key in same:
            found -= imported_names(one.node) | one.names
        elif isinstance(one.node, (ast.For, ast.AsyncFor)):
            found -= names_of(ast.unparse(one.node.target)).loads
    return tuple(sorted(found))


def _missed(edit: Edit, code: Sequence[Cell]) -> tuple[Cell, str] | None:
    """The first cell that reads a name which no other cell makes for it, with that name."""
    lost = names_lost(edit.before, edit.source) - vars(builtins).keys()
    if not lost:
        return None
    others = Dependencies([cell for cell in code if cell.key != edit.cell_id])
    place = next((cell.index for cell in code if cell.key == edit.cell_id), -1)
    for cell in code:
        if cell.key == edit.cell_id:
            continue
        for name in sorted(lost & names_of(cell.source).loads):
            made = others.binder(name, cell.index) is not None if cell.index > place else others.binds(name)
            if not made:
                return cell, name
    return None
