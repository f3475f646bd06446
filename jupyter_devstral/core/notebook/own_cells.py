"""The one answer to whether a cell is ours: a question, a setting, tests; and which cell it is about."""

from __future__ import annotations

import re

from .cells import Cell, Notebook

# What a cell of tests begins with: it is run by pytest, and Python to everything else.
TEST_MAGIC = "%%devstral pytest"
_TEST_CELL = re.compile(r"\s*%%devstral[ \t]+pytest[ \t]*(?:\n|$)")
_OWN_CELL = re.compile(r"\s*%%devstral(?:\s|$)")
_OWN_LINE = re.compile(
    r"\s*%(?:devstral(?:\s|$)|config\s+DevstralConfig\b|(?:re|un)?load_ext\s+jupyter_devstral\s*$)"
)


def tests_in_cell(source: str) -> str | None:
    """What stands below the magic of a cell of tests; None for any other cell."""
    found = _TEST_CELL.match(source)
    return source[found.end() :] if found else None


def is_request(cell: Cell) -> bool:
    """A cell that only talks to Devstral: its words travel as a turn or as the question, never as a cell.

    Cells that only load or configure it are of no use to the model either.
    """
    if cell.kind != "code" or "evstral" not in cell.source or tests_in_cell(cell.source) is not None:
        return False
    if _OWN_CELL.match(cell.source):
        return True
    lines = [line for line in cell.source.split("\n") if line.strip()]
    return all(_OWN_LINE.match(line) for line in lines)


def cell_above(notebook: Notebook, asking: Cell | None) -> Cell | None:
    """The nearest code cell above that is the user's own: no question of ours, and not empty.

    `asking` None stands for the end of the notebook. None where there is no such cell.
    """
    end = asking.index if asking else len(notebook.cells)
    for cell in reversed(notebook.cells[:end]):
        if cell.kind == "code" and cell.source.strip() and not is_request(cell):
            return cell
    return None
