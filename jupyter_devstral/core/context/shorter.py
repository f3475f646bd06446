"""A table's description in fewer tokens: its first line, the columns that matter, the number of others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby

from ..text.lazy_pattern import LazyPattern

_WORD = LazyPattern(r"[^\W\d]\w*")
# Several columns with the same facts, which `variables.tables` writes on one line.
_RUN = LazyPattern(r"  (?P<names>[^\W\d]\w*(?:, [^\W\d]\w*)*): (?P<facts>.*)")
_MORE = LazyPattern(r"  … and (?P<count>[\d,]+) more: ?(?P<names>.*)")


def shortened_description(
    text: str, wanted: Collection[str], room: int, estimate: Callable[[str], int]
) -> str:
    """`text` in at most `room` tokens, columns in `wanted` first; "" where its first line alone is longer."""
    first, *lines = text.split("\n")
    columns = [column for line in lines for column in _columns(line)]
    hidden = sum(int(found["count"].replace(",", "")) for line in lines if (found := _MORE.fullmatch(line)))
    order = sorted(range(len(columns)), key=lambda at: (not _names(columns[at]) & set(wanted), at))
    low, high, best = 0, len(columns), ""
    while low <= high:
        count = (low + high) // 2
        kept = [columns[at] for at in sorted(order[:count])]
        shorter = _text(first, kept, hidden + len(columns) - count)
        if estimate(shorter) <= room:
            best, low = shorter, count + 1
        else:
            high = count - 1
    return best


def _columns(line: str) -> list[str]:
    """A line of its own for each column; none for the bare names of those beyond the described ones."""
    if _MORE.fullmatch(line):
        return []
    run = _RUN.fullmatch(line)
    return [f"  {name}: {run['facts']}" for name in run["names"].split(", ")] if run else [line]


def _names(column: str) -> set[str]:
    return set(_WORD.findall(column.partition(": ")[0]))


def _text(first: str, columns: Sequence[str], more: int) -> str:
    lines = [first]
    for facts, run in groupby(columns, key=_facts):
        names = list(run)
        if facts:
            lines.append(f"  {', '.join(name.strip().partition(': ')[0] for name in names)}: {facts}")
        else:
            lines += names
    return "\n".join([*lines, f"  … and {more:,} more"] if more else lines)


def _facts(column: str) -> str:
    run = _RUN.fullmatch(column)
    return run["facts"] if run else ""
