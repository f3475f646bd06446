"""The second question, after a fix that failed in a trial: about the code as the fix would leave it.

A small model that is told in the same conversation that its code failed writes the same code again. This
question therefore shows the proposed code in the notebook with the new error below it, and no first answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .answer import Reply
from .edits.edit import Edit
from .edits.versions.loss import loss_of
from .failure.failure import Failure, Frame
from .notebook.cells import Cell
from .request.tasks import Request


def request_after(
    request: Request, edits: Sequence[Edit], failed: Cell, *, ename: str, evalue: str, line: int
) -> Request:
    """The question about `failed`, a cell with its proposed source, which raised an error.

    `line` counts in that source, 1-based; 0 where it is not known.
    """
    sources = {edit.cell_id: edit.source for edit in edits if edit.op == "replace"}
    cells = tuple(
        replace(cell, source=sources[cell.key]) if cell.key in sources else cell
        for cell in request.notebook.cells
    )
    lines = failed.source.split("\n")
    source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    before = request.failure
    hints = () if before is None else (f"it was changed because of {before.title}", *before.hints)
    failure = Failure(ename, evalue, failed.key, (Frame(failed.key, line=line, source=source),), hints=hints)
    target = next((cell for cell in cells if cell.key == failed.key), failed)
    return replace(
        request, notebook=replace(request.notebook, cells=cells), focus=target, target=target, failure=failure
    )


def as_answer_to(first: Reply, second: Reply) -> Reply:
    """Turn the second reply into an answer to the first question, with edits of the cells as they stand."""
    originals = {edit.cell_id: edit.before for edit in first.edits}
    edits = {edit.cell_id: edit for edit in first.edits}
    for edit in second.edits:
        before = originals.get(edit.cell_id, edit.before)
        loss = replace(loss_of(before, edit.source), remakes=edit.loss.remakes)
        edits[edit.cell_id] = replace(edit, before=before, loss=loss)
    return replace(
        second,
        request=first.request,
        edits=tuple(edits.values()) if second.edits else (),
        turn=replace(first.turn, reply=second.text),
    )
