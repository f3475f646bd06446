"""A change that a reply without a block says in a sentence: "change `a` to `b`"."""

from __future__ import annotations

import re

from ..python.source import parse_cell

_SPAN = r"`(?P<{}>[^`\n]{{1,300}})`"
_PLACE = r"(?:\s+(?:in|on|at|of|à|dans|in|auf)\s+[^`.;:\n]{0,40})?"
_CHANGE = re.compile(
    rf"\b(?:chang(?:e|ing)|replac(?:e|ing)|correct(?:ing)?|renam(?:e|ing)|remplace[rz]?|ersetzen?|ändern?)\s+"
    rf"(?:[^`.;:\n]{{0,40}}\s)?{_SPAN.format('old')}{_PLACE}\s+"
    rf"(?:to|with|by|into|par|en|durch|mit|zu)\s+(?:[^`.;:\n]{{0,40}}\s)?{_SPAN.format('new')}",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"\b(?:use|write|utilisez|verwende)\s+{_SPAN.format('new')}\s+(?:instead\s+of|au\s+lieu\s+de|statt)\s+"
    rf"{_SPAN.format('old')}",
    re.IGNORECASE,
)


def said_change(text: str, source: str) -> str | None:
    """`source` with what the text says is to be changed; None where that is not one place for certain."""
    changes = [(found["old"], found["new"]) for form in (_CHANGE, _INSTEAD) for found in form.finditer(text)]
    for old, new in dict.fromkeys(changes):
        written = new.replace("\\", r"\\")
        source, places = re.subn(rf"(?<!\w){re.escape(old)}(?!\w)", written, source)
        if places != 1 or old == new:
            return None
    return source if changes and parse_cell(source) is not None else None
