"""What a model reads of a notebook, step by step: cells and exchanges, and what became of cells since.

Only data: no text of a prompt, no decision on what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .cells import Cell, Turn
from .own_cells import is_request

# "version": another source in place of the one before; "outputs": the same source, but other outputs.
News: TypeAlias = Literal["", "version", "outputs", "new", "moved", "deleted"]
# Stands for the place above all cells.
TOP = -1


@dataclass(frozen=True)
class Step:
    """A cell, or an exchange, as it was when it was first sent.

    Attributes:
        cell: without its exchanges; of an exchange, the cell in which it was held, empty but for `turn`.
        news: what is said of a cell that an earlier step has shown, or that others were shown without.
        below: the number of the cell that a new or moved one stands below, or TOP.
        was: the whole cell, where the question itself told a part of it.
    """

    cell: Cell
    news: News = ""
    below: int = TOP
    was: Cell | None = None

    @property
    def turn(self) -> Turn | None:
        """The exchange; None for a cell."""
        return self.cell.turn


@dataclass(frozen=True)
class History:
    """The steps above a question.

    Attributes:
        kept: how many of them stand as they were sent before.
    """

    steps: tuple[Step, ...]
    kept: int = 0

    def with_cells(self, change: Callable[[Cell], Cell]) -> History:
        """The same steps of changed cells."""
        steps = tuple(replace(step, cell=change(step.cell)) for step in self.steps)
        return replace(self, steps=steps)


def steps_of(cells: Iterable[Cell]) -> list[Step]:
    """The steps of cells that nothing was sent of before; none of empty ones and of our own."""
    steps: list[Step] = []
    for cell in cells:
        if not is_request(cell) and (cell.source.strip() or cell.outputs):
            steps.append(Step(replace(cell, turn=None, chat=()) if cell.turns else cell))
        steps += [
            Step(Cell(cell.id, cell.index, cell.kind, "", turn=turn, number=cell.number))
            for turn in cell.turns
        ]
    return steps
