"""One line of the table that `make bench` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement beside what it was compared with.

    Attributes:
        what: what was measured.
        measured: the figure, with its unit.
        compared: what it was measured against in the same run ("" for a count).
        bar: the promise.
        holds: whether the promise holds in this run; None where it was not measured here.
    """

    what: str
    measured: str
    compared: str
    bar: str
    holds: bool | None
