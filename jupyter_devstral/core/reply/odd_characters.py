"""Characters that Python does not read in code: odd blanks, invisible marks, curly quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

# No-break spaces, the widths of printers, the ideographic space.
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_INDENT = re.compile(f"^[ \\t{_BLANKS}]+", re.MULTILINE)
_BLANK = re.compile(f"[{_BLANKS}]")
_ODD = re.compile(f"[{_BLANKS}\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u2018\u2019\u201c\u201d]")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})


def without_odd_characters(source: str) -> Iterator[str]:
    """Readings of a source, the one that changes least first; none where nothing in it is odd."""
    if not _ODD.search(source):
        return
    indented = _INDENT.sub(lambda blanks: _BLANK.sub(" ", blanks[0]), source)
    yield indented
    plain = _BLANK.sub(" ", _INVISIBLE.sub("", indented))
    yield plain
    yield plain.translate(_QUOTES)
