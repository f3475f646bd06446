"""The question of a notebook file's cell: its own `%%devstral` line, or one from the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..core.failure.failure import failure_of_cell
from ..core.notebook.cells import Cell, Notebook
from ..core.notebook.file import find_cell
from ..core.notebook.own_cells import cell_above, cell_magic
from ..core.request.command import Command
from ..core.request.command_in_cell import command_of
from ..core.request.tasks import Request, Task
from ..core.unit_tests.question import defining_cell, form_of, leading_names, question_for_tests


@dataclass(frozen=True)
class Asked:
    """A request as the command line understands it.

    Attributes:
        anchor: the cell below which new cells go.
        target: the cell that is rewritten; None for a task that rewrites nothing.
    """

    task: Task
    question: str
    anchor: Cell
    target: Cell | None
    scope: str | None = None

    def request(self, notebook: Notebook, scope: str) -> Request:
        """Make the request for the pipeline; `scope` applies where the cell does not name its own."""
        about_an_error = self.target if self.task.facts.explains_errors else None
        return Request(
            task=self.task,
            question=self.question,
            notebook=notebook,
            focus=self.anchor,
            target=self.target,
            scope=self.scope or scope,
            failure=failure_of_cell(about_an_error) if about_an_error else None,
        )


def what_is_asked(
    notebook: Notebook, cell: Cell, task: str | None, text: str | None, *, otherwise: Task
) -> Asked:
    """The task, question and target for `cell`.

    `otherwise` is the task of a plain cell when none is given.
    """
    command = _own_command(cell, text)
    if command is None:
        chosen = Task(task) if task else otherwise
        # A plain cell named on the command line is itself the one to rewrite or explain.
        target = cell if chosen.facts.about == "cell" else None
        return Asked(chosen, text or "", cell, target)
    chosen = Task(task or command.word)
    target = None
    if command.cell is not None:
        target = find_cell(notebook, command.cell)
    elif chosen.facts.about != "notebook":
        target = cell_above(notebook, cell) or cell
    if chosen is Task.TEST and text is None:
        return _asked_for_tests(command, notebook, cell, target)
    return Asked(chosen, command.text if text is None else text, cell, target, command.context)


def _asked_for_tests(command: Command, notebook: Notebook, cell: Cell, target: Cell | None) -> Asked:
    """Ask for tests as the magic does. There is no kernel, so only names that the notebook defines count."""
    names, rest = leading_names(command.text, lambda name: defining_cell(name, notebook) is not None)
    if names and command.cell is None:
        target = defining_cell(names[0], notebook)
    question = question_for_tests(names, rest, form_of(command))
    return Asked(Task.TEST, question, cell, target, command.context)


def _own_command(cell: Cell, text: str | None) -> Command | None:
    if cell.kind != "code":
        return None
    whole = cell_magic(cell.source)
    if text is not None and whole and not whole[1].strip():
        # A magic without a prompt is completed by the prompt from the command line.
        command = command_of(f"{cell.source.rstrip()}\n{text}")
        return replace(command, text=text) if command else None
    return command_of(cell.source)
