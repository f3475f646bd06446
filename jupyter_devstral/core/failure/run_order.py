"""The part of execution order in a failure: cells edited since, never run, or run out of order.

Works on cells and the order they ran in; independent of kernels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..notebook.cells import Cell, header
from ..notebook.own_cells import is_request
from ..python.dependencies import Dependencies
from ..python.source import deletes, names_of

_MOST_HINTS = 6


@dataclass(frozen=True)
class Run:
    """The last execution of a cell.

    Attributes:
        key: `Cell.key`.
        source: the source as executed.
        order: the place in the order of execution; larger is later.
    """

    key: str
    source: str
    order: int


@dataclass(frozen=True)
class RunOrder:
    """Findings about the order of execution.

    Attributes:
        hints: sentences that name cells as prompts do.
        rerun: keys of the cells that may only have to run again, in order, the failing one last; empty where
            that cannot be the cure.
    """

    hints: tuple[str, ...] = ()
    rerun: tuple[str, ...] = ()


def run_order(
    cells: Sequence[Cell], runs: Iterable[Run], failing: Cell, *, missing: str = "", edited_known: bool = True
) -> RunOrder:
    """Compare the document with the runs.

    `cells` are the document with its sources as the user sees them now (`edited_known`: that is certain),
    `missing` a name that is not bound. Only cells that `failing` depends on are mentioned.
    """
    last = {run.key: run for run in runs}
    code = [cell for cell in cells if cell.kind == "code" and not is_request(cell)]
    loads = names_of(failing.source).loads
    needed = _needed(code, failing, loads)
    found: list[tuple[str, str]] = []
    if edited_known:
        found += [
            (f"{header(cell)} was edited after it ran; what it defines is what it was before", cell.key)
            for cell in needed
            if cell.key in last and last[cell.key].source.strip() != cell.source.strip()
        ]
    found += _never_run(code, last, failing, missing)
    found += _deleted(code, last, failing, missing)
    found += _out_of_order(code, last, failing, loads)
    keys = {key for _, key in found if key}
    rerun = [cell.key for cell in code if cell.key in keys]
    hints = tuple(dict.fromkeys(text for text, _ in found))[:_MOST_HINTS]
    return RunOrder(hints, (*rerun, failing.key) if rerun else ())


def _needed(code: Sequence[Cell], failing: Cell, loads: Collection[str]) -> list[Cell]:
    """The cells that the failing one depends on, over any number of steps."""
    graph = Dependencies(code)
    direct = graph.direct(loads, failing.index)
    indexes = {*direct, *graph.transitive(direct, steps=len(code))}
    return [cell for cell in code if cell.index in indexes]


def _never_run(
    code: Sequence[Cell], last: Mapping[str, Run], failing: Cell, missing: str
) -> Iterable[tuple[str, str]]:
    """The cells that would bind the missing name but did not run in this kernel."""
    if not missing:
        return
    binders = [cell for cell in code if missing in names_of(cell.source).binds and cell.key != failing.key]
    waiting = [cell for cell in binders if cell.key not in last]
    above = [cell for cell in waiting if cell.index < failing.index]
    for cell in above[-1:] or waiting[:1]:
        where = "" if above else ", which stands below,"
        yield f"{header(cell)}{where} defines `{missing}` and was not run in this kernel", cell.key


def _deleted(
    code: Sequence[Cell], last: Mapping[str, Run], failing: Cell, missing: str
) -> Iterable[tuple[str, str]]:
    """The cell that deleted the missing name, and the one that had bound it."""
    ran = [cell for cell in code if missing and cell.key in last and cell.key != failing.key]
    ran.sort(key=lambda cell: last[cell.key].order)
    removers = [cell for cell in ran if deletes(last[cell.key].source, missing)]
    if not removers:
        return
    remover = removers[-1]
    before = ran[: ran.index(remover)]
    after = ran[ran.index(remover) + 1 :]
    binders = [cell for cell in before if missing in names_of(last[cell.key].source).binds]
    if any(missing in names_of(last[cell.key].source).binds for cell in after):
        return
    if binders:
        yield (
            f"{header(remover)} deleted `{missing}`, which {header(binders[-1])} had defined",
            binders[-1].key,
        )
    else:
        yield f"{header(remover)} deleted `{missing}`", ""


def _out_of_order(
    code: Sequence[Cell], last: Mapping[str, Run], failing: Cell, loads: Collection[str]
) -> Iterable[tuple[str, str]]:
    """The names whose last binding differs from the one that document order gives."""
    for name in sorted(loads):
        binders = [
            cell
            for cell in code
            if cell.key in last and cell.key != failing.key and name in names_of(last[cell.key].source).binds
        ]
        if not binders:
            continue
        latest = max(binders, key=lambda cell: last[cell.key].order)
        above = [cell for cell in binders if cell.index < failing.index]
        expected = above[-1] if above else None
        if expected is None or latest is expected:
            continue
        below = " (below)" if latest.index > failing.index else ""
        yield (
            f"`{name}` was last bound by {header(latest)}{below}, run after {header(expected)}, "
            "which also binds it",
            expected.key,
        )
