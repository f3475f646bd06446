"""What a code cell asks for: its own `%%devstral` or `%devstral` line, read as the magic reads it."""

from __future__ import annotations

from ..notebook.own_cells import cell_magic, line_magics
from .command import Command, parse_command


def command_of(source: str) -> Command | None:
    """The task that a code cell gives the assistant; None for any other cell.

    Raises `UsageError` for a line that the magic would refuse, too.
    """
    whole = cell_magic(source)
    if whole:
        command = parse_command(*whole)
        return command if command.task else None
    tasks = [command for line in line_magics(source) if (command := parse_command(line)).task]
    return tasks[-1] if tasks else None
