"""A name as it is typed behind a command, in a cell and in a terminal."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w@%+=:,./\\-]+")
_MEANT_BY_SHELLS = frozenset('"$`\\!')


def typed(name: str) -> str:
    """The name, in quotes where it would be taken for several words or mean something to a shell."""
    if _PLAIN.fullmatch(name):
        return name
    return f"'{name}'" if _MEANT_BY_SHELLS & set(name) else f'"{name}"'
