"""What a completion model reads: earlier cells, the cell around the cursor; cut so that little is read anew.

A prompt only grows while somebody works downwards: cells that are left out are left out in big steps, so that
the server's prefix cache holds from one key to the next and from one cell to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ..notebook.cells import Cell, Notebook
from ..notebook.own_cells import is_request
from .place import Place

# In characters: together with the answer a window of 4,096 tokens.
CELLS_LIMIT, CELLS_STEP = 6_000, 3_000
ABOVE_LIMIT, ABOVE_STEP = 4_000, 2_000
BELOW_LIMIT = 800
_CELL_LIMIT = 2_000
_PROSE_LIMIT = 300


@dataclass(frozen=True)
class Surroundings:
    """The text of a prompt: `above` ends where the cursor's line begins, `below` begins behind the cursor."""

    above: str
    below: str


def surroundings(
    notebook: Notebook, cell: Cell, place: Place, remarks: Mapping[str, Sequence[str]] | None = None
) -> Surroundings:
    """What stands around the cursor, within limits.

    Args:
        cell: the cell that the cursor is in; those before it in the notebook are its context.
        remarks: comment lines about variables, by the key of the cell behind which they stand.
    """
    earlier = _earlier_cells(notebook.cells[: cell.index], notebook.language, remarks or {})
    above = earlier + _tail(place.above, ABOVE_LIMIT, ABOVE_STEP)
    return Surroundings(above, place.rest + _head("\n" + place.below if place.below else "", BELOW_LIMIT))


def _earlier_cells(cells: Sequence[Cell], language: str, remarks: Mapping[str, Sequence[str]]) -> str:
    """The last of the cells, each with a blank line behind it."""
    lengths = [_length(cell.kind, cell.source) for cell in cells]
    # The length of what is left out is a multiple of the step, whatever is added at the end.
    left_out = -(-max(0, sum(lengths) - CELLS_LIMIT) // CELLS_STEP) * CELLS_STEP
    first = 0
    while left_out > 0:
        left_out -= lengths[first]
        first += 1
    kept = [cell for cell, length in zip(cells[first:], lengths[first:], strict=True) if length]
    return "".join(f"{_cell_text(cell, language, remarks.get(cell.key, ()))}\n\n" for cell in kept)


@lru_cache(maxsize=8192)
def _length(kind: Literal["code", "markdown", "raw"], source: str) -> int:
    """Characters that a cell takes; 0 for one that is not told. Asked for all cells at every key."""
    if kind not in ("code", "markdown") or not source.strip() or is_request(Cell("", 0, kind, source)):
        return 0
    return min(len(source), _CELL_LIMIT)


def _cell_text(cell: Cell, language: str, remarks: Sequence[str]) -> str:
    if cell.kind == "markdown":
        return _prose(cell.source.strip()[:_PROSE_LIMIT], language)
    source = cell.source.strip("\n").rstrip()
    if len(source) > _CELL_LIMIT:
        source = _head(source, _CELL_LIMIT // 2) + "\n" + _tail(source, _CELL_LIMIT // 2, 1)
    return "\n".join([source, *remarks])


def _prose(text: str, language: str) -> str:
    """Markdown in code: a string where there are long ones, which is not continued as comments are."""
    if language == "python":
        return '"""' + text.replace('"""', "'''") + '"""'
    sign = "//" if language in ("javascript", "typescript", "java", "scala", "kotlin", "rust", "go") else "#"
    return "\n".join(f"{sign} {line}" for line in text.split("\n"))


def _tail(text: str, limit: int, step: int) -> str:
    """The end of a text in whole lines, cut in steps."""
    if len(text) <= limit:
        return text
    cut = -(-(len(text) - limit) // step) * step
    line = text.find("\n", cut - 1)
    return text[line + 1 :] if line >= 0 else text[cut:]


def _head(text: str, limit: int) -> str:
    """The beginning of a text in whole lines."""
    if len(text) <= limit:
        return text
    line = text.rfind("\n", 0, limit)
    return text[:line] if line > 0 else text[:limit]
