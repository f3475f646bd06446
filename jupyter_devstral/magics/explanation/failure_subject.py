"""A failed cell as material for an explanation: exception as strings, notebook, order of execution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...core.failure.failure import Failure
from ...core.notebook.cells import Cell
from ...core.request.tasks import Request, Task
from ..notebook.shell_context import cell_finder, find_asking, hidden_names, names_in, not_ipythons

if TYPE_CHECKING:
    from ...core.request.command import Command
    from ..notebook.transcript import ExecutedCell
    from ..session import ShellSession

# Time for reading, while the kernel is busy; values that take longer are described by their types.
_VARIABLES_SECONDS = 0.5


@dataclass(frozen=True)
class Subject:
    """The subject of an explanation.

    Attributes:
        request: the question about the failed cell, with everything the prompt needs.
        entry: the cell whose answer this becomes, as executed.
        order: of that execution; the cell may run again before the answer is there.
        executed: keys of the cells that have run in this kernel.
    """

    request: Request
    entry: ExecutedCell | None
    order: int
    executed: frozenset[str]

    @property
    def failure(self) -> Failure:
        """The error as strings."""
        assert self.request.failure is not None
        return self.request.failure


def read_subject(session: ShellSession, error: BaseException, entry: ExecutedCell) -> Subject | None:
    """Read a failure that has just happened; None where its cell cannot be found.

    Runs on the thread that ran the cell, before it takes the next one.
    """
    from ...core.failure.name_hints import missing_name
    from ...core.failure.reading import read_exception
    from ...core.failure.run_order import Run, run_order

    notebook = session.context.notebook()
    find = cell_finder(notebook)
    failing = find(entry)
    if failing is None:
        return None
    failure = read_exception(
        error, cell=failing.key, cell_of=_cell_of(session, find), namespace=session.ip.user_ns
    )
    places = [(find(one), one) for one in session.transcript]
    runs = [Run(cell.key, one.source, one.order) for cell, one in places if cell is not None and one.order]
    order = run_order(notebook.cells, runs, failing, missing=missing_name(error))
    failure = replace(failure, hints=(*failure.hints, *order.hints), rerun=order.rerun)
    request = Request(
        task=Task.FIX,
        question="",
        notebook=notebook,
        focus=failing,
        target=failing,
        scope=session.config.context,
        variables=_variables(session, failure, failing),
        failure=failure,
    )
    return Subject(request, entry, entry.order, frozenset(run.key for run in runs))


def asked_again(session: ShellSession, subject: Subject, command: Command) -> Subject:
    """Ask about the same failure from the cell that runs now, with the notebook in its present state."""
    notebook = session.context.notebook()
    entry = session.transcript.asking
    failed = subject.failure.cell
    target = next((cell for cell in notebook.cells if cell.key == failed), subject.request.target)
    request = replace(
        subject.request,
        question=command.text,
        notebook=notebook,
        focus=find_asking(notebook, entry) or subject.request.focus,
        target=target,
        scope=command.context or session.config.context,
        attached=session.context.attached(command),
    )
    return replace(subject, request=request, entry=entry, order=entry.order if entry else 0)


def _cell_of(
    session: ShellSession, find: Callable[[ExecutedCell], Cell | None]
) -> Callable[[str], str | None]:
    """Map a frame's file name to the key of its cell; "" for an earlier version of a cell."""
    # IPython's own table; without it (it is private) frames of cells count as files.
    counts: Any = getattr(session.ip.compile, "_filename_map", {})

    def cell_of(file: str) -> str | None:
        count = counts.get(file)
        entry = session.transcript.executed_as(count) if count is not None else None
        if entry is None:
            return None if count is None else ""
        cell = find(entry) if entry.count == count else None
        return cell.key if cell is not None else ""

    return cell_of


def _variables(session: ShellSession, failure: Failure, failing: Cell) -> Any:
    from ...core.variables.namespace import describe_namespace

    if session.config.context == "none":
        return ()
    first = dict.fromkeys(not_ipythons((*failure.names, *names_in(failing.source)), session.ip))
    return describe_namespace(
        session.ip.user_ns,
        first=tuple(first),
        hidden=hidden_names(session.ip),
        deadline_seconds=_VARIABLES_SECONDS,
    )
