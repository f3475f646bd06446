"""Pieces going into a budget: what was admitted, what was refused, and the room that is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .history import Piece


@dataclass
class Packing:
    """One attempt at a budget.

    Attributes:
        room: tokens left; None: no limit.
        parts: definitions and whole cells by the index of their cell; a longer form replaces a shorter one.
        errors: errors by the index of their cell.
        variables: descriptions, in the order they were offered.
        dropped: descriptions that did not fit.
        complete: everything required is in, and in its longest form.
        covered: every required definition is in, in some form.
    """

    room: int | None
    parts: dict[int, Piece] = field(default_factory=dict)
    errors: dict[int, Piece] = field(default_factory=dict)
    variables: list[Piece] = field(default_factory=list)
    dropped: list[Piece] = field(default_factory=list)
    complete: bool = True
    covered: bool = True

    @property
    def pieces(self) -> list[Piece]:
        """Parts and errors in document order."""
        both = [*self.parts.items(), *self.errors.items()]
        return [piece for _, piece in sorted(both, key=lambda pair: (pair[0], pair[1].kind))]

    def admit(self, index: int, piece: Piece) -> bool:
        """Takes in a part of the cell at `index`, in place of the one there, if it fits."""
        old = self.parts.get(index)
        if not self._take(piece.tokens - (old.tokens if old else 0)):
            return False
        self.parts[index] = piece
        return True

    def admit_error(self, index: int, piece: Piece) -> bool:
        """Takes in the error of the cell at `index` if it fits."""
        if not self._take(piece.tokens):
            return False
        self.errors[index] = piece
        return True

    def describe(self, pieces: Iterable[Piece], required: bool) -> None:
        """Takes in variables, each if it fits."""
        for piece in pieces:
            if self._take(piece.tokens):
                self.variables.append(piece)
            else:
                self.dropped.append(piece)
                self.complete = self.complete and not required

    def _take(self, tokens: int) -> bool:
        if self.room is None:
            return True
        if tokens > self.room:
            return False
        self.room -= tokens
        return True
