"""The one answer to whether a cell is ours (a question, a setting, tests) and which cell it is about."""

from __future__ import annotations

import re

from ..text.lazy_pattern import LazyPattern
from .cells import Cell, Notebook

# The first line of a cell of tests: pytest runs the cell, everything else sees Python.
TEST_MAGIC = "%%devstral pytest"
# Metadata of the output of such a cell: how many tests failed, and all outcomes in words.
TESTS_KEY = "devstral_tests"
_TEST_CELL = LazyPattern(r"\s*%%devstral[ \t]+pytest[ \t]*(?:\n|$)")
_CELL_MAGIC = LazyPattern(r"\s*%%devstral(?![\w.])[^\S\n]*([^\n]*)(?:\n(.*))?\Z", re.DOTALL)
_LINE_MAGIC = LazyPattern(r"^[^\S\n]*%devstral(?![\w.])[^\S\n]*([^\n]*)$", re.MULTILINE)
_LOADS = LazyPattern(r"^\s*%(?:re)?load_ext\s+jupyter_devstral\b", re.MULTILINE)
_MENTIONS = LazyPattern(r"^\s*%%?devstral\b", re.MULTILINE)
_OWN_CELL = LazyPattern(r"\s*%%devstral(?:\s|$)")
_OWN_LINE = LazyPattern(
    r"\s*%(?:devstral(?:\s|$)|config\s+DevstralConfig\b|(?:re|un)?load_ext\s+jupyter_devstral\s*$)"
)


def tests_in_cell(source: str) -> str | None:
    """The text below the magic of a cell of tests; None for any other cell."""
    found = _TEST_CELL.match(source)
    return source[found.end() :] if found else None


def cell_magic(source: str) -> tuple[str, str] | None:
    """The line and the body of a `%%devstral` cell; None for any other cell."""
    found = _CELL_MAGIC.match(source)
    return (found[1], found[2] or "") if found else None


def line_magics(source: str) -> list[str]:
    """The text behind each `%devstral` of a cell. The text of another cell magic has none."""
    return [] if source.lstrip().startswith("%%") else _LINE_MAGIC.findall(source)


def mentions_magic(source: str) -> bool:
    """Tell whether a line begins with one of our magics, wherever it stands."""
    return _MENTIONS.search(source) is not None


def loads_extension(source: str) -> bool:
    """Tell whether a line of the cell is `%load_ext jupyter_devstral`."""
    return _LOADS.search(source) is not None


def is_request(cell: Cell) -> bool:
    """Tell whether a cell only talks to Devstral.

    Its words travel as a turn or as the question, never as a cell.

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
