"""Code that was shown with the numbers of its lines, without them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

from ..python_evidence import looks_like_python

_NUMBERED = re.compile(r"\s*(?:line )?(?P<number>\d+)(?:\s*[|│]|[.:)])?(?P<code>(?:\s.*)?)", re.IGNORECASE)
_LEAST_LINES = 2


def without_line_numbers(source: str) -> Iterator[str]:
    """Readings of a source of which every line has its number, one by one; any other source has none."""
    lines = [line for line in source.split("\n") if line.strip()]
    found = [_NUMBERED.fullmatch(line) for line in lines]
    read = [one for one in found if one is not None]
    if len(read) < len(lines) or len(read) < _LEAST_LINES:
        return
    numbers = [int(one["number"]) for one in read]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return
    # In a column the numbers are followed by more than one blank: `9  x`, `10 x`.
    width = max(one.start("code") for one in read) + 1
    readings = ([one["code"][1:] for one in read], [line[width:] for line in lines])
    # A list of things may be numbered, too.
    yield from (code for reading in readings if looks_like_python(code := dedent("\n".join(reading))))
