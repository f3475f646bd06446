"""A change to one cell, as data that kernel, server and page exchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Loss:
    """The names and statements that a cell loses when its new source replaces the old one.

    Attributes:
        names: the names that it no longer makes, `Class.member` included.
        changes: the names from other cells whose values it no longer changes in place.
        removed, of: the number of statements (or lines) without a counterpart, and of all before.
        unit: "statement", or "line" where the cell is not Python.
        hides: the kinds of errors that it now passes over.
        remakes: the names from other cells that it now makes itself.
        drops: what goes without a name: "@property", "assert x > 0", "%%writefile", docstrings, comments.
    """

    names: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    removed: int = 0
    of: int = 0
    unit: str = "statement"
    hides: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    remakes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.changes or self.removed or self.hides or self.drops or self.remakes)

    def __str__(self) -> str:
        """The loss in words: "no longer makes `prices`; removes 3 of 4 statements"."""
        parts = []
        if self.names:
            parts.append(f"no longer makes {_listed(self.names)}")
        if self.changes:
            parts.append(f"no longer changes {_listed(self.changes)}")
        if self.removed:
            parts.append(f"removes {self.removed} of {self.of} {self.unit}{'' if self.of == 1 else 's'}")
        if self.hides:
            parts.append(f"hides errors ({_listed(self.hides)})")
        if self.remakes:
            parts.append(f"makes {_listed(self.remakes)} anew")
        if self.drops:
            parts.append(f"drops {_listed(self.drops)}")
        return "; ".join(parts)


NO_LOSS = Loss()


def with_losses(badge: str, edits: Iterable[Edit]) -> str:
    """Join a trial's finding with losses that no trial sees.

    For example "ran clean in 0.2 s, but no longer makes prices".
    """
    losses = [str(edit.loss).replace("`", "") for edit in edits if edit.loss]
    return f"{badge}, but {'; '.join(dict.fromkeys(losses))}" if losses else badge


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES_SHOWN
    shown = ", ".join(f"`{name}`" for name in names[:_NAMES_SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Edit:
    """A change to one cell.

    Attributes:
        op: "insert" (a new cell after `cell_id`), "replace" or "delete".
        cell_id: `Cell.key` of the anchor or target ("" = unknown: the asking cell).
        before: the source the target must still have ("" for an insert).
        source: the new source ("" for a delete).
        kind: "code" or "markdown".
        loss: the loss between the two sources.
    """

    op: str
    cell_id: str
    before: str
    source: str
    kind: str = "code"
    loss: Loss = field(default=NO_LOSS, compare=False)

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values, `loss` only where something is lost."""
        values = asdict(self)
        if not self.loss:
            del values["loss"]
        return values
