"""A notebook that was sent before and has changed since: what was sent stands, and what is new of it follows.

A prefix cache then serves all that was sent. Where the notebook could as well be read anew, `continued` says
so by None.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..notebook.cells import Cell, Turn
from ..notebook.steps import TOP, History, Step, steps_of
from .cell_text import outputs_text
from .history import Entry, history_of

# Reading the notebook anew may cost so many more tokens than telling what is new: a prompt without old
# versions is easier to read.
_CHEAP = 64
# What no longer holds may be this part of what reading anew would cost.
_MOST_OUTDATED = 0.5
# In tracebacks, the number of a run.
_RUN = re.compile(r"In ?\[\d+\]")


@dataclass(frozen=True)
class Kept:
    """The notebook as it was last sent.

    Attributes:
        steps: what was sent of it.
        asked: the question's turn, without its answer: what the next request replays of it.
        order: the keys of its cells, as they stood.
        numbers: by which all cells of the notebook are called, by their keys; also those that are gone since.
        told: the key of the cell of which the question told a part.
    """

    steps: tuple[Step, ...] = ()
    asked: str = ""
    order: tuple[str, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    told: str = ""


def numbered(cells: Sequence[Cell], numbers: Mapping[str, int]) -> tuple[Cell, ...]:
    """The cells, called as before; a new one by its place, or by the next number that none ever had."""
    most = max(numbers.values(), default=-1)
    called: list[Cell] = []
    for cell in cells:
        number = numbers.get(cell.key)
        if number is None:
            number = most = max(cell.index, most + 1) if numbers else cell.index
        called.append(_called(cell, number))
    return tuple(called)


def continued(
    kept: Kept,
    above: Sequence[Cell],
    keys: Collection[str],
    *,
    language: str,
    estimate: Callable[[str], int],
) -> History | None:
    """What is read of the cells `above` a question: first what was sent, then what is new.

    Cells are numbered. None where what was sent does not belong here, and where reading anew is cheap.

    Args:
        keys: of all cells of the notebook.
    """
    now = steps_of(above)
    merged = _Merging(kept, now, frozenset(keys)).merged()
    if merged is None:
        return None
    steps = tuple(merged)
    if _is_worth_it(
        history_of(steps, language, estimate), history_of(now, language, estimate), len(kept.steps)
    ):
        return History(steps, len(kept.steps))
    return None


def _is_worth_it(steps: Sequence[Entry], anew: Sequence[Entry], kept: int) -> bool:
    """Whether the tokens that are saved pay for what no longer holds."""
    same = 0
    for one, other in zip(steps, anew, strict=False):
        if one.place >= kept or one.pieces != other.pieces:
            break
        same += 1
    to_read = sum(entry.tokens for entry in steps if entry.place >= kept)
    to_read_anew = sum(entry.tokens for entry in anew[same:])
    outdated = sum(entry.tokens for entry in steps) - sum(entry.tokens for entry in anew)
    return to_read_anew > to_read + _CHEAP and outdated <= _MOST_OUTDATED * to_read_anew


class _Merging:
    """One merge of what was sent with the notebook as it is."""

    def __init__(self, kept: Kept, now: Sequence[Step], keys: frozenset[str]) -> None:
        self._kept = kept
        self._now = now
        self._keys = keys
        self._cells = {step.cell.key: step.cell for step in now if step.turn is None}
        self._shown = _last_shown(kept.steps)

    def merged(self) -> list[Step] | None:
        """The steps; None where something was sent that may not be sent any more."""
        gone = self._shown.keys() - self._cells.keys()
        new = self._new_turns()
        # The user took an exchange out of the conversation, took out or emptied a cell, or asks above it.
        if new is None or gone & self._keys:
            return None
        # Files may repeat ids.
        if len(self._cells) != sum(step.turn is None for step in self._now):
            return None
        # The answer to the last question stands right behind it.
        answers = [at for at in sorted(new) if self._said(at).user_text == self._kept.asked][:1]
        untold = "" if answers else self._kept.told
        return [
            *map(self._renumbered, self._kept.steps),
            *(self._now[at] for at in answers),
            *self._new_steps(new - set(answers)),
            *self._deleted(gone),
            *self._changes(untold),
        ]

    def _renumbered(self, step: Step) -> Step:
        """The step, its cell where it stands now."""
        cell = self._cells.get(step.cell.key)
        return step if cell is None else replace(step, cell=_called(step.cell, step.cell.name, cell.index))

    def _said(self, at: int) -> Turn:
        turn = self._now[at].turn
        assert turn is not None
        return turn

    def _new_turns(self) -> set[int] | None:
        """The places of exchanges that were not sent; None where one that was is no longer there."""
        held = [step.turn for step in self._kept.steps if step.turn is not None]
        new: set[int] = set()
        found = 0
        for at, step in enumerate(self._now):
            if step.turn is None:
                continue
            if found < len(held) and step.turn == held[found]:
                found += 1
            else:
                new.add(at)
        return new if found == len(held) else None

    def _new_steps(self, turns: Collection[int]) -> Iterator[Step]:
        last_known = max(
            (at for at, step in enumerate(self._now) if step.turn is None and step.cell.key in self._shown),
            default=-1,
        )
        below = TOP
        for at, step in enumerate(self._now):
            if step.turn is not None:
                if at in turns:
                    yield step
                continue
            if step.cell.key not in self._shown:
                yield step if at > last_known else replace(step, news="new", below=below)
            below = step.cell.name

    def _deleted(self, gone: set[str]) -> Iterator[Step]:
        for key in sorted(gone, key=lambda key: self._shown[key].cell.name):
            yield Step(_bare(self._shown[key].cell), "deleted")

    def _changes(self, untold: str) -> Iterator[Step]:
        moved = self._moved()
        below = TOP
        for key, cell in self._cells.items():
            before = self._shown.get(key)
            if key in moved:
                yield Step(_bare(cell), "moved", below)
            if before is not None:
                was = before.cell if before.was is None or key == untold else before.was
                yield from _changed(was, cell)
            below = cell.name

    def _moved(self) -> set[str]:
        """The fewest cells that have to be moved for the order of now."""
        was = {key: at for at, key in enumerate(self._kept.order)}
        common = [key for key in self._cells if key in was and key in self._shown]
        return set(common) - {common[at] for at in _longest_rise([was[key] for key in common])}


def _last_shown(steps: Sequence[Step]) -> dict[str, Step]:
    """Key -> the step that last showed a cell; none for cells that have been deleted."""
    shown: dict[str, Step] = {}
    for step in steps:
        if step.turn is not None or step.news == "moved":
            continue
        if step.news == "deleted":
            shown.pop(step.cell.key, None)
        else:
            shown[step.cell.key] = step
    return shown


def _changed(was: Cell, cell: Cell) -> Iterator[Step]:
    """What is new of a cell."""
    if (was.kind, was.source.strip()) != (cell.kind, cell.source.strip()):
        yield Step(cell, "version")
    elif _outputs(was) != _outputs(cell):
        yield Step(cell, "outputs")


def _outputs(cell: Cell) -> str:
    """The outputs as they are read; that it ran once more is nothing new."""
    return _RUN.sub("", outputs_text(cell.outputs))


def _called(cell: Cell, number: int, index: int | None = None) -> Cell:
    at = cell.index if index is None else index
    return replace(cell, index=at, number=None if number == at else number)


def _bare(cell: Cell) -> Cell:
    """The cell, only to be named."""
    return replace(cell, source="", outputs=(), turn=None, chat=())


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """The places of a longest increasing subsequence."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        at = bisect_left(ends, number)
        before.append(places[at - 1] if at else -1)
        ends[at : at + 1], places[at : at + 1] = [number], [place]
    found: list[int] = []
    place = places[-1] if places else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]
