"""The request that `%devstral test` makes, and the definitions that its tests are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.request.tasks import Attachment
from ..core.unit_tests.question import argument_names, cells_of_targets, form_of, question_for_tests
from ..kernel.proof.targets import Target, can_be_tested, defined_targets, named_targets

if TYPE_CHECKING:
    from ..core.notebook.cells import Notebook
    from ..core.request.command import Command
    from ..core.request.tasks import Request
    from .session import ShellSession


def request_for_tests(
    session: ShellSession, command: Command, scope: str
) -> tuple[Request, tuple[Target, ...]]:
    """Make the request, with the definitions that its tests are for: those named, else the cell's.

    Raises UsageError for a name that cannot be tested, and whatever any request raises.
    """
    namespace, form = session.ip.user_ns, form_of(command)
    targets, rest = named_targets(command.text, namespace, form)
    names = [target.name for target in targets]
    command = replace(command, text=question_for_tests(names, rest, form))
    at, unseen = cells_of_targets(names, session.context.notebook())
    if command.cell is None and at is not None:
        command = replace(command, cell=str(at.index))
    if not targets:
        cell = session.context.target(command)
        targets = defined_targets(cell.source, namespace) if cell and cell.kind == "code" else ()
    examples = _examples([target.name for target in targets], session.context.notebook(), namespace)
    command = replace(command, variables=(*command.variables, *examples))
    attached = tuple(
        Attachment("file", one.name, one.source, is_source=True) for one in targets if one.name in unseen
    )
    return replace(session.context.request(command, scope=scope), attachments=attached), targets


def _examples(names: list[str], notebook: Notebook, namespace: dict[str, Any]) -> list[str]:
    """The variables that the targets are called with, as far as they exist."""
    return [
        name
        for name in argument_names(names, notebook)
        if name in namespace and not can_be_tested(namespace[name])
    ]
