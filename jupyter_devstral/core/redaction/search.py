"""Finds words in a text at memory speed; what stands around them is read by patterns that begin there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..text.lazy_pattern import LazyPattern

Span = tuple[int, int]


def words(text: str) -> tuple[str, ...]:
    """The words of a vocabulary that is written with blanks between them."""
    return tuple(text.split())


def positions(text: str, word: str) -> Iterator[int]:
    """Where `word` begins in `text`, from left to right, without overlaps."""
    position = text.find(word)
    while position >= 0:
        yield position
        position = text.find(word, position + len(word))


def matches_behind(
    text: str, lowered: str, found: Iterable[str], pattern: LazyPattern
) -> Iterator[re.Match[str]]:
    """Matches of `pattern` that begin where one of the words `found` ends; those of one word do not overlap.

    The words are in lower case, as `lowered` is `text`.
    """
    for word in found:
        position = lowered.find(word)
        while position >= 0:
            match = pattern.match(text, position + len(word))
            if match:
                yield match
            position = lowered.find(word, match.end() if match else position + len(word))


def holds_one(text: str, found: Iterable[str]) -> bool:
    """Tell whether one of the words `found` occurs in `text`."""
    for word in found:  # noqa: SIM110 - a generator costs more than the search, and most texts are short
        if word in text:
            return True
    return False


def in_lower_case(text: str) -> str:
    """`text` in lower case, of the same length: the few letters that grow stay as they are."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
