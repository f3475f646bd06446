"""A model's reply as it streams in: text chunks become prose and code, the same at any chunk split."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..python.source import parse_cell
from .code_block import Code, Prose, cell_heading, read_code
from .fences import Opening, find_opening
from .open_block import OpenBlock, Reading

__all__ = ["Code", "Prose", "ReplyParser"]

# "\r" alone ends a line too, but at the end of a chunk it may be half of "\r\n".
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r(?=[^\n]))")
# How many blocks are read again because a fence inside was their end after all; keeps the parser linear.
_MOST_RESCUES = 20


class ReplyParser:
    """A parser of replies into events whose texts, in order, are the reply, character for character.

    A `Code` comes when its block ends, a `Prose` when the next block begins or the reply ends. `language` is
    the notebook's: it decides which blocks can become cells.
    """

    def __init__(self, language: str = "python") -> None:
        self._language = language
        self._parts: list[str] = []
        self._half_line_end = False
        self._prose: list[str] = []
        self._lead = ""
        self._heading = ""
        self._block: OpenBlock | None = None
        self._rescues = 0
        self._events: list[Prose | Code] = []

    def feed(self, text: str) -> Iterator[Prose | Code]:
        """Take the next chunk at once.

        It is taken even if nobody consumes the iterator over the completed events.
        """
        if not text:
            return iter(())
        self._parts.append(text)
        if "\n" not in text and "\r" not in text and not self._half_line_end:
            return iter(())
        pending = "".join(self._parts)
        at = 0
        for line in _LINE.finditer(pending):
            self._read(line[0])
            at = line.end()
        self._parts = [pending[at:]] if at < len(pending) else []
        self._half_line_end = pending.endswith("\r")
        return self._taken()

    def close(self) -> Iterator[Prose | Code]:
        """End the reply; what is still open becomes the last events."""
        rest = "".join(self._parts)
        self._parts, self._half_line_end = [], False
        if rest:
            self._read(rest)
        while self._block is not None:
            self._finish(self._block, closed=False)
        self._end_prose()
        return self._taken()

    def _taken(self) -> Iterator[Prose | Code]:
        events, self._events = self._events, []
        return iter(events)

    def _read(self, line: str) -> None:
        block = self._block
        if block is None:
            self._read_outside(line)
            return
        reading, end = block.read(line)
        if reading is Reading.REOPENS:
            self._finish(block, closed=False)
            self._read(line)
        elif reading is Reading.CLOSES:
            self._finish(block, closed=True)
            if end < len(line):
                self._read(line[end:])

    def _read_outside(self, line: str) -> None:
        text = line.rstrip("\r\n")
        opening = find_opening(text) if "```" in text or "~~~" in text else None
        if opening is None:
            self._say(line)
            return
        self._open(opening, line)

    def _say(self, line: str) -> None:
        self._prose.append(line)
        self._lead = line.strip() or self._lead
        self._heading = cell_heading(line.strip()) or self._heading

    def _open(self, opening: Opening, line: str) -> None:
        if opening.at:
            self._say(line[: opening.at])
        self._end_prose()
        self._block = OpenBlock(opening, line[opening.at :], self._lead)
        self._lead = ""
        if opening.closes:
            self._finish(self._block, closed=True)

    def _end_prose(self) -> None:
        if self._prose:
            self._events.append(Prose("".join(self._prose)))
            self._prose = []

    def _finish(self, block: OpenBlock, *, closed: bool) -> None:
        """Emit the block, or only its beginning where a fence that it passed over must have been its end."""
        self._block = None
        rest: list[str] = []
        if not closed:
            block.end_at_glued_close()
        if not closed or block.introduces_another:
            rest = block.end_before_prose()
            closed = closed or bool(rest)
        if (
            not rest
            and block.rescuable
            and self._rescues < _MOST_RESCUES
            and not self._makes_sense(block, closed=closed)
        ):
            exit = block.best_exit()
            if exit is not None:
                self._rescues += 1
                rest, closed = block.end_at(exit), True
        opening = block.opening
        code = read_code(
            block.head + "".join(block.lines),
            opening.tag,
            block.content(),
            column=opening.column,
            closed=closed,
            lead=block.lead,
            cell=opening.cell or self._heading,
            notebook_language=self._language,
        )
        if code.verdict == "cell":
            # A sample of output may stand between the name and the code.
            self._heading = ""
        self._events.append(code)
        for line in rest:
            self._read(line)

    def _makes_sense(self, block: OpenBlock, *, closed: bool) -> bool:
        """Tell whether the whole block is plausible in spite of the fences inside."""
        if not block.may_be_python or block.shows_fences:
            return closed
        return parse_cell(block.content().strip("\n")) is not None
