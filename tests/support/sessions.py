"""Recorded notebook sessions: question sheets whose reference answers are run one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_QUESTION = re.compile(r'\s*("""|\'\'\')(?P<sheet>.*?)\1\s*', re.DOTALL)

# Sets whose reference answers all run with current libraries (the README beside them says which do not).
CLEAN_SETS = (
    "01-getting-knowing-your-data-occupation",
    "02-filtering-sorting-chipotle",
    "02-filtering-sorting-euro12",
    "02-filtering-sorting-fictional-army",
    "03-grouping-alcohol-consumption",
    "03-grouping-occupation",
    "03-grouping-regiment",
    "05-merge-auto-mpg",
    "05-merge-fictitous-names",
    "05-merge-housing-market",
    "08-creating-series-and-dataframes-pokemon",
    "09-time-series-getting-financial-data",
    "10-deleting-iris",
    "10-deleting-wine",
)


@dataclass(frozen=True)
class SessionCell:
    """One cell.

    Attributes:
        source: the code, of a question the reference answer.
        question: whether it answers a question; else it is context.
    """

    source: str
    question: bool


def cells_of(path: Path) -> Iterator[SessionCell]:
    """The cells of one question sheet, in order."""
    parts = re.split(r"^# %%$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for part in parts[1:]:
        sheet = _QUESTION.match(part)
        source = part[sheet.end() :] if sheet else part
        yield SessionCell(source.strip(), bool(sheet))
