"""Which parts of a string literal, of several that make one value, or of a tuple are secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .expressions import Literal, Value
from .names import KEY, PASSWORD, TOKEN, what_name_says
from .search import Span
from .values import can_be_secret, looks_random

_LONGEST = 20_000
_SHORTEST = 4  # what is shorter cannot be told from other text where it stands alone
_FIELD = LazyPattern(r"\{[^{}]*\}|%\(\w{1,40}\)[sdr]|%[sdr]")
_FILLED_IN = LazyPattern(r"\\?[\"']{1,3}\s{0,3}(?:%(?![\w\s]*[\"'])|\.format\()")
# What joins two literals: an operator, a line break in brackets, in a traceback with the number of the line.
_JOIN = r"(?:\+[ \t]{0,9})?"
JOINT = LazyPattern(
    rf"\\?[\"']{{1,3}}[ \t]{{0,9}}{_JOIN}(?:\\?\n(?:[ \t]{{0,9}}-{{0,9}}>?[ \t]{{0,9}}\d{{1,6}}(?=[ \t]))?"
    rf"[ \t]{{0,80}}{_JOIN})?[bfruBFRU]{{0,2}}\\?[\"']{{1,3}}"
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


def accepted(text: str, value: Value, kind: str) -> Iterator[Span]:
    """Spans of what in `value`, bound to a name that says `kind`, is secret."""
    spans = [_stripped(text, literal) for literal in value.literals]
    if len(spans) > 1 and can_be_secret("".join(text[start:end] for start, end in spans), kind):
        if all(end - start >= _SHORTEST for start, end in spans):
            yield from spans
        else:
            yield spans[0][0], spans[-1][1]
        return
    for literal, (start, end) in zip(value.literals, spans, strict=True):
        if end - start > _LONGEST:
            continue
        if _has_fields(text, literal):
            yield from _fixed_parts(text, start, end, kind)
        elif can_be_secret(text[start:end], kind):
            yield start, end


def _stripped(text: str, literal: Literal) -> Span:
    start, end = literal.span(literal.lastgroup or 0)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _has_fields(text: str, literal: Literal) -> bool:
    """Whether something else is filled in: an f-string, `.format`, `%`."""
    content = literal.group(literal.lastgroup or 0)
    is_f = "f" in literal.group()[:2].lower().partition('"')[0].partition("'")[0]
    filled = is_f or _FILLED_IN.match(text, literal.end(literal.lastgroup or 0))
    return bool(filled and _FIELD.search(content))


def _fixed_parts(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """What stands between the fields, where it can be the better half of a secret."""
    position = start
    for found in (*_FIELD.finditer(text, start, end), None):
        until = found.start() if found else end
        part = text[position:until]
        is_word = looks_random(part) or (kind == PASSWORD and len(part) >= 6)
        if is_word and not any(map(str.isspace, part)) and can_be_secret(part, kind):
            yield position, until
        position = found.end() if found else end


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
