"""The edits of a reply that may be offered: none of half an answer, none of a cell that was sent in part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .edits.edit import Edit
from .edits.proposal import NO_CODE, propose_edits
from .prompt.safe_request import is_sent_whole

if TYPE_CHECKING:
    from .answer import Outgoing
    from .reply.parser import Code, Prose

_HALF = "The answer is not complete, so no cell was made of its code yet."
# Verdicts on a block that cannot become a cell, however it continues.
_NO_CODE = frozenset({"output", "shell", "diff"})
# Kinds of pieces that carry a cell's whole source.
_SENT_WHOLE = ("cell", "below")
_IN_PART = (
    "Cell {} did not fit and was sent only in part, so its rewrite is not offered. A larger `num_ctx` helps."
)
_NOT_WHOLE = (
    "The cell holds a block of embedded data that is not sent, so the rewritten cell would lose it and is "
    "not offered. Move the data to a file, or to a cell of its own."
)


def offered_edits(
    outgoing: Outgoing, events: Sequence[Prose | Code], finished: str
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """The edits, and a sentence for each unused part of the reply; `finished` as in `Reply`."""
    request = outgoing.request
    edits, unused = propose_edits(
        request.task,
        events,
        anchor=next((cell.key for cell in (request.focus, request.target) if cell is not None), ""),
        target=request.target,
        language=request.notebook.language,
        notebook=request.notebook,
    )
    edits, refused = _of_cells_sent_whole(edits, outgoing)
    # An explanation without code is complete; an interrupted one may not have reached its code.
    if request.failure is not None or finished == "interrupted":
        unused = tuple(note for note in unused if note != NO_CODE)
    unused = (*unused, *refused)
    if edits and not _ended_outside_code(finished, events):
        return (), (*unused, _HALF)
    return edits, unused


def _of_cells_sent_whole(
    edits: tuple[Edit, ...], outgoing: Outgoing
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Drop rewrites of cells that the model did not see whole, with a sentence for each."""
    request = outgoing.request
    sent = {piece.id for piece in outgoing.prompt.pieces if piece.kind in _SENT_WHOLE}
    sent |= {cell.key for cell in (request.target, request.focus) if cell is not None}
    sent |= set(request.selected)
    cells = {cell.key: cell for cell in request.notebook.cells}
    cells |= {request.target.key: request.target} if request.target else {}
    kept, notes = [], []
    for edit in edits:
        cell = cells.get(edit.cell_id)
        if edit.op == "insert" or cell is None or (edit.cell_id in sent and is_sent_whole(cell)):
            kept.append(edit)
        else:
            notes.append(_IN_PART.format(cell.sign) if edit.cell_id not in sent else _NOT_WHOLE)
    return tuple(kept), tuple(notes)


def _ended_outside_code(finished: str, events: Sequence[Prose | Code]) -> bool:
    """Tell whether a reply that ended early can be used. Half a cell, or half an answer, is no proposal.

    A sample of output that was cut off is not code.
    """
    if finished in ("stop", "interrupted"):
        return finished == "stop"
    last = events[-1] if events else None
    return getattr(last, "closed", True) or getattr(last, "verdict", "") in _NO_CODE
