"""What a completion model reads: earlier cells, the cell around the cursor; cut so that little is read anew.

A prompt only grows while somebody works downwards: cells that are left out are left out in big steps, so that
the server's prefix cache holds from one key to the next and from one cell to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from ..notebook.cells import Cell, Notebook
from ..notebook.own_cells import is_request
from .place import Place

# In characters: together with the answer a window of 4,096 tokens.
CELLS_LIMIT, CELLS_STEP = 6_000, 3_000
ABOVE_LIMIT, ABOVE_STEP = 4_000, 2_000
BELOW_LIMIT = 800
_CELL_LIMIT = 2_000
_PROSE_LIMIT = 300


Redact: TypeAlias = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True)
class Surroundings:
    """The text of a prompt: `above` ends where the cursor's line begins, `below` begins behind the cursor.

    `begun` is what of the cursor's line stands before the cursor and is shown.
    """

    above: str
    begun: str
    below: str


def surroundings(
    notebook: Notebook,
    cell: Cell,
    place: Place,
    head: str,
    remarks: Mapping[str, Sequence[str]] | None = None,
    redact: Redact = list,
) -> Surroundings:
    """What stands around the cursor, within limits.

    Args:
        cell: the cell that the cursor is in; those before it in the notebook are its context.
        head: what of the cursor's line is shown.
        remarks: comment lines about variables, by the key of the cell behind which they stand.
        redact: takes secrets out of texts that belong together; nothing is cut before.
    """
    kept = _kept(notebook.cells[: cell.index])
    told = ["\n".join((remarks or {}).get(each.key, ())) for each in kept]
    behind = f"{place.rest}\n{place.below}" if place.below else place.rest
    # What is near the cursor is looked at as a whole: its parts may not show what they are parts of.
    texts = [place.nearby[0], head, place.above, behind, *told, *(each.source for each in kept)]
    _, begun, above, below, *others = redact(texts)
    earlier = "".join(
        f"{_cell_text(each.kind, source, notebook.language, remark)}\n\n"
        for each, remark, source in zip(kept, others[: len(kept)], others[len(kept) :], strict=True)
    )
    return Surroundings(earlier + _tail(above, ABOVE_LIMIT, ABOVE_STEP), begun, _head(below, BELOW_LIMIT))


def _kept(cells: Sequence[Cell]) -> list[Cell]:
    """The last of the cells, as far as they are told."""
    lengths = [_length(cell.kind, cell.source) for cell in cells]
    # The length of what is left out is a multiple of the step, whatever is added at the end.
    left_out = -(-max(0, sum(lengths) - CELLS_LIMIT) // CELLS_STEP) * CELLS_STEP
    first = 0
    while left_out > 0:
        left_out -= lengths[first]
        first += 1
    return [cell for cell, length in zip(cells[first:], lengths[first:], strict=True) if length]


@lru_cache(maxsize=8192)
def _length(kind: Literal["code", "markdown", "raw"], source: str) -> int:
    """Characters that a cell takes; 0 for one that is not told. Asked for all cells at every key."""
    if kind not in ("code", "markdown") or not source.strip() or is_request(Cell("", 0, kind, source)):
        return 0
    return min(len(source), _CELL_LIMIT)


def _cell_text(kind: str, source: str, language: str, remark: str) -> str:
    if kind == "markdown":
        return _prose(source.strip()[:_PROSE_LIMIT], language)
    text = source.strip("\n").rstrip()
    if len(text) > _CELL_LIMIT:
        text = _head(text, _CELL_LIMIT // 2) + "\n" + _tail(text, _CELL_LIMIT // 2, 1)
    return f"{text}\n{remark}" if remark else text


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
