"""Secrets that stand apart from their names: at the same place of other lists, and in records.

`DataFrame([["ana", "…"]], columns=["user", "password"])`, what `to_json(orient="split")` gives, `INSERT`,
`writerow`, structured arrays; `{"name": "password", "value": "…"}` and `- name: PASSWORD` above `value: …`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from ...text.lazy_pattern import LazyPattern
from ..expressions import STRING, values_at
from ..literals import accepted
from ..search import Span
from ..values import can_be_secret
from .settings import BARE
from .tables import is_cell_secret, secret_cells

_MOST_ROWS = 200
_MOST_NAMES = 60
# In characters: how far rows stand before their names and behind them.
_ROWS_BEFORE = 4000
_ROWS_BEHIND = 12_000
_REACH = 1200
# That tells what a name stands in.
_NEAR = 100

_Q = r"\\?[\"']"
_QUOTED = rf"[bru]?{_Q}[^\"'\n\\]{{0,60}}{_Q}"
_GAP = r"\s{0,40}"
_COMMA = rf"{_GAP},{_GAP}"
# What stands before a name in its list, up to the name, and behind it.
_QUOTED_BEFORE = LazyPattern(rf"[\[(]{_GAP}(?P<names>(?:{_QUOTED}{_COMMA}){{0,{_MOST_NAMES}}})[bru]?{_Q}\Z")
_QUOTED_BEHIND = LazyPattern(rf"{_Q}(?P<names>(?:{_COMMA}{_QUOTED}){{0,{_MOST_NAMES}}}){_GAP},?{_GAP}[\])]")
_BARE = r"[\"`\[]?[A-Za-z_]\w{0,60}[\"`\]]?"
_BARE_BEFORE = LazyPattern(
    rf"(?i)\binto\s{{1,9}}[\w.\"`\[\]]{{1,80}}\s{{0,9}}\({_GAP}(?P<names>(?:{_BARE}{_COMMA}){{0,{_MOST_NAMES}}})[\"`\[]?\Z"
)
_BARE_BEHIND = LazyPattern(
    rf"(?i)[\"`\]]?(?P<names>(?:{_COMMA}{_BARE}){{0,{_MOST_NAMES}}}){_GAP}\)\s{{0,9}}values\b"
)
_FIELD_TYPE = rf"{_COMMA}[^()\n]{{1,60}}\)"
_FIELDS_BEFORE = LazyPattern(
    rf"\[{_GAP}(?P<names>(?:\({_GAP}{_QUOTED}{_FIELD_TYPE}{_COMMA}){{0,{_MOST_NAMES}}})\({_GAP}{_Q}\Z"
)
_FIELDS_BEHIND = LazyPattern(
    rf"{_Q}{_FIELD_TYPE}(?P<names>(?:{_COMMA}\({_GAP}{_QUOTED}{_FIELD_TYPE}){{0,{_MOST_NAMES}}}){_GAP}\]"
)
# The columns of a new table, with their types.
_TYPED = rf"{_BARE}[ \t]{{1,9}}[^,()\n]{{1,60}}(?:\([\d, ]{{1,9}}\)[^,()\n]{{0,60}})?"
_TYPED_BEFORE = LazyPattern(
    rf"(?i)\btable\s{{1,9}}[^()\n]{{1,100}}\({_GAP}(?P<names>(?:{_TYPED}{_COMMA}){{0,{_MOST_NAMES}}})[\"`\[]?\Z"
)
_TYPED_BEHIND = LazyPattern(
    rf"[\"`\]]?[ \t]{{1,9}}[^,()\n]{{1,60}}(?:\([\d, ]{{1,9}}\)[^,()\n]{{0,60}})?"
    rf"(?P<names>(?:{_COMMA}{_TYPED}){{0,{_MOST_NAMES}}}){_GAP}\)"
)
_IN_A_LIST = LazyPattern(r"[\[(,]\s{0,40}[bru]?[\\\"'`\[]{0,2}\Z")
_ONE_QUOTED = LazyPattern(_QUOTED)
_ONE_BARE = LazyPattern(_BARE)
_ONE_TYPED = LazyPattern(_TYPED)
_ONE_FIELD = LazyPattern(rf"\({_GAP}{_QUOTED}{_FIELD_TYPE}")
_LISTS = (
    (_FIELDS_BEFORE, _FIELDS_BEHIND, _ONE_FIELD),
    (_QUOTED_BEFORE, _QUOTED_BEHIND, _ONE_QUOTED),
    (_BARE_BEFORE, _BARE_BEHIND, _ONE_BARE),
    (_TYPED_BEFORE, _TYPED_BEHIND, _ONE_TYPED),
)
# A list of one name is one where something says so; else it is a subscript.
_SAYS_NAMES = LazyPattern(
    r"(?i)(?:columns|schema|fields|fieldnames|names|headers?)\\?[\"']?\s{0,3}[=:]\s{0,3}\Z"
)
_OPENS = LazyPattern(r"[\[(]")
# Those that give a column each: of polars and pyarrow.
_SAYS_COLUMNS = LazyPattern(r"(?i)\b(?:schema|names)\s{0,3}=\s{0,3}\Z")
_TWICE_OPEN = LazyPattern(r"[\[(]\s{0,9}\Z")
_LIST_BEFORE = LazyPattern(
    r"\[[^\[\]]{0,1000}\]\s{0,9},\s{0,9}(?:\w{1,30}\s{0,3}=[^,()\[\]]{1,60},\s{0,9}){0,3}name\s{0,3}=\s{0,3}[\"']\Z"
)
_ASSIGNED = LazyPattern(r"\s{0,3}\]\s{0,3}=(?!=)")
# A list of columns: `frame[["user", "mail2"]]`.
_SUBSCRIPT = LazyPattern(r"[\w\])]\[\s{0,9}\Z")
_OTHER_VALUE = LazyPattern(r"[\w.+-]{1,60}(?:\([^()\n]{0,60}\))?")
# A dialect of SQL writes N'…'.
_NEXT = LazyPattern(rf"{_GAP},?{_GAP}(?:N(?='))?")
_CLOSES = LazyPattern(rf"{_GAP},?{_GAP}[\])]")

_NAME_KEY = (
    r"(?:name|key|field|param|parameter|parameter_?key|variable|var|setting|property|option|header|label"
    r"|title)"
)
_VALUE_KEY = r"(?:value|val|parameter_?value|default|default_?value|content|data)"
_NAMED = LazyPattern(rf"(?i)(?<![A-Za-z]){_NAME_KEY}{_Q}?\s{{0,3}}[:=]\s{{0,3}}(?:{_Q})?\Z")
_VALUE = rf"(?<![A-Za-z]){_VALUE_KEY}(?:{_Q})?\s{{0,3}}[:=]\s{{0,3}}"
_BEHIND_NAME = LazyPattern(
    rf"(?i)(?:{_Q})?\s{{0,3}}(?:,|\r?\n)(?:[^{{}}\[\]()\n]{{0,120}}(?:,|\n))?\s{{0,40}}(?:{_Q})?{_VALUE}"
)
# Elements of XML: `<entry key="password">…<`, `<name>password</name><value>…<`.
_ELEMENT_NAMED = LazyPattern(
    rf"(?i)<\w{{1,20}}\s{{1,3}}{_NAME_KEY}=\"[\w.-]{{0,40}}(?P<attribute>\Z)|<{_NAME_KEY}>\s{{0,9}}[\w.-]{{0,40}}(?P<element>\Z)"
)
_ELEMENT_VALUE = {
    "attribute": LazyPattern(r"[\w.-]{0,40}\"\s{0,3}>\s{0,9}(?P<value>[^<>\s]{1,400})\s{0,9}<"),
    "element": LazyPattern(
        rf"(?i)[\w.-]{{0,40}}\s{{0,9}}</{_NAME_KEY}>\s{{0,40}}<{_VALUE_KEY}>\s{{0,9}}(?P<value>[^<>\s]{{1,400}})\s{{0,9}}<"
    ),
}
# Of Terraform; and the line of a table whose heading says "name" and "value".
_BLOCK_BEHIND = LazyPattern(r"\"\s{0,3}\{[^{}]{0,300}?\b(?:default|value)\s{0,9}=\s{0,9}")
_BLOCK = LazyPattern(r"\b(?:variable|output|resource)\s{1,3}\"\Z")
_HEADED = LazyPattern(
    rf"(?i)(?:\A|\n|[\"']){_NAME_KEY}(?P<between>[,;\t]){_VALUE_KEY}(?:\\n|\s)(?:[^\n]*(?:\\n|\n))?\Z"
)
_BEFORE_NAME = LazyPattern(rf"(?i)[{{(,]\s{{0,40}}(?:{_Q})?{_VALUE}(?=[bru]?[\\\"'])")


def values_apart(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """Spans of the secrets that belong to the name from `start` to `end`, which says `kind`."""
    before = text[max(0, start - _REACH) : start]
    near = before[-_NEAR:]
    if _IN_A_LIST.search(near):
        yield from _in_rows(text, before, start, end, kind)
    if named := _ELEMENT_NAMED.search(near):
        inside = _ELEMENT_VALUE[named.lastgroup or ""].match(text, end)
        # `<string name="password">Kennwort<` names a word.
        is_secret = is_cell_secret if named.lastgroup == "attribute" else can_be_secret
        if inside and is_secret(inside["value"], kind):
            yield inside.span("value")
    if _NAMED.search(near):
        yield from _in_a_record(text, start, end, kind)
        yield from _in_a_series(text, before, start, kind)
    elif _BLOCK.search(near) and (default := _BLOCK_BEHIND.match(text, end)):
        yield from _value_at(text, default.end(), kind)
    elif (headed := _HEADED.search(before)) and text.startswith(headed["between"], end):
        yield from _value_at(text, end + 1, kind)


def _in_rows(text: str, before: str, start: int, end: int, kind: str) -> Iterator[Span]:
    for opening, closing, one in _LISTS:
        head, tail = opening.search(before), closing.match(text, end)
        if head is None or tail is None:
            continue
        place = len(one.findall(head["names"]))
        count = place + 1 + len(one.findall(tail["names"]))
        first = start - len(before) + head.start()
        if _SUBSCRIPT.search(text, max(0, first - 12), first) and not _ASSIGNED.match(text, tail.end()):
            return
        if (
            count == 1
            and opening is _QUOTED_BEFORE
            and not _SAYS_NAMES.search(text, max(0, first - 30), first)
        ):
            return
        yield from _at_place(text, (first, tail.end()), count, place, kind)
        if _SAYS_COLUMNS.search(text, max(0, first - 30), first):
            yield from _in_columns(text, first, count, place, kind)
        return


def _at_place(text: str, names: Span, count: int, place: int, kind: str) -> Iterator[Span]:
    rows, found = _rows(text), 0
    for number in range(bisect_left(rows, (max(0, names[0] - _ROWS_BEFORE),)), len(rows)):
        at, values = rows[number]
        if at > names[1] + _ROWS_BEHIND or found == _MOST_ROWS:
            return
        if len(values) == count and not names[0] <= at < names[1]:
            found += 1
            yield from secret_cells(text, (values[place],), kind)


def _in_columns(text: str, names: int, count: int, place: int, kind: str) -> Iterator[Span]:
    """The values of a column, where as many lists stand before the names as there are names."""
    rows = _rows(text)
    stop = bisect_left(rows, (names,))
    group = [row for row in rows[max(0, stop - count) : stop] if row[0] >= names - _ROWS_BEFORE]
    is_whole = len(group) == count and _TWICE_OPEN.search(text, max(0, group[0][0] - 12), group[0][0])
    yield from secret_cells(text, group[place][1] if is_whole else (), kind)


def _in_a_series(text: str, before: str, start: int, kind: str) -> Iterator[Span]:
    """The values of the list before `name="password"`."""
    given = _LIST_BEFORE.search(before)
    if given is None:
        return
    rows, first = _rows(text), start - len(given.group())
    at = bisect_left(rows, (first,))
    for opened, values in rows[at : at + 1]:
        yield from secret_cells(text, values if opened == first else (), kind)


# Of a text that is asked about for each of its names.
@lru_cache(maxsize=4)
def _rows(text: str) -> list[tuple[int, tuple[Span, ...]]]:
    """Where each list of plain values opens, and its values: the inside of a literal, (0, 0) for others."""
    rows = []
    for opened in _OPENS.finditer(text):
        if not _SUBSCRIPT.search(text, max(0, opened.end() - 12), opened.start()):
            values = _row(text, opened.end())
            if values:
                rows.append((opened.start(), values))
    return rows


def _row(text: str, at: int) -> tuple[Span, ...]:
    """The values of the list that opens before `at`; none where it holds anything else."""
    row: list[Span] = []
    while len(row) <= _MOST_NAMES and (gap := _NEXT.match(text, at)) and (not row or "," in gap.group()):
        literal = STRING.match(text, gap.end())
        value = literal or _OTHER_VALUE.match(text, gap.end())
        if value is None:
            return ()
        row.append(literal.span(literal.lastgroup or 0) if literal else (0, 0))
        at = value.end()
        if _CLOSES.match(text, at):
            return tuple(row)
    return ()


def _in_a_record(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """`"value": "…"` behind `"name": "password"`, or before it."""
    behind = _BEHIND_NAME.match(text, end)
    if behind is None:
        opened = text.rfind("{", max(0, start - _REACH), start)
        found = list(_BEFORE_NAME.finditer(text, opened, start)) if opened >= 0 else []
        behind = found[-1] if found else None
    if behind is not None:
        yield from _value_at(text, behind.end(), kind)


def _value_at(text: str, position: int, kind: str) -> Iterator[Span]:
    """The first literal that stands there, else the word."""
    values = values_at(text, position)[:1]
    for value in values:
        yield from accepted(text, value, kind)
    bare = None if values else BARE.match(text, position)
    if bare and can_be_secret(bare.group(), kind):
        yield bare.span()
