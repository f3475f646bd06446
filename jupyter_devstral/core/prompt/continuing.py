"""A request that goes on from what was last sent of its notebook, so that a prefix cache serves that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..context.continued import Kept, continued, numbered
from ..notebook.cells import Cell
from ..request.tasks import Request, Rules
from .prompt import Prompt, above

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Recipient:
    """What read a prompt: another model, or a window for which it is loaded anew, has nothing of it."""

    model: str
    host: str
    window: int
    # They stand above the notebook: behind others everything is read anew.
    rules: tuple[Rules, ...] = ()


@dataclass
class SentNotebook:
    """The memory of what was last sent of one notebook, and to which model; for any thread.

    Attributes:
        last: both, or None.
    """

    last: tuple[Recipient, Kept] | None = None

    def forget(self) -> None:
        """The next prompt is read anew."""
        self.last = None

    def continued(self, request: Request, estimate: Callable[[str], int]) -> Request:
        """The request as it goes on from there, with its cells named as there; `anew` where it does not."""
        request = anew(request)
        if self.last is None:
            return request
        kept = self.last[1]
        cells = numbered(request.notebook.cells, kept.numbers)
        if any(cell.number is not None for cell in cells) and _names_cells(request, cells):
            return request
        named = {cell.key: cell.number for cell in cells}
        renamed = request.with_cells(lambda cell: replace(cell, number=named.get(cell.key)))
        history = continued(
            kept,
            above(renamed),
            named.keys(),
            language=request.notebook.language,
            estimate=estimate,
        )
        return replace(renamed, history=history) if history is not None else request

    def keep(self, recipient: Recipient, prompt: Prompt) -> None:
        """Note what was sent."""
        request = prompt.request
        if request is None or not request.notebook.cells:
            return
        if not prompt.steps:
            # Of a question without context the model remembers nothing that could go on.
            if request.scope in ("notebook", "above"):
                self.last = None
            return
        before = self.last[1].numbers if self.last is not None and request.history is not None else {}
        cells = above(request)
        kept = Kept(
            steps=prompt.steps,
            asked=prompt.user_text,
            order=tuple(cell.key for cell in cells),
            numbers={**before, **{cell.key: cell.name for cell in request.notebook.cells}},
            told=request.failure.cell if request.failure is not None else "",
        )
        self.last = recipient, kept


def anew(request: Request) -> Request:
    """The request, its notebook read as it is now."""
    if request.history is None:
        return request
    return replace(request.with_cells(_by_place), history=None)


def _by_place(cell: Cell) -> Cell:
    return cell if cell.number is None else replace(cell, number=None)


def _names_cells(request: Request, cells: tuple[Cell, ...]) -> bool:
    """Whether numbers of cells may stand in what is known of a failure, or in the user's words.

    They would be places, and others are called by these numbers now.
    """
    changed = {number for cell in cells if cell.number is not None for number in (cell.index, cell.number)}
    said = {int(number) for number in _NUMBER.findall(request.question) if len(number) < 6}
    return request.failure is not None or not said.isdisjoint(changed)
