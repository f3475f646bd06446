"""The cells above the question, in order, as pieces: each cell, and each earlier question with its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, TypeAlias

from ..notebook.cells import Cell, Turn
from ..notebook.own_cells import is_request
from .cell_text import cell_text, reference_text

# "definition" is a part of a cell, "below" a cell behind the one asked about.
PieceKind: TypeAlias = Literal[
    "cell", "definition", "error", "variable", "turn", "below", "file", "selection", "rules"
]


@dataclass(frozen=True)
class Piece:
    """Something of the notebook that is sent whole or not at all.

    Attributes:
        kind: what it is.
        id: `Cell.key`; for a variable or a file its name.
        text: as it stands in the messages.
        tokens: estimated.
    """

    kind: PieceKind
    id: str
    text: str
    tokens: int


@dataclass(frozen=True)
class Entry:
    """One step of the history: a cell (one piece) or a turn (two pieces: question, answer).

    Attributes:
        cell: where it stands.
        pieces: what it is sent as.
        turn: the exchange, for a turn.
        can_be_first: False where it refers to the entry before it.
    """

    cell: Cell
    pieces: tuple[Piece, ...]
    turn: Turn | None = None
    can_be_first: bool = True

    @property
    def tokens(self) -> int:
        """Of all its pieces."""
        return sum(piece.tokens for piece in self.pieces)


def history_of(cells: Iterable[Cell], language: str, estimate: Callable[[str], int]) -> list[Entry]:
    """The entries for `cells`, in order."""
    entries: list[Entry] = []
    answer = ""
    bound = 0  # entries up to here need no more binding to the last turn
    for cell in cells:
        if not is_request(cell):
            reference = reference_text(cell, answer) if answer else ""
            text = reference or cell_text(cell, language)
            if text:
                entries.append(Entry(cell, (Piece("cell", cell.key, text, estimate(text)),)))
            if reference:
                # Everything from the turn to here comes and goes together.
                _bind(entries, bound)
                bound = len(entries)
        for turn in cell.turns:
            said = (turn.user_text, turn.reply)
            pieces = tuple(Piece("turn", cell.key, text, estimate(text)) for text in said)
            entries.append(Entry(cell, pieces, turn))
            answer, bound = turn.reply, len(entries)
    return entries


def start_within(entries: Sequence[Entry], limit: int, step: int) -> int:
    """The index of the first entry to send when at most `limit` tokens of the most recent ones may be.

    What is left out is a multiple of `step` tokens, rounded up to whole entries: so the first one stays the
    same, and with it the cached prefix, while the notebook grows by up to `step` tokens.
    """
    sums = list(accumulate((entry.tokens for entry in entries), initial=0))
    excess = sums[-1] - limit
    if excess <= 0:
        return 0
    step = max(step, 1)
    leave_out = -(-excess // step) * step
    for index, entry in enumerate(entries):
        if sums[index] >= leave_out and entry.can_be_first:
            return index
    return len(entries)


def _bind(entries: list[Entry], first: int) -> None:
    for index in range(first, len(entries)):
        entry = entries[index]
        entries[index] = Entry(entry.cell, entry.pieces, entry.turn, can_be_first=False)
