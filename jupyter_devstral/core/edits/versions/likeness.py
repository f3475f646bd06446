"""The likeness of two pieces of code, 0 to 1, computed in linear time."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

# How many pairs of tokens are compared in order; larger texts are compared by neighbouring pairs.
_MOST_PAIRS = 22_500
_TOKEN = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=256)
def likeness(one: str, other: str) -> float:
    """The share of common tokens: in order for short texts, of neighbouring pairs for longer ones."""
    return common_share(_TOKEN.findall(one), _TOKEN.findall(other))


def common_share(one: Sequence[str], other: Sequence[str]) -> float:
    """Twice the number of common tokens over all tokens; 1.0 for two empty sequences."""
    total = len(one) + len(other)
    if not total:
        return 1.0
    start = _common_start(one, other)
    end = _common_start(one[start:][::-1], other[start:][::-1])
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if len(left) * len(right) <= _MOST_PAIRS:
        blocks = difflib.SequenceMatcher(None, left, right, autojunk=len(left) + len(right) > 400)
        common = sum(block.size for block in blocks.get_matching_blocks())
    else:
        common = _common_pairs(left, right)
    return 2 * (start + end + common) / total


def _common_start(one: Sequence[str], other: Sequence[str]) -> int:
    number = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        number += 1
    return number


def _common_pairs(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the pairs of neighbours that the two share, in linear time."""
    pairs = [Counter(pairwise(tokens)) for tokens in (one, other)]
    return sum((pairs[0] & pairs[1]).values())
