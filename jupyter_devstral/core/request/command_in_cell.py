"""What a code cell asks for: its own `%%devstral` or `%devstral` line, read as the magic reads it."""

from __future__ import annotations

import re

from .command import Command, parse_command

_CELL_MAGIC = re.compile(r"\s*%%devstral(?![\w.])[^\S\n]*([^\n]*)(?:\n(.*))?\Z", re.DOTALL)
_LINE_MAGIC = re.compile(r"^[^\S\n]*%devstral(?![\w.])[^\S\n]*([^\n]*)$", re.MULTILINE)


def command_of(source: str) -> Command | None:
    """The task that a code cell gives the assistant; None for any other cell.

    Raises `UsageError` for a line that the magic would refuse, too.
    """
    cell_magic = _CELL_MAGIC.match(source)
    if cell_magic:
        command = parse_command(cell_magic[1], cell_magic[2] or "")
        return command if command.task else None
    if source.lstrip().startswith("%%"):
        return None
    commands = [parse_command(line) for line in _LINE_MAGIC.findall(source)]
    tasks = [command for command in commands if command.task]
    return tasks[-1] if tasks else None
