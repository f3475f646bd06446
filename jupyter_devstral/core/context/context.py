"""Context of a request: what a model may see of the notebook, packed by need into a budget.

Knows cells, not tasks nor messages. Two layouts: everything that stands above the question, in order; or,
where that does not fit, a run of the most recent cells, and behind it the definitions needed from before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..notebook.cells import Cell
from ..notebook.own_cells import is_request
from ..notebook.steps import Step, steps_of
from ..python.definitions import definition_text
from ..python.dependencies import Dependencies
from ..variables.namespace import Variable
from .cell_text import cell_text, error_text, part_text
from .history import Entry, Piece, PieceKind, history_of, start_within
from .packing import Packing
from .shorter import shortened_description
from .variable_choice import Choice, choose_variables

# The run of recent cells is cut in steps of a quarter of the budget, and is at most three quarters of it.
_QUARTERS = (3, 2, 1, 0)
# Where not all fits, the most that a table's description may have: a part of the budget, or as many tokens as
# some twenty or ten columns take.
_SHARES, _FAIR_SHARES = 4, (160, 100, 70)
# Behind the run, what is nice to have is read anew with every request: it must stay short (tokens).
_EXTRA_LIMIT = 1500


@dataclass(frozen=True)
class Sources:
    """Material for a context.

    Attributes:
        above: the cells before the question, in order.
        history: how they are read, where some stand as they were sent before; None: as they are.
        below: the cells behind it that may be sent.
        language: of the kernel.
        loads: the names that the question, the focus and the target read.
        mentions: other names in them: what they bind anew, what is local to them.
        variables: live variables that may be described, most important first.
        attached: names of variables that the user attached.
        subjects: keys of cells that are sent anyway.
        only_named: describe no variable that is neither attached nor read.
    """

    above: Sequence[Cell]
    history: Sequence[Step] | None = None
    below: Sequence[Cell] = ()
    language: str = "python"
    loads: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()
    variables: Sequence[Variable] = ()
    attached: Sequence[str] = ()
    subjects: frozenset[str] = frozenset()
    only_named: bool = False


@dataclass(frozen=True)
class Context:
    """Parts of the notebook that are sent.

    Attributes:
        history: from the top of the messages, append-only.
        earlier: parts of cells before the history, and cells below, for this request alone.
        variables: described behind everything else.
        dropped: what did not fit.
        is_whole: nothing was left out, and the history is as it was asked for.
    """

    history: tuple[Entry, ...] = ()
    earlier: tuple[Piece, ...] = ()
    variables: tuple[Piece, ...] = ()
    dropped: tuple[Piece, ...] = ()
    is_whole: bool = False

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All that is sent, in the order of the messages."""
        return (*(piece for entry in self.history for piece in entry.pieces), *self.earlier, *self.variables)


class ContextBuilder:
    """Builds the context of one request."""

    def __init__(self, sources: Sources, estimate: Callable[[str], int]) -> None:
        self._sources = sources
        self._estimate = estimate
        self._end = max((cell.index for cell in sources.above), default=-1) + 1
        self._cells = {cell.index: cell for cell in sources.above}

    @cached_property
    def _entries(self) -> list[Entry]:
        """The cells as they are."""
        return history_of(steps_of(self._sources.above), self._sources.language, self._estimate)

    @cached_property
    def _kept(self) -> list[Entry]:
        """The cells as they are read where all of that fits."""
        kept = self._sources.history
        return self._entries if kept is None else history_of(kept, self._sources.language, self._estimate)

    @cached_property
    def _dependencies(self) -> Dependencies:
        return Dependencies([cell for cell in self._sources.above if not is_request(cell)])

    def fit(self, budget: int | None) -> Context:
        """The context within `budget` tokens; None: everything."""
        if budget is None or self._everything_fits(budget):
            packing = self._packed(0, budget, run=self._kept)
            return replace(self._context((), self._kept, packing, budget), is_whole=True)
        return self._squeezed(max(budget, 0))

    def _everything_fits(self, budget: int) -> bool:
        choice = self._choice(self._kept)
        pieces = (*choice.attached, *choice.used, *choice.others)
        return sum(entry.tokens for entry in self._kept) + sum(piece.tokens for piece in pieces) <= budget

    def _squeezed(self, budget: int) -> Context:
        """Find the longest run that leaves room for all that is needed, in whole cells where that can be."""
        starts = [start_within(self._entries, budget * n // 4, max(budget // 4, 1)) for n in _QUARTERS]
        packings = [(start, self._packed(start, budget)) for start in dict.fromkeys(starts)]
        best = next((pair for pair in packings if pair[1].complete), None)
        if best is None:
            best = next((pair for pair in packings[-2:] if pair[1].covered), packings[-1])
        if not best[1].described:
            best = self._shorter(dict.fromkeys(starts), budget) or best
        start, packing = best
        return self._context(self._entries[:start], self._entries[start:], packing, budget)

    def _shorter(self, starts: Iterable[int], budget: int) -> tuple[int, Packing] | None:
        """The best attempt with shorter descriptions; None where even these do not fit."""
        shares = [max(budget // _SHARES, share) for share in _FAIR_SHARES]
        packings = [(start, self._packed(start, budget, share)) for share in shares for start in starts]
        described = [pair for pair in packings if pair[1].described]
        ranked = sorted(described, key=lambda pair: (not pair[1].complete, not pair[1].covered))
        return ranked[0] if ranked else None

    def _packed(
        self, start: int, budget: int | None, share: int = 0, run: Sequence[Entry] | None = None
    ) -> Packing:
        """Pack the history from entry `start` on, and what is needed besides, most needed first.

        `share` is the most tokens of a description; 0: each is whole or dropped. `run` is another history.
        """
        run = self._entries[start:] if run is None else run
        packing = Packing(None if budget is None else budget - sum(entry.tokens for entry in run))
        if share:
            packing.shorten, packing.share = self._shortened, share
        choice = self._choice(run)
        packing.describe(choice.attached, required=True)
        if start:
            first = run[0].cell.index if run else self._end
            needed = self._dependencies.direct(self._sources.loads, self._end)
            outside = {index: names for index, names in needed.items() if index < first}
            self._take_parts(packing, outside)
            self._take_error(packing, first)
            packing.describe(choice.used, required=True)
            self._take_whole(packing, outside)
            packing.describe(choice.others, required=False)
            self._take_extra(packing, self._dependencies.direct(self._sources.mentions, self._end), first)
            self._take_extra(packing, self._dependencies.transitive(needed), first)
            self._take_extra(packing, self._dependencies.namesakes(self._sources.mentions, self._end), first)
        else:
            packing.describe(choice.used, required=True)
            packing.describe(choice.others, required=False)
        return packing

    def _take_parts(self, packing: Packing, needed: dict[int, frozenset[str]]) -> None:
        """The shortest form of every definition, the cheapest first; then longer forms, while they fit."""
        forms = {index: self._forms(index, names) for index, names in needed.items()}
        for index in sorted(forms, key=lambda index: (forms[index][0].tokens, -index)):
            if not packing.admit(index, forms[index][0]):
                packing.covered = packing.complete = False
        for index in sorted(forms, key=lambda index: (forms[index][-1].tokens, -index)):
            if index in packing.parts:
                packing.admit(index, forms[index][-1])

    def _forms(self, index: int, names: frozenset[str]) -> list[Piece]:
        """Definition pieces for a cell, shortest first; the whole cell where it has no shorter one."""
        cell = self._cells[index]
        texts = [definition_text(cell.source, names, short) for short in (True, False)]
        pieces = [
            self._piece("definition", cell, part_text(cell, t, self._sources.language)) for t in texts if t
        ]
        whole = self._whole(cell)
        return [piece for piece in pieces if piece.tokens < whole.tokens] or [whole]

    def _take_whole(self, packing: Packing, needed: dict[int, frozenset[str]]) -> None:
        wholes = {index: self._whole(self._cells[index]) for index in needed}
        for index in sorted(wholes, key=lambda index: (wholes[index].tokens, -index)):
            if index not in packing.parts or not packing.admit(index, wholes[index]):
                packing.complete = False

    def _take_error(self, packing: Packing, first: int) -> None:
        """The error of the last cell that failed, where it stands before `first`."""
        failed = next((cell for cell in reversed(self._sources.above) if error_text(cell)), None)
        if failed is None or failed.index >= first or failed.key in self._sources.subjects:
            return
        if not packing.admit_error(failed.index, self._piece("error", failed, error_text(failed))):
            packing.complete = False

    def _take_extra(self, packing: Packing, wanted: dict[int, frozenset[str]], first: int) -> None:
        """Definitions that are good to have, as far as there is room."""
        limit = _EXTRA_LIMIT
        for index, names in wanted.items():
            if index >= first or index in packing.parts:
                continue
            for piece in [self._whole(self._cells[index]), *reversed(self._forms(index, names))]:
                if piece.tokens <= limit and packing.admit(index, piece):
                    limit -= piece.tokens
                    break

    def _context(
        self, before: Sequence[Entry], run: Sequence[Entry], packing: Packing, budget: int | None
    ) -> Context:
        below, below_dropped = self._below(packing, budget)
        whole = {piece.id for piece in packing.parts.values() if piece.kind == "cell"}
        left_out = [piece for entry in before for piece in entry.pieces if piece.id not in whole]
        return Context(
            history=tuple(run),
            earlier=(*packing.pieces, *below),
            variables=tuple(packing.variables),
            dropped=(*left_out, *packing.dropped, *below_dropped),
        )

    def _below(self, packing: Packing, budget: int | None) -> tuple[list[Piece], list[Piece]]:
        """Cells behind the question, nearest first, until one does not fit."""
        pieces: list[Piece] = []
        for cell in self._sources.below:
            text = "" if is_request(cell) else cell_text(cell, self._sources.language, ", below")
            if text:
                pieces.append(Piece("below", cell.key, text, self._estimate(text)))
        room = None if packing.room is None or budget is None else min(packing.room, budget // 4)
        for count, piece in enumerate(pieces):
            if room is not None:
                room -= piece.tokens
                if room < 0:
                    return pieces[:count], pieces[count:]
        return pieces, []

    def _choice(self, run: Sequence[Entry]) -> Choice:
        choice = choose_variables(
            self._sources.variables,
            attached=self._sources.attached,
            named=self._sources.loads,
            history=run,
            estimate=self._estimate,
        )
        return replace(choice, others=()) if self._sources.only_named else choice

    def _shortened(self, piece: Piece, room: int) -> Piece | None:
        wanted = self._sources.loads | self._sources.mentions
        text = shortened_description(piece.text, wanted, room, self._estimate)
        return Piece(piece.kind, piece.id, text, self._estimate(text), text) if text else None

    def _whole(self, cell: Cell) -> Piece:
        return self._piece("cell", cell, cell_text(cell, self._sources.language))

    def _piece(self, kind: PieceKind, cell: Cell, text: str) -> Piece:
        return Piece(kind, cell.key, text, self._estimate(text))
