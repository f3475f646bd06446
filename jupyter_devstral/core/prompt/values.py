"""A request without values of the user's data: what may leave this machine."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ..notebook.cells import Cell, Output, Turn
from ..request.tasks import Request
from ..text.printed_table import table_schema
from ..variables.samples import without_values


def schemas_only(request: Request) -> Request:
    """The same request: no sample values of variables, no rows of printed tables.

    Also not those that earlier questions were asked with: they may have stayed on this machine.
    """
    failure = request.failure
    if failure is not None:
        frames = [replace(frame, values=tuple(map(without_values, frame.values))) for frame in failure.frames]
        failure = replace(failure, frames=tuple(frames))
    return replace(
        request.with_cells(_cell),
        history=request.history.with_cells(_cell) if request.history else None,
        variables=tuple(replace(each, text=without_values(each.text)) for each in request.variables),
        failure=failure,
    )


@lru_cache(maxsize=16384)
def _cell(cell: Cell) -> Cell:
    outputs = tuple(map(_output, cell.outputs))
    turn = _turn(cell.turn) if cell.turn else None
    chat = tuple(map(_turn, cell.chat))
    if (outputs, turn, chat) == (cell.outputs, cell.turn, cell.chat):
        return cell
    return replace(cell, outputs=outputs, turn=turn, chat=chat)


def _output(output: Output) -> Output:
    if output.mime != "text/html" or output.kind in ("stream", "error"):
        return output
    return replace(output, text=table_schema(output.text.strip("\n").rstrip()))


def _turn(turn: Turn) -> Turn:
    described = tuple((name, without_values(text)) for name, text in turn.described)
    return replace(turn, user_text=without_values(turn.user_text), described=described)
