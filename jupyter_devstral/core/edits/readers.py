"""Other cells that read the names a rewritten cell no longer makes."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from ..notebook.cells import Cell
from ..notebook.own_cells import is_request
from ..python.dependencies import Dependencies
from ..python.source import names_of
from .edit import Edit
from .versions.loss import names_lost

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
