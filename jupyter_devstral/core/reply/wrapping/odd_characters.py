"""Characters that Python rejects in code: odd spaces, invisible marks, curly quotes, entities of HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

# No-break spaces, typographic spaces, the ideographic space.
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_INDENT = re.compile(f"^[ \\t{_BLANKS}]+", re.MULTILINE)
_BLANK = re.compile(f"[{_BLANKS}]")
_ODD = re.compile(f"[{_BLANKS}\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u2018\u2019\u201c\u201d]")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,5}|#x[0-9a-f]{1,4});", re.IGNORECASE)
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})


def without_odd_characters(source: str) -> Iterator[str]:
    """Readings of a source without odd characters, the least changed first. A source without any has none."""
    if _ENTITY.search(source):
        source = html.unescape(source)
        yield source
    if not _ODD.search(source):
        return
    indented = _INDENT.sub(lambda blanks: _BLANK.sub(" ", blanks[0]), source)
    yield indented
    plain = _BLANK.sub(" ", _INVISIBLE.sub("", indented))
    yield plain
    yield plain.translate(_QUOTES)
