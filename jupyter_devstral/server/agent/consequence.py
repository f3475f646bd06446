"""What a yes to a question of a run does, and what a no: sentences, which the page puts into its language."""

from __future__ import annotations

from collections.abc import Sequence

_DELETE = "Yes: the cell is missing from the draft, and from the notebook when you keep the run."
_RUN = "Yes: it is put in and runs for real, in your kernel."
_IN_COPY = "Yes: it may do so in the copy. No: the run goes on without it."
_ALONE = "Yes: the cell is put in and runs for real; a fresh copy goes on behind it."
_OUTSIDE = "What it does outside cannot be undone. No: it is left to Keep and run."
_NO_RULES = "The rules say nothing."


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
