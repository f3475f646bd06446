"""Changes that a reply shows instead of the code that comes of them: a diff, and code with gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...python.source import parse_cell
from ...reply.left_out_code import placeholder_in
from .alignment import aligned
from .loss import loss_of
from .merge import merged

_HEADER = re.compile(r"diff --git |index [0-9a-f]{4,}|(?:---|\+\+\+) [ab./\w]|\\ No newline")
_GAP = re.compile(r"@@.*|[ +-]?\s*(?:\.\.\.|…)\s*")
_MOST_GAPS = 50

Line = tuple[str, str]


def patched(before: str, diff: str) -> str | None:
    """`before` with a diff carried out; None where a part of it does not fit in exactly one place."""
    lines = before.split("\n")
    changes = [hunk for hunk in _hunks(diff) if any(sign != " " for sign, _ in hunk)]
    for hunk in changes:
        old = [text.strip() for sign, text in hunk if sign != "+"]
        places = [at for at in range(len(lines)) if list(map(str.strip, lines[at : at + len(old)])) == old]
        if not any(old) or len(places) != 1:
            return None
        at = places[0]
        lines[at : at + len(old)] = _changed(lines[at : at + len(old)], hunk)
    source = "\n".join(lines)
    return source if changes and source != before and parse_cell(source) is not None else None


def _hunks(diff: str) -> Iterator[list[Line]]:
    """The parts of a diff, without its headers: signs and texts."""
    hunk: list[Line] = []
    for line in [*diff.split("\n"), "@@"]:
        if _GAP.fullmatch(line):
            yield _without_blank_ends(hunk)
            hunk = []
        elif not _HEADER.match(line):
            sign = line[:1] if line[:1] in ("+", "-") else " "
            hunk.append((sign, line[1:] if line[:1] in ("+", "-", " ") else line))


def _without_blank_ends(hunk: list[Line]) -> list[Line]:
    told = [at for at, (sign, text) in enumerate(hunk) if sign != " " or text.strip()]
    return hunk[told[0] : told[-1] + 1] if told else []


def _changed(lines: Sequence[str], hunk: Sequence[Line]) -> Iterator[str]:
    """The lines that a hunk makes of those it fits, in their own indentation."""
    old = iter(lines)
    fits = list(zip(lines, (each for each in hunk if each[0] != "+"), strict=True))
    # A line that goes is written as what comes; one that stays may have lost the blank before it.
    fits.sort(key=lambda pair: (not pair[0].strip(), pair[1][0] != "-"))
    shift = _indent(fits[0][0]) - _indent(fits[0][1][1])
    for sign, text in hunk:
        if sign == "+":
            yield " " * max(0, _indent(text) + shift) + text.strip() if text.strip() else ""
        else:
            line = next(old)
            if sign == " ":
                yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def filled(before: str, gapped: str, *, made_elsewhere: frozenset[str] = frozenset()) -> str | None:
    """`before` with what code with gaps shows put in its places; None where that loses or leaves anything.

    A gap inside of a statement cannot be filled.
    """
    lines = gapped.split("\n")
    gaps = []
    for _ in range(_MOST_GAPS):
        gap = placeholder_in("\n".join(lines))
        if not gap:
            break
        at = next((number for number, line in enumerate(lines) if line.rstrip() == gap), -1)
        if at < 0:
            return None
        gaps.append(at)
        # The places of the others stay.
        lines[at] = ""
    shown = "\n".join(lines)
    if not shown.strip() or _may_belong_elsewhere(before, shown, gaps):
        return None
    source = merged(before, shown, made_elsewhere=made_elsewhere)
    if source is None or source == before or placeholder_in(source):
        return None
    loss = loss_of(before, source)
    return None if loss.names or loss.removed else source


def _may_belong_elsewhere(before: str, shown: str, gaps: Sequence[int]) -> bool:
    """Whether a gap stands between a new statement and the one of the cell that it would follow."""
    both = aligned(before, shown)
    if both is None:
        return True
    for at in both.added:
        above = max((other for other in both.pairs if other < at), default=-1)
        if above < 0 or both.new[at].is_import:
            continue
        if any(both.new[above].end <= gap < both.new[at].first for gap in gaps):
            return True
    return False
