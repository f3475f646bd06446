"""A change to one cell, as data: what kernel, server and page hand to each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One change to one cell.

    Attributes:
        op: "insert" (a new cell after `cell_id`), "replace" or "delete".
        cell_id: `Cell.key` of the anchor or target ("" = unknown: the asking cell).
        before: the source the target must still have ("" for an insert).
        source: the new source ("" for a delete).
        kind: "code" or "markdown".
    """

    op: str
    cell_id: str
    before: str
    source: str
    kind: str = "code"
