"""A few values of a column behind its type: distinct, short, marked so that they can be taken off again.

A type alone hides what a fix depends on: that a price reads '$4.50', that a date is written 03/04/2024. What
is written here never leaves a line, so `without_values` needs no more than the line.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Any

from ..redaction.names import what_name_says
from ..text.lazy_pattern import LazyPattern
from .type_facts import is_one_of, root_of

# Values of so many rows are looked at; a few of them are shown, from as many columns.
ROWS_READ = 50
COLUMNS_SAMPLED = 20
_SHOWN, _LONGEST = 3, 24
_RANGES_UP_TO = 5_000_000
_ADDRESS = LazyPattern(r"[^\s@]@[^\s@]+\.\w")
# Both marks stand behind the facts of a line that describes a variable or a column, and run to its end.
_VALUES = LazyPattern(
    r"^((?: {2}|(?:- )?[^\W\d]\w*(?:\[[^\n\]]*\])*: )[^\n]*?); (?:e\.g\. |\S+ to )[^\n]*$", re.MULTILINE
)
_RANGE = LazyPattern(r"; \S+ to \S+$")


def without_values(text: str) -> str:
    """Descriptions of variables without their sample values and ranges."""
    return _VALUES.sub(r"\1", text) if "; " in text else text


def without_range(line: str) -> str:
    """One line without its range, which changes with every row."""
    return _RANGE.sub("", line)


def sample_text(name: object, values: Sequence[object]) -> str:
    """ "; e.g. '$4.50', '$12.00'" for the first rows of a column, "" where nothing may or need be shown.

    Columns that are named like a secret, or hold e-mail addresses, give none.
    """
    if is_one_of(type(name), str) and what_name_says(str(name)):
        return ""
    plain = [value for value in values[:ROWS_READ] if is_one_of(type(value), str, int, float, datetime.date)]
    if any(_ADDRESS.search(str(value)) for value in plain):
        return ""
    written = dict.fromkeys(_written(value) for value in plain if value == value)
    kept = [text for text in written if len(text) <= _LONGEST + 2 and text.strip("' ")][:_SHOWN]
    return f"; e.g. {', '.join(kept)}" if kept else ""


def _written(value: object) -> str:
    return str(value) if is_one_of(type(value), datetime.date) else repr(value)


def range_text(name: object, column: Any, rows: int) -> str:
    """ "; 2 to 40" for a column of whole numbers or dates, "" where it has no two ends."""
    if rows > _RANGES_UP_TO or (is_one_of(type(name), str) and what_name_says(str(name))):
        return ""
    least, most = column.min(), column.max()
    if least is None or most is None or least != least or most != most:
        return ""
    ends = [_end(each) for each in (least, most)]
    return f"; {ends[0]} to {ends[1]}" if all(ends) else ""


def _end(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")[:25]
    value = value.item() if root_of(type(value)) == "numpy" else value
    return repr(value)[:20] if is_one_of(type(value), int) else ""
