"""How sure a model is of what it wrote: the smallest log-probability among the tokens of the text."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.completion import Token

# Measured on lines of public notebooks (`benchmarks/suggestions/completion_quality.py`): the surest 40 %.
LEAST_SURE = -0.85


def smallest(tokens: Iterable[Token], reply: str, offered: str, *, skip: int = 0) -> float | None:
    """The smallest log-probability among the tokens of `offered`, a part of `reply`; None where none came.

    `offered` begins behind `skip` characters of `reply` or later.
    """
    start = max(0, reply.find(offered, skip))
    end = start + len(offered)
    at = 0
    least: float | None = None
    for token in tokens:
        begins, at = at, at + len(token.text)
        if at > start and begins < end:
            least = token.logprob if least is None else min(least, token.logprob)
    return least


def is_sure(least: float | None) -> bool:
    """Whether it is worth showing; a server without log-probabilities suppresses nothing."""
    return least is None or least >= LEAST_SURE
