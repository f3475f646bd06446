"""Secrets that show by where they stand: in a tuple, a column of a table, XML, a form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..text.lazy_pattern import LazyPattern
from .names import KEY, PASSWORD, TOKEN, what_name_says
from .search import Span, matches_behind
from .values import can_be_secret, is_key_like

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
_MOST_ROWS = 200
_HEADING = LazyPattern(r"[^\W\d][\w .-]{0,40}")
_COLUMN = LazyPattern(r"\S+(?: \S+)*")
_RULE = LazyPattern(r"[|:\s+-]+")


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


def column_values(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """Spans of the secrets below the heading from `start` to `end`, if it is one of a table's."""
    line_start = text.rfind("\n", max(0, start - 1000), start) + 1
    line_end = text.find("\n", end, end + 1000)
    if line_end < 0 or (line_start == 0 and start > 1000):
        return
    heading = text[line_start:line_end]
    for separator in ("|", ",", ";", "\t", ""):
        cells = _cells(heading, separator)
        place = [i for i, (a, b) in enumerate(cells) if a <= start - line_start and end - line_start == b]
        if len(cells) > 1 and place and all(_HEADING.fullmatch(heading[a:b]) for a, b in cells):
            for begin, stop in _below(text, line_end + 1, cells, place[0], separator):
                if _is_cell_secret(text[begin:stop], kind):
                    yield begin, stop
            return


def _cells(line: str, separator: str) -> list[Span]:
    """The cells of a line; without a separator those that two blanks part."""
    if not separator:
        return [match.span() for match in _COLUMN.finditer(line)]
    cells, at = [], 0
    for cell in line.split(separator):
        stripped = cell.strip(" *`\"'")
        begin = at + cell.find(stripped) if stripped else at
        cells.append((begin, begin + len(stripped)))
        at += len(cell) + 1
    return cells[1:-1] if separator == "|" and line.lstrip()[:1] == "|" else cells


def _below(text: str, at: int, headings: list[Span], place: int, separator: str) -> Iterator[Span]:
    """The cells of a column, row by row, as long as the rows are those of its table."""
    for _ in range(_MOST_ROWS):
        line_end = text.find("\n", at, at + 1000)
        line = text[at : line_end if line_end >= 0 else at + 1000]
        if not _RULE.fullmatch(line):
            cell = _cell_of(line, headings, place, separator)
            if cell is None:
                return
            yield at + cell[0], at + cell[1]
        if line_end < 0:
            return
        at = line_end + 1


def _cell_of(line: str, headings: list[Span], place: int, separator: str) -> Span | None:
    cells = _cells(line, separator)
    if separator:
        return cells[place] if len(cells) == len(headings) else None
    # A row can have a number in front, so its cells are known by what they stand under.
    start, end = headings[place]
    return next((cell for cell in cells if cell[0] < end and start < cell[1]), None)


def _is_cell_secret(value: str, kind: str) -> bool:
    if kind == TOKEN:
        return is_key_like(value)
    return can_be_secret(value, TOKEN) and any(map(str.isdigit, value))
