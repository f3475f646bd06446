"""What a question of a run asks, and what its answers do: sentences, which the page translates."""

from __future__ import annotations

from collections.abc import Sequence

STOPPED = "Stopped."
_DELETE = "Yes: the cell is missing from the draft, and from the notebook when you keep the run."
_RUN = "Yes: it is put in and runs for real, in your kernel."
_IN_COPY = "Yes: it may do so in the copy. No: the run goes on without it."
_ALONE = "Yes: the cell is put in and runs for real; a fresh copy goes on behind it."
_OUTSIDE = "What it does outside cannot be undone. No: it is left to Keep and run."
_MAY_DELETE = "The run wants to delete %1, which is yours. Allow this?"
_MAY_DO = "About %1: %2. Allow this cell once?"
_MAY_RUN = "The run wants to run %1. Allow this once?"
_NO_RULES = "The rules say nothing."


def in_words(how: str, reason: str) -> str:
    """Say how a run ended."""
    if how == "gave up":
        return f"Gave up: {reason}."
    return STOPPED if how == "stopped" else "Done."


def asked_in_words(kind: str, effect: str) -> list[str]:
    """Say what is asked, then no and yes; the page puts its name of the cell in the place of %1."""
    if kind == "delete":
        return [_MAY_DELETE, "No, keep it", "Yes, delete it"]
    return [
        _MAY_RUN if kind == "run" else _MAY_DO.replace("%2", effect),
        "No, go on without",
        "Yes, this once",
    ]


def consequence(kind: str, effect: str, order: Sequence[str], *, for_real: bool) -> list[str]:
    """Say what the answers mean.

    Args:
        kind: of the question.
        effect: what the rules have found, or what was refused.
        order: names of the cells that a yes runs, the one that is asked about as the last.
        for_real: a yes runs them in the kernel itself.
    """
    if kind == "delete":
        return [_DELETE]
    if kind == "run":
        return [_RUN, f"The rules say: {effect}." if effect else _NO_RULES]
    if not for_real:
        return [_IN_COPY]
    if len(order) == 1:
        return [_ALONE, _OUTSIDE]
    names = ", ".join(order)
    first = (
        f"Yes: these are put in and run for real, in this order: {names}. A fresh copy goes on behind them."
    )
    return [first, _OUTSIDE]
