"""The cells above the question, in order, as pieces: each cell, and each earlier question with its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal, TypeAlias

from ..notebook.cells import Cell, Turn
from ..notebook.steps import TOP, Step
from .cell_text import cell_text, new_outputs_text, news_text, reference_text

# "definition" is a part of a cell, "below" a cell behind the one asked about, "outdated" what was sent of
# a cell that has changed since.
PieceKind: TypeAlias = Literal[
    "cell", "definition", "error", "variable", "turn", "below", "file", "selection", "outdated", "rules"
]


@dataclass(frozen=True)
class Piece:
    """Something of the notebook that is sent whole or not at all.

    Attributes:
        kind: what it is.
        id: `Cell.key`; for a variable or a file its name.
        text: as it stands in the messages.
        tokens: estimated.
        told: all that a reader knows of a variable then, where `text` says only what is new.
    """

    kind: PieceKind
    id: str
    text: str
    tokens: int
    told: str = ""


@dataclass(frozen=True)
class Entry:
    """One step of the history: a cell (one piece) or a turn (two pieces: question, answer).

    Attributes:
        cell: where it stands.
        pieces: what it is sent as.
        turn: the exchange, for a turn.
        can_be_first: False where it refers to the entry before it.
        place: of its step.
    """

    cell: Cell
    pieces: tuple[Piece, ...]
    turn: Turn | None = None
    can_be_first: bool = True
    place: int = 0

    @property
    def tokens(self) -> int:
        """Of all its pieces."""
        return sum(piece.tokens for piece in self.pieces)


def history_of(steps: Sequence[Step], language: str, estimate: Callable[[str], int]) -> list[Entry]:
    """The entries for `steps`, in order."""
    entries: list[Entry] = []
    gone = _gone(steps)
    answer = ""
    bound = 0  # entries up to here need no more binding to the last turn
    for place, step in enumerate(steps):
        if step.turn is not None:
            said = (step.turn.user_text, step.turn.reply)
            pieces = tuple(Piece("turn", step.cell.key, text, estimate(text)) for text in said)
            entries.append(Entry(step.cell, pieces, step.turn, place=place))
            answer, bound = step.turn.reply, len(entries)
            continue
        reference = _reference(step, answer)
        text = reference or _text(step, language)
        if text:
            kind: PieceKind = "outdated" if place in gone else "cell"
            entries.append(Entry(step.cell, (Piece(kind, step.cell.key, text, estimate(text)),), place=place))
        if reference:
            # Everything from the turn to here comes and goes together.
            _bind(entries, bound)
            bound = len(entries)
    return entries


def _gone(steps: Sequence[Step]) -> set[int]:
    """The places of steps that no longer hold: of a cell that has another version now, or none."""
    gone: set[int] = set()
    places: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        if step.turn is None:
            if step.news in ("version", "new", "deleted"):
                gone.update(places.pop(step.cell.key, ()))
            places.setdefault(step.cell.key, []).append(place)
            if step.news == "deleted":
                gone.add(place)
    return gone


def _reference(step: Step, answer: str) -> str:
    is_shown = step.news in ("", "version", "new")
    return reference_text(step.cell, answer, _remark(step)) if answer and is_shown else ""


def _text(step: Step, language: str) -> str:
    if step.news == "outputs":
        return new_outputs_text(step.cell)
    if step.news == "deleted":
        return news_text(step.cell, "has been deleted")
    if step.news == "moved":
        return news_text(step.cell, f"has been moved: it stands {_place(step)} now")
    return cell_text(step.cell, language, _remark(step))


def _remark(step: Step) -> str:
    """What marks a cell that is not read where it stands, in a form that replies may repeat."""
    if step.news == "version":
        return " (new version, the earlier one is gone)"
    return f" (new, {_place(step)})" if step.news == "new" else ""


def _place(step: Step) -> str:
    return "above all others" if step.below == TOP else f"below cell {step.below}"


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
        entries[index] = replace(entry, can_be_first=False)
