"""Pieces going into a budget: what was admitted, what was refused, and the room that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .history import Piece


@dataclass
class Packing:
    """One attempt at a budget.

    Attributes:
        room: tokens left; None: no limit.
        shorten: a shorter form of a required description in at most so many tokens, or None; without it, what
            does not fit whole is dropped.
        share: the most tokens that a description may have where it can be shortened.
        parts: definitions and whole cells by the index of their cell; a longer form replaces a shorter one.
        errors: errors by the index of their cell.
        variables: descriptions, in the order they were offered.
        dropped: descriptions that did not fit.
        complete: everything required is in, and in its longest form.
        covered: every required definition is in, in some form.
        described: every required description of several lines (a table's) is in, in some form.
    """

    room: int | None
    shorten: Callable[[Piece, int], Piece | None] | None = None
    share: int = 0
    parts: dict[int, Piece] = field(default_factory=dict)
    errors: dict[int, Piece] = field(default_factory=dict)
    variables: list[Piece] = field(default_factory=list)
    dropped: list[Piece] = field(default_factory=list)
    complete: bool = True
    covered: bool = True
    described: bool = True

    @property
    def pieces(self) -> list[Piece]:
        """Parts and errors in document order."""
        both = [*self.parts.items(), *self.errors.items()]
        return [piece for _, piece in sorted(both, key=lambda pair: (pair[0], pair[1].kind))]

    def admit(self, index: int, piece: Piece) -> bool:
        """Take in a part of the cell at `index`, in place of the one there, if it fits."""
        old = self.parts.get(index)
        if not self._take(piece.tokens - (old.tokens if old else 0)):
            return False
        self.parts[index] = piece
        return True

    def admit_error(self, index: int, piece: Piece) -> bool:
        """Take in the error of the cell at `index` if it fits."""
        if not self._take(piece.tokens):
            return False
        self.errors[index] = piece
        return True

    def describe(self, pieces: Iterable[Piece], required: bool) -> None:
        """Take in variables, each if it fits; required ones in a shorter form where that is allowed."""
        for whole in pieces:
            piece = self._fitting(whole) if required and self.shorten is not None else whole
            if self._take(piece.tokens):
                self.variables.append(piece)
            else:
                self.dropped.append(piece)
                self.complete = self.complete and not required
                self.described = self.described and not (required and "\n" in whole.text)

    def _fitting(self, piece: Piece) -> Piece:
        room = piece.tokens if self.room is None else min(self.room, self.share)
        if self.shorten is None or piece.tokens <= room:
            return piece
        # Another attempt may have room for the whole share.
        self.complete = self.complete and room == self.share
        return self.shorten(piece, room) or piece

    def _take(self, tokens: int) -> bool:
        if self.room is None:
            return True
        if tokens > self.room:
            return False
        self.room -= tokens
        return True
