"""Live variables described as schema: type, shape, dtypes, columns; never rows, never a blind repr()."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """One variable as text.

    Attributes:
        name: as bound in the namespace.
        kind: "dataframe", "series", "array", "function", "class", "module", "scalar", "container" or "object".
        text: the description, one or a few lines, beginning with the name; stable while the value keeps its schema.
    """

    name: str
    kind: str
    text: str
