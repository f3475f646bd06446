"""Which cell a request is about when nobody named one: the same rule for a magic and for the command line."""

from __future__ import annotations

from .cell_text import is_request
from .notebook import Cell, Notebook


def cell_above(notebook: Notebook, asking: Cell | None) -> Cell | None:
    """The nearest code cell above that is the user's own: no question of ours, and not empty.

    `asking` None stands for the end of the notebook. None where there is no such cell.
    """
    end = asking.index if asking else len(notebook.cells)
    for cell in reversed(notebook.cells[:end]):
        if cell.kind == "code" and cell.source.strip() and not is_request(cell):
            return cell
    return None
