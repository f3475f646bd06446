"""Secrets that show by where they stand: in a tuple, XML, a form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .names import KEY, PASSWORD, TOKEN, what_name_says
from .search import Span, matches_behind
from .values import can_be_secret

_XML = LazyPattern(r"<(?P<tag>[\w.:-]{2,60})(?:\s[^<>\n]{0,100})?>(?P<value>[^<>\n]{4,400})</(?P=tag)>")
_XML_SETTING = LazyPattern(
    r"(?i)<(?:add|property|entry|param|setting)\s[^<>]{0,80}?(?:key|name)=\"(?P<tag>[\w.:-]{3,60})\"\s{1,9}"
    r"value=\"(?P<value>[^\"<>\n]{4,400})\""
)
_INPUT = LazyPattern(
    r"(?i)\b[^<>]{0,200}\bpassword\b[^<>]{0,200}?\bvalue=\\?(?P<p>[\"'])(?P<value>[^\"'<>\n\\]{4,200})\\?(?P=p)"
)
# `user, password = …` or `(user, password) = …`, from the name on that is asked about.
_NAMES = r"[A-Za-z_]\w{0,60}(?:[ \t]{0,9},[ \t]{0,9}[A-Za-z_]\w{0,60}){1,9}"
_NAMES_BEFORE = LazyPattern(r"(?:(?<!\w)[A-Za-z_]\w{0,60}[ \t]{0,9},[ \t]{0,9}){1,9}\Z")
# Before the names, in a traceback, stands the number of the line.
_BEFORE_TUPLE = LazyPattern(
    r"(?:(?:\A|\n)(?:[ \t]{0,9}-{0,9}>?[ \t]{0,9}\d{1,6}[ \t])?[ \t]{0,80}|[\"';]\s{0,3})\(?\Z"
)
_TUPLE = LazyPattern(
    rf"(?P<names>{_NAMES})[ \t]{{0,9}}\)?[ \t]{{0,9}}=[ \t]{{0,9}}\(?(?P<values>[^\n=]{{8,2000}})"
)
_ELEMENT = LazyPattern(
    r"[ \t]*(?:[bru]{0,2}(?P<q>\\?[\"'])(?P<value>(?:(?!(?P=q))[^\\\n]|\\[^\"'\n])*)(?P=q)"
    r"|[^,\"'()\[\]{}\n\\]+)[ \t]*,?"
)


def find_in_tags(text: str, lowered: str) -> Iterator[Span]:
    """Spans of secrets in XML and HTML; `lowered` is `text` in lower case, of the same length."""
    if "<input" in lowered:
        for match in matches_behind(text, lowered, ("<input",), _INPUT):
            if can_be_secret(match["value"], PASSWORD):
                yield match.span("value")
    if "</" not in text and "/>" not in text:
        return
    for pattern in (_XML, _XML_SETTING):
        for match in pattern.finditer(text):
            kind = what_name_says(match["tag"].rpartition(":")[2])
            if kind and can_be_secret(match["value"], kind):
                yield match.span("value")


def tuple_elements(text: str, start: int) -> Iterator[Span] | None:
    """Spans in `user, password = "ana", "…"`, of which a name begins at `start`; None in any other line."""
    names = _NAMES_BEFORE.search(text, max(0, start - 150), start)
    first = names.start() if names else start
    match = _TUPLE.match(text, first)
    if match is None or not _BEFORE_TUPLE.search(text, max(0, first - 120), first):
        return None
    return _elements(text, match)


def _elements(text: str, match: re.Match[str]) -> Iterator[Span]:
    at, end = match.span("values")
    for name in match["names"].split(","):
        kind = what_name_says(name.strip())
        element = _ELEMENT.match(text, at, end)
        if element is None:
            break
        if kind in (PASSWORD, KEY, TOKEN) and element["value"] and can_be_secret(element["value"], kind):
            yield element.span("value")
        at = element.end()
