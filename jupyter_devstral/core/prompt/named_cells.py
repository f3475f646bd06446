"""Cells that a question names as the screen does, told by the names that the prompt gives them.

A prompt counts cells from the top of the notebook, so that a name stays the same when a cell is run again; a
screen shows how often something has been run: `[2]` there may be `Cell 1` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..notebook.cells import Cell, Notebook, header
from ..text.lazy_pattern import LazyPattern

# "cell 2", "cells 2 and 3", "cell [2]", "cell #2", also in some other languages; "In [2]"; "[2]" that indexes
# nothing.
_WORD = r"(?:cells?|cellules?|zellen?|celdas?|celle|cella)"
_NUMBER = r"(?:\[\d{1,5}\]|#?\d{1,5}\b)"
_JOINED = r"(?:\s*(?:,|and|or|to|et|ou|à|und|oder|bis|y|e|o|–|-)\s*)"
_NAMED = LazyPattern(rf"\b{_WORD}\s+(?P<several>{_NUMBER}(?:{_JOINED}{_NUMBER})*)", re.IGNORECASE)
_ALONE = LazyPattern(r"(?<![\w)\]\"'`.])(?:In\s*)?\[(\d{1,5})\](?![\w(\[=])")
_DIGITS = LazyPattern(r"(#?)(\d+)")


def names_note(question: str, notebook: Notebook) -> str:
    """Say which cells a question means; "" where it names none, or by the same numbers."""
    meant = {said: cell for said, cell in _meant(question, notebook) if said != str(cell.name)}
    if not meant:
        return ""
    told = ", ".join(f"`{said}` is {header(cell)}" for said, cell in meant.items())
    return f"By the numbers on my screen {told}."


def _meant(question: str, notebook: Notebook) -> Iterator[tuple[str, Cell]]:
    by_sign = {cell.sign: cell for cell in notebook.cells}
    by_place = {f"#{cell.index + 1}": cell for cell in notebook.cells}
    for several in _NAMED.finditer(question):
        for sharp, digits in _DIGITS.findall(several["several"]):
            placed = by_place.get(f"#{digits}")
            cell = placed if sharp else by_sign.get(f"[{digits}]", placed)
            if cell is not None:
                yield f"{sharp}{digits}", cell
    for digits in _ALONE.findall(question):
        if (cell := by_sign.get(f"[{digits}]")) is not None:
            yield digits, cell
