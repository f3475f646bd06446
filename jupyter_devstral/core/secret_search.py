"""Finds words in a text at memory speed; what stands around them is read by patterns that begin there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .lazy_pattern import LazyPattern

Span = tuple[int, int]


def positions(text: str, word: str) -> Iterator[int]:
    """Where `word` begins in `text`, from left to right, without overlaps."""
    position = text.find(word)
    while position >= 0:
        yield position
        position = text.find(word, position + len(word))


def matches_behind(
    text: str, lowered: str, words: Iterable[str], pattern: LazyPattern
) -> Iterator[re.Match[str]]:
    """Matches of `pattern` that begin where one of `words` ends; those of one word do not overlap.

    The words are in lower case, as `lowered` is `text`.
    """
    for word in words:
        position = lowered.find(word)
        while position >= 0:
            match = pattern.match(text, position + len(word))
            if match:
                yield match
            position = lowered.find(word, match.end() if match else position + len(word))


def holds_one(text: str, words: Iterable[str]) -> bool:
    """Whether one of `words` occurs in `text`."""
    for word in words:  # a generator expression would cost more than the search
        if word in text:
            return True
    return False


def in_lower_case(text: str) -> str:
    """`text` in lower case, of the same length: the few letters that grow stay as they are."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
