"""Application of edits to the JSON of a notebook file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import EditRefused
from ..notebook.cell_json import CellFormat, rebuilt
from ..notebook.cells import Cell
from ..notebook.file import notebook_from_json, raw_cells
from .edit import Edit


def apply_edits(
    notebook_json: dict[str, Any], edits: Iterable[Edit], *, index_of_anchor: int
) -> dict[str, Any]:
    """Return the notebook with the edits carried out, in the same format version.

    The argument is not changed; cells that no edit names are shared with the result. An edit for "" or for
    the key of the cell at `index_of_anchor` means that cell, even where ids repeat; -1 stands before the
    first. Raises EditRefused when a cell is missing or no longer holds the source that its edit expects.
    """
    cells = notebook_from_json(notebook_json).cells
    raw = raw_cells(notebook_json)
    form = CellFormat.of(notebook_json, raw)
    instead: dict[int, list[Any]] = {}
    added: dict[int, list[Any]] = {}
    for edit in edits:
        index = _index_of(edit, cells, index_of_anchor)
        if edit.op == "insert":
            added.setdefault(index, []).append(form.new_cell(edit.kind, edit.source, near=edit.cell_id))
            continue
        if edit.op not in ("replace", "delete"):
            raise EditRefused(f"There is no way to {edit.op!r} a cell; nothing was changed.")
        if index < 0 or edit.before != cells[index].source or index in instead:
            raise EditRefused(
                f"Cell {index} does not hold the text that the edit expects; nothing was changed. Ask again."
            )
        instead[index] = [form.with_source(raw[index], edit.source)] if edit.op == "replace" else []
    return rebuilt(notebook_json, instead, added)


def _index_of(edit: Edit, cells: Sequence[Cell], index_of_anchor: int) -> int:
    here = 0 <= index_of_anchor < len(cells)
    if not edit.cell_id or (here and cells[index_of_anchor].key == edit.cell_id):
        if not here and index_of_anchor != -1:
            raise EditRefused(
                f"There is no cell #{index_of_anchor + 1} in this notebook; nothing was changed."
            )
        return index_of_anchor
    found = [cell.index for cell in cells if cell.key == edit.cell_id]
    if not found:
        raise EditRefused(f"There is no cell {edit.cell_id!r} in this notebook; nothing was changed.")
    return found[0]
