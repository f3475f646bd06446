"""Alignment of a proposed source with the cell: which statement is the new version of which."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .likeness import likeness
from .statements import Statement, statements_of, text_of

# Likeness from which statements can be versions of each other, if no third one is that much alike.
_LIKE = 0.6
# How many pairs in a gap are compared by their text at most.
_MOST_PAIRS = 100


@dataclass(frozen=True)
class Alignment:
    """Two sources, statement by statement.

    Attributes:
        pairs: index of a new statement -> index of the old one it is a version of, both in rising order.
    """

    before: str
    after: str
    old: Sequence[Statement]
    new: Sequence[Statement]
    pairs: Mapping[int, int]

    @property
    def dropped(self) -> list[int]:
        """The old statements of which the new source has no version."""
        kept = set(self.pairs.values())
        return [at for at in range(len(self.old)) if at not in kept]

    @property
    def added(self) -> list[int]:
        """The new statements that are versions of none."""
        return [at for at in range(len(self.new)) if at not in self.pairs]

    @property
    def changed(self) -> list[int]:
        """The new statements that are another version of an old one."""
        return [at for at, was in self.pairs.items() if self.new[at].key != self.old[was].key]


@lru_cache(maxsize=64)
def aligned(before: str, after: str) -> Alignment | None:
    """Align the two sources; None where one of them does not parse."""
    old, new = statements_of(before), statements_of(after)
    if old is None or new is None:
        return None
    pairs = _equal(old, new)
    edges = [-1, *sorted(pairs), len(new)]
    for left, right in pairwise(edges):
        old_left = pairs[left] if left >= 0 else -1
        old_right = pairs[right] if right < len(new) else len(old)
        gap_old, gap_new = list(range(old_left + 1, old_right)), list(range(left + 1, right))
        if gap_old and gap_new:
            pairs |= _versions(before, after, old, new, gap_old, gap_new)
    return Alignment(before, after, old, new, dict(sorted(pairs.items())))


def _equal(old: Sequence[Statement], new: Sequence[Statement]) -> dict[int, int]:
    """Pairs of unchanged statements: those that occur once, in order, and their equal neighbours."""
    single = _single(old, new)
    places = {one.key: at for at, one in enumerate(old) if one.key in single}
    anchors = [(at, places[one.key]) for at, one in enumerate(new) if one.key in single]
    pairs = dict(_growing(anchors))
    taken = set(pairs.values())
    for at, was in [(-1, -1), *pairs.items(), (len(new), len(old))]:
        for step in (1, -1):
            for more, its in _run(old, new, at + step, was + step, step):
                if more in pairs or its in taken:
                    break
                pairs[more] = its
                taken.add(its)
    return pairs


def _single(old: Sequence[Statement], new: Sequence[Statement]) -> set[str]:
    counts = [Counter(one.key for one in statements) for statements in (old, new)]
    return {key for key, number in counts[0].items() if number == 1 and counts[1][key] == 1}


def _run(
    old: Sequence[Statement], new: Sequence[Statement], at: int, was: int, step: int
) -> Iterator[tuple[int, int]]:
    """Pairs of equal statements that follow one another in one direction."""
    while 0 <= at < len(new) and 0 <= was < len(old) and new[at].key == old[was].key:
        yield at, was
        at, was = at + step, was + step


def _growing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence of the pairs, sorted by their first number, whose second numbers grow."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, (_, value) in enumerate(pairs):
        place = bisect_left(tails, value)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [value]
        ends[place : place + 1] = [at]
    found: list[tuple[int, int]] = []
    last = ends[-1] if ends else -1
    while last >= 0:
        found.append(pairs[last])
        last = before[last]
    return found[::-1]


def _versions(
    before: str,
    after: str,
    old: Sequence[Statement],
    new: Sequence[Statement],
    gap_old: Sequence[int],
    gap_new: Sequence[int],
) -> dict[int, int]:
    """Pairs of changed statements between two unchanged ones, by their label, else by their text."""
    labels = [Counter(group[at].label for at in gap) for group, gap in ((old, gap_old), (new, gap_new))]
    by_label = {old[at].label: at for at in gap_old if labels[0][old[at].label] == 1}
    found = [
        (at, by_label[new[at].label])
        for at in gap_new
        if new[at].label in by_label
        and labels[1][new[at].label] == 1
        and not new[at].is_magic
        and new[at].may_be(old[by_label[new[at].label]])
    ]
    pairs = dict(_growing(sorted({*found, *_wrappings(old, new, gap_old, gap_new)})))
    left_new = [at for at in gap_new if at not in pairs]
    left_old = [at for at in gap_old if at not in set(pairs.values())]
    if len(left_new) * len(left_old) <= _MOST_PAIRS:
        texts = {at: text_of(before, old[at]) for at in left_old}
        for at in left_new:
            possible = {was: text for was, text in texts.items() if new[at].may_be(old[was])}
            was = _like_one(text_of(after, new[at]), possible)
            if was is not None and _fits(pairs, at, was):
                pairs[at] = was
                del texts[was]
    return pairs


def _wrappings(
    old: Sequence[Statement], new: Sequence[Statement], gap_old: Sequence[int], gap_new: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Pairs of a `try`, an `if` or a loop with the one old statement that it wraps."""
    for at in gap_new:
        inner = new[at].inner_keys
        held = [was for was in gap_old if old[was].key in inner] if inner else []
        if len(held) == 1:
            yield at, held[0]


def _like_one(text: str, texts: Mapping[int, str]) -> int | None:
    """The only text that is like it; None for none or several."""
    like = sorted(((likeness(text, other), at) for at, other in texts.items()), reverse=True)
    if not like or like[0][0] < _LIKE or (len(like) > 1 and like[1][0] == like[0][0]):
        return None
    return like[0][1]


def _fits(pairs: Mapping[int, int], at: int, was: int) -> bool:
    """Tell whether a pair keeps the order."""
    return all((other < at) == (its < was) for other, its in pairs.items())
