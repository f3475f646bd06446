"""The positions of Python's strings and comments, line by line, in text that may not be Python at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"#|'''|\"\"\"|'(?:\\.|[^'\\])*'?|\"(?:\\.|[^\"\\])*\"?")
_ENDS = {quotes: re.compile(r"\\.|" + quotes) for quotes in ("'''", '"""')}


class QuoteState:
    """A reader of lines in order; `open` is the triple quote the next line begins in ("" for none)."""

    def __init__(self) -> None:
        self.open = ""

    def read(self, line: str) -> int:
        """Read one line and return the column of its comment, -1 without one."""
        at = 0
        while at < len(line):
            if self.open:
                at = self._string_end(line, at)
                continue
            token = _TOKEN.search(line, at)
            if token is None:
                break
            if token[0] == "#":
                return token.start()
            if token[0] in _ENDS:
                self.open = token[0]
            at = token.end()
        return -1

    def _string_end(self, line: str, at: int) -> int:
        for found in _ENDS[self.open].finditer(line, at):
            if found[0] == self.open:
                self.open = ""
                return found.end()
        return len(line)


@dataclass(frozen=True)
class Comment:
    """One `#` comment: its line (0-based), the code before it (stripped), and its text without the hash."""

    line: int
    code: str
    text: str


def comments_of(source: str) -> Iterator[Comment]:
    """The comments of a Python source, in order."""
    state = QuoteState()
    for number, line in enumerate(source.split("\n")):
        column = state.read(line)
        if column >= 0:
            yield Comment(number, line[:column].strip(), line[column:].lstrip("#").strip())
