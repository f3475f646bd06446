"""The notebook of a run: its cells as they would be, and what each was before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..errors import NotebookError
from ..notebook.cells import Cell, Notebook, Output
from .steps import Ran

State: TypeAlias = Literal["as it was", "changed", "new", "deleted"]

_SHORTEST = 4


@dataclass
class DraftCell:
    """One cell of a draft.

    Attributes:
        id: the notebook's own, or a new one.
        before: the source when the run began; None for a cell of the run.
        shown: the source that the model was last shown; an edit of anything else is refused.
        ran: what became of it in the copy; None where the run has not run it.
        refused: effects that were refused to it, as phrases.
        outputs: what it showed in the copy, as nbformat 4 has it.
        had: what it showed in the notebook when the run began.
    """

    id: str
    kind: str
    source: str
    before: str | None
    shown: str | None = None
    ran: Ran | None = None
    deleted: bool = False
    refused: list[str] = field(default_factory=list)
    outputs: tuple[Mapping[str, Any], ...] = ()
    had: tuple[Output, ...] = ()

    @property
    def state(self) -> State:
        """What the run has made of it."""
        if self.before is None:
            return "new"
        if self.deleted:
            return "deleted"
        return "changed" if self.source != self.before else "as it was"


class Draft:
    """The cells of a run, in order.

    Args:
        notebook: as it is when the run begins; cells without ids are named `c1`, `c2` … for the run.
        seed: makes ids of new cells differ between runs.
    """

    def __init__(self, notebook: Notebook, *, seed: str = "") -> None:
        self.language = notebook.language
        self._seed = seed
        self.cells = [
            DraftCell(
                cell.id or f"c{cell.index + 1}",
                cell.kind,
                cell.source,
                cell.source,
                cell.source,
                had=cell.outputs,
            )
            for cell in notebook.cells
        ]
        self._last: DraftCell | None = None

    def __iter__(self) -> Iterator[DraftCell]:
        return (cell for cell in self.cells if not cell.deleted)

    @property
    def touched(self) -> list[DraftCell]:
        """The cells that are new, changed or deleted."""
        return [
            cell
            for cell in self.cells
            if cell.state != "as it was" and not (cell.deleted and cell.before is None)
        ]

    def short(self, cell: DraftCell) -> str:
        """Name a cell by the shortest prefix of its id that is its alone, four characters at least."""
        others = [one.id for one in self.cells if one is not cell]
        for length in range(_SHORTEST, len(cell.id)):
            if not any(other.startswith(cell.id[:length]) for other in others):
                return cell.id[:length]
        return cell.id

    def find(self, name: str) -> DraftCell:
        """Find the cell of an id or of a prefix that only one has; NotebookError names those there are."""
        wanted = name.strip().strip("[]`'\"").removeprefix("cell ").strip()
        there = list(self)
        exact = [cell for cell in there if cell.id == wanted]
        found = exact or [cell for cell in there if len(wanted) >= _SHORTEST and cell.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        raise NotebookError(
            f"{'Several cells begin with' if found else 'There is no cell'} {wanted[:40]!r}. "
            f"The cells are: {', '.join(map(self.short, there)) or 'none'}."
        )

    def same(self, source: str) -> DraftCell | None:
        """Find the cell of the run that has just this source: written again, it is no new one."""
        return next((cell for cell in self if cell.before is None and cell.source == source), None)

    def write(self, cell: DraftCell | None, source: str, kind: str) -> DraftCell:
        """Give a cell another source, or make a new one behind the last one of the run."""
        if cell is None:
            cell = DraftCell(self._new_id(source), kind, source, None)
            self.cells.insert(self._place(), cell)
        cell.source = cell.shown = source
        # What it showed belongs to its source.
        cell.ran, cell.refused, cell.outputs, cell.had = None, [], (), ()
        self._last = cell
        return cell

    def delete(self, cell: DraftCell) -> None:
        """Take a cell out."""
        cell.deleted = True

    def follow(self, now: Sequence[Cell]) -> list[DraftCell]:
        """Take over what the user has typed, added or deleted meanwhile; gives the cells that he added.

        A cell that the run has changed stays as the run has it: whoever carries the run out decides.

        Args:
            now: the notebook's cells as they are.
        """
        there = {cell.id: cell for cell in now}
        for cell in [one for one in self.cells if one.state == "as it was"]:
            his = there.get(cell.id)
            if his is None:
                self.cells.remove(cell)
            elif (his.source, his.kind) != (cell.source, cell.kind):
                cell.source = cell.before = his.source
                cell.kind, cell.had = his.kind, ()
        return list(self._added(now))

    def _added(self, now: Sequence[Cell]) -> Iterator[DraftCell]:
        """Put in what is not known, behind the cell that it stands behind; not shown to the model yet."""
        place = 0
        for cell in now:
            known = next((at for at, one in enumerate(self.cells) if one.id == cell.id), None)
            if known is not None:
                place = known + 1
                continue
            added = DraftCell(cell.id, cell.kind, cell.source, cell.source)
            self.cells.insert(place, added)
            place += 1
            yield added

    def _place(self) -> int:
        places = (at for at, cell in enumerate(self.cells, 1) if cell is self._last)
        return next(places, len(self.cells))

    def _new_id(self, source: str) -> str:
        number = len(self.cells)
        taken = _beginnings(cell.id for cell in self.cells)
        while True:
            text = f"{self._seed}\n{number}\n{source}"
            made = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            # Digits alone could be read as a place in the notebook.
            if made[:_SHORTEST] not in taken and not made[:_SHORTEST].isdigit():
                return made
            number += 1


def _beginnings(ids: Iterable[str]) -> set[str]:
    return {id[:_SHORTEST] for id in ids}
