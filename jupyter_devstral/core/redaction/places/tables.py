"""Secrets in printed tables: below a heading, beside a name in the first column, above the name of a Series.

A table is delimited (CSV, Markdown, LaTeX, the boxes of polars and rich), aligned by blanks, or HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ...text.lazy_pattern import LazyPattern
from ..names import CODE, PASSWORD, TOKEN
from ..search import Span, words
from ..values import can_be_secret, is_key_like, is_number, is_unpronounceable

_MOST_ROWS = 200
_LONGEST_LINE = 1000
# What columns are made of: `float64`, `datetime64[ns]`, `Utf8View`, `sha256`.
_TYPE_NAME = LazyPattern(
    r"(?i)(?:u?int|float|complex|bool|str|string|object|datetime|timedelta|date|decimal|utf|sha|md|crc|base|latin)"
    r"-?\d{1,4}(?:view)?(?:\[[\w, ]{1,20}\])?"
)
_DELIMITERS = ("|", ",", ";", "\t", "&")
_BOXES = str.maketrans({**dict.fromkeys("│┆┃║┇┊", "|"), **dict.fromkeys("─━═┄┈╌", "-")})
_BOX = LazyPattern("[│┆┃║┇┊]")
# Also the column without a name, of the index, and the one that stands for those left out.
_HEADING = LazyPattern(r"[^\W\d][\w .-]{0,40}|\.\.\.|…|")
_ALIGNED_HEADING = LazyPattern(r"[\w.…%#/()\\-]+")
_RULE = LazyPattern(r"[|:\s+=┌-╿-]+|\\\\?(?:mid|top|h)(?:rule|line)")
_TOKEN_OF_LINE = LazyPattern(r"\S+")
_CELL_OF_LINE = LazyPattern(r"\S+(?: \S+)*")
_GAPS = LazyPattern(r"[ \t]{2,}|\t|\\t")
_MARKS = " *`\"'\\"
_SERIES_BEFORE = LazyPattern(r"(?:^|\n)Name: \Z")
_SERIES_BEHIND = LazyPattern(r", (?:dtype|Length): ")
_POLARS_BEFORE = LazyPattern(r"(?:Series: '|\$ )\Z")
_POLARS_BEHIND = LazyPattern(r"(?:' \[\w[\w\[\], ]*\]\n\[\n| *<[\w\[\], ]+> )")
_POLARS_END = LazyPattern(r"\n\]|\n\$ |\Z")
_IN_QUOTES = LazyPattern(r"(?P<q>[\"'])(?P<value>[^\"'\n]{4,200})(?P=q)")
_HTML_ROW = LazyPattern(r"(?i)<tr\b[^>]*>")
_HTML_CELL = LazyPattern(r"(?i)<t[hd]\b[^>]*>\s*(?P<value>[^<>]{0,400}?)\s*</t[hd]>")
_HTML_REACH = 4000
# What a summary calls its rows: the numbers beside them are counts.
_STATISTICS = frozenset(words("count unique nunique freq mean std min max sum 25% 50% 75% null_count size"))


def table_values(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """Spans of the secrets that a table shows under, beside or above the name from `start` to `end`."""
    text = _as_lines(text)
    if text[end : end + 1] == "<":
        yield from _in_html(text, start, end, kind)
        return
    if _SERIES_BEHIND.match(text, end) and _SERIES_BEFORE.search(text, max(0, start - 7), start):
        yield from secret_cells(text, _of_a_series(text, start), kind)
        return
    if (behind := _POLARS_BEHIND.match(text, end)) and _POLARS_BEFORE.search(text, max(0, start - 9), start):
        yield from secret_cells(text, _of_polars(text, behind.end()), kind)
        return
    line_start = text.rfind("\n", max(0, start - _LONGEST_LINE), start) + 1
    line_end = text.find("\n", end, end + _LONGEST_LINE)
    if line_end < 0 or (line_start == 0 and start > _LONGEST_LINE):
        return
    line = text[line_start:line_end]
    name = (start - line_start, end - line_start)
    found = _delimited(text, line_end + 1, line, name)
    if found is None:
        found = _aligned(text, line_end + 1, line, name)
    yield from secret_cells(text, found, kind)


def row_values(text: str, start: int, kind: str) -> Iterator[Span]:
    """Spans of the secrets in the rest of a line whose first column is a name, where it has several more."""
    line_end = text.find("\n", start, start + _LONGEST_LINE)
    line_end = min(len(text), start + _LONGEST_LINE) if line_end < 0 else line_end
    at, cells = start, []
    for gap in _GAPS.finditer(text, start, line_end):
        cells.append((at, gap.start()))
        at = gap.end()
    if cells:
        for span in secret_cells(text, (_bare(text, *cell) for cell in (*cells, (at, line_end))), kind):
            if not is_number(text[slice(*span)]):  # how many there are of it
                yield span


@lru_cache(maxsize=8)
def _as_lines(text: str) -> str:
    """`text`, of the same length, with its escaped line breaks as such and the lines of boxes in ASCII."""
    if "\\n" in text:
        text = text.replace("\\n", " \n")
    if not text.isascii() and _BOX.search(text):
        text = text.translate(_BOXES)
    return text


def secret_cells(text: str, cells: Iterable[Span], kind: str) -> Iterator[Span]:
    """Those of the cells of a column that says `kind` which are secrets."""
    for begin, stop in cells:
        if is_cell_secret(text[begin:stop], kind):
            yield begin, stop


# Rows are read again for each list of names that they may belong to.
@lru_cache(maxsize=4096)
def is_cell_secret(value: str, kind: str) -> bool:
    """Whether a cell of a column that says `kind` is a secret: nobody wrote it beside that name."""
    if _TYPE_NAME.fullmatch(value):
        return False
    if kind == TOKEN:
        return is_key_like(value)
    if is_number(value):
        return kind == PASSWORD and can_be_secret(value, kind)
    return (
        kind != CODE
        and can_be_secret(value, TOKEN)
        and (any(map(str.isdigit, value)) or is_unpronounceable(value))
    )


def _bare(text: str, begin: int, stop: int) -> Span:
    """A cell without the blanks, quotes and marks around its value."""
    stripped = text[begin:stop].strip(_MARKS)
    begin += text[begin:stop].find(stripped) if stripped else 0
    return begin, begin + len(stripped)


def _rows(text: str, at: int, heading: str) -> Iterator[tuple[int, str]]:
    """The lines from `at` to the next such heading, with their places; those that only rule are left out."""
    for _ in range(_MOST_ROWS):
        line_end = text.find("\n", at, at + _LONGEST_LINE)
        line = text[at : line_end if line_end >= 0 else at + _LONGEST_LINE]
        if line == heading:
            return
        if not line.strip() or not _RULE.fullmatch(line):
            yield at, line
        if line_end < 0:
            return
        at = line_end + 1


def _delimited(text: str, at: int, line: str, name: Span) -> Iterator[Span] | None:
    """The column below a heading between delimiters; None where the line is no such row of headings."""
    for delimiter in _DELIMITERS:
        if delimiter not in line:
            continue
        cells = _split(line, delimiter)
        if cells and not _HEADING.fullmatch(
            line[slice(*cells[0])]
        ):  # the literal of a text begins in mid-line
            begin, stop = cells[0][0], line.index(delimiter)
            cells[0] = (max(begin, line.rfind('"', 0, stop) + 1, line.rfind("'", 0, stop) + 1), stop)
        headings = [line[begin:stop] for begin, stop in cells]
        if name in cells and sum(map(bool, headings)) > 1 and all(map(_HEADING.fullmatch, headings)):
            return _below(text, at, line, delimiter, len(cells), cells.index(name))
        if headings == [line[slice(*name)]] and delimiter == "|":  # a table of one column
            return _below(text, at, line, delimiter, 1, 0)
        if name in cells and headings[0] == "" and len(headings) == 2:  # an index without a name
            return _below(text, at, line, delimiter, 2, 1)
    return None


def _split(line: str, delimiter: str) -> list[Span]:
    cells, at = [], 0
    for cell in line.split(delimiter):
        cells.append(_bare(line, at, at + len(cell)))
        at += len(cell) + 1
    return cells[1:-1] if delimiter == "|" and line.lstrip()[:1] == "|" else cells


def _below(text: str, at: int, heading: str, delimiter: str, count: int, place: int) -> Iterator[Span]:
    for begin, row in _rows(text, at, heading):
        cells = _split(row, delimiter)
        if len(cells) != count:
            return
        if not _is_statistic(row[slice(*cells[0])]):
            yield begin + cells[place][0], begin + cells[place][1]


def _aligned(text: str, at: int, line: str, name: Span) -> Iterator[Span]:
    """The cells that end or begin where the heading does, or stand under it where two blanks part it."""
    start, end = name
    tokens = [match.span() for match in _TOKEN_OF_LINE.finditer(line)]
    starts, ends = [token[0] for token in tokens], [token[1] for token in tokens]
    if (
        start not in starts
        or end not in ends
        or not all(_ALIGNED_HEADING.fullmatch(line[begin:stop]) for begin, stop in tokens)
    ):
        return
    is_alone = starts[0] == start and ends[-1] == end
    is_parted = not is_alone and name in [match.span() for match in _CELL_OF_LINE.finditer(line)]
    if not is_parted and line[start:end].lower() == "pass":  # the statement, and "a forward pass of"
        return
    for number, (begin, row) in enumerate(_rows(text, at, line)):
        cells = [match.span() for match in _TOKEN_OF_LINE.finditer(row)]
        if not cells or (not is_parted and ("=" in row or "(" in row)):  # code
            return
        under = [cell for cell in cells if cell[1] == end or cell[0] == start]
        if is_parted and not under:
            under = [cell for cell in cells if cell[0] < end and start < cell[1]]
        if not under and number:  # the first row can have the name of the index alone
            return
        if not _is_statistic(row[slice(*cells[0])]):
            yield from ((begin + cell[0], begin + cell[1]) for cell in (_bare(row, *one) for one in under))


def _is_statistic(label: str) -> bool:
    return label in _STATISTICS


def _of_a_series(text: str, start: int) -> Iterator[Span]:
    """The last column of the lines above `Name: …`."""
    line_end = text.rfind("\n", 0, start)
    for _ in range(_MOST_ROWS):
        line_start = text.rfind("\n", max(0, line_end - _LONGEST_LINE), max(0, line_end)) + 1
        cells = [match.span() for match in _CELL_OF_LINE.finditer(text, line_start, max(0, line_end))]
        if not cells:
            return
        if text.startswith("Name: ", line_start):  # of the one above
            return
        if len(cells) > 1 and not _is_statistic(text[slice(*cells[0])]):
            yield cells[-1]
        line_end = line_start - 1


def _of_polars(text: str, at: int) -> Iterator[Span]:
    end = _POLARS_END.search(text, at, at + _HTML_REACH)
    for match in _IN_QUOTES.finditer(text, at, end.start() if end else at):
        yield match.span("value")


def _in_html(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """The cells below a heading of an HTML table, or beside one that begins a row."""
    row_start = text.rfind("<tr", max(0, start - _HTML_REACH), start)
    row_end = text.find("</tr", end, end + _HTML_REACH)
    if row_start < 0 or row_end < 0:
        return
    cells = [match.span("value") for match in _HTML_CELL.finditer(text, row_start, row_end)]
    place = next((number for number, cell in enumerate(cells) if cell == (start, end)), None)
    if place is None:
        return
    if "<td" in text[row_start:row_end]:
        yield from secret_cells(text, iter(cells[place + 1 :]), kind)
        return
    for row in _rows_of_html(text, row_end):
        if len(row) == len(cells):
            yield from secret_cells(text, iter(row[place : place + 1]), kind)


def _rows_of_html(text: str, at: int) -> Iterator[list[Span]]:
    for _ in range(_MOST_ROWS):
        opened = _HTML_ROW.search(text, at, at + _HTML_REACH)
        row_end = text.find("</tr", opened.end(), opened.end() + _HTML_REACH) if opened else -1
        if opened is None or row_end < 0 or "</table" in text[at : opened.start()]:
            return
        yield [match.span("value") for match in _HTML_CELL.finditer(text, opened.end(), row_end)]
        at = row_end
