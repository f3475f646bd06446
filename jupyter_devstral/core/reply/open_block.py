"""A fenced block that is still open: the lines that belong to it, and the places where it may have ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..python.quotes import QuoteState
from ..python.source import parse_cell
from .fences import Opening, end_of_close, glued_close, is_bare, reopens
from .languages import canonical
from .python_evidence import looks_like_python
from .trailing_prose import prose_begins

# How often the text before a possible closing fence is parsed at most; keeps the parser linear.
_MOST_ATTEMPTS = 8


class Reading(Enum):
    """The role of a line in the block."""

    CONTENT = "content"
    CLOSES = "closes"
    REOPENS = "reopens"


@dataclass(frozen=True)
class Exit:
    """A place where the block could have ended although it went on.

    Attributes:
        line: index in `OpenBlock.lines`.
        keeps: characters of that line that are code (a glued fence), 0 for a fence on its own line.
        surely: whether it is a fence on its own line, good enough even if the code before does not parse.
    """

    line: int
    keeps: int
    surely: bool


class OpenBlock:
    """The lines of one block that is still being read.

    Attributes:
        opening: the fence it began with.
        head: the opening line as it was, from `opening.at`, with its line end.
        lines: the lines below it, with line ends, a closing fence included.
        code_end: number of `lines` that are content.
        glued: characters of the last content line that are code, -1 for all.
        lead: the last line of prose before the block, stripped.
        shows_fences: whether it holds blocks of its own, as an example of Markdown does.
    """

    def __init__(self, opening: Opening, head: str, lead: str) -> None:
        self.opening = opening
        self.head = head
        self.lead = lead
        self.lines: list[str] = []
        self.code_end = 0
        self.glued = -1
        self.exits: list[Exit] = []
        language = canonical(opening.tag)
        self.may_be_python = language in ("python", "")
        self._holds_markdown = language in ("markdown", "rst")
        self.shows_fences = False
        self._inner: list[Opening] = []
        self._quotes = QuoteState()
        self._attempts = 0
        self._first_line_seen = bool(opening.glued)
        if opening.glued and self.may_be_python:
            self._quotes.read(opening.glued)

    @property
    def rescuable(self) -> bool:
        """Whether a fence was passed over that may have been the end after all."""
        return bool(self.exits)

    def read(self, line: str) -> tuple[Reading, int]:
        """Read a line.

        The number returned is where prose begins behind a closing fence (the line's end: nowhere).
        """
        text = line.rstrip("\r\n")
        char, length = self.opening.char, self.opening.length
        if char in text:
            if self.may_be_python and self._quotes.open:
                if is_bare(text, char, length):
                    self.exits.append(Exit(len(self.lines), 0, surely=True))
            elif self._inner or self._begins_nested(text):
                if self._read_nested(text):
                    return self._close(line, len(line))
            else:
                ended = self._ends(line, text)
                if ended is not None:
                    return ended
        self._keep(line, text)
        return Reading.CONTENT, 0

    def _keep(self, line: str, text: str) -> None:
        self.lines.append(line)
        self.code_end = len(self.lines)
        self._first_line_seen = self._first_line_seen or bool(text.strip())
        if self.may_be_python:
            self._quotes.read(text)

    def _close(self, line: str, end: int) -> tuple[Reading, int]:
        self.code_end = len(self.lines)
        self.lines.append(line[:end])
        return Reading.CLOSES, end

    def _ends(self, line: str, text: str) -> tuple[Reading, int] | None:
        char, length = self.opening.char, self.opening.length
        if is_bare(text, char, length):
            return self._close(line, len(line))
        if reopens(text, char, length):
            return Reading.REOPENS, 0
        if self.may_be_python and is_bare(text, char, 3):
            # Models close ```` with ```, but an example of Markdown looks the same.
            self.exits.append(Exit(len(self.lines), 0, surely=False))
            return None
        end = end_of_close(text, char, length)
        if end is not None:
            return self._close(line, end)
        keeps = glued_close(text, char, length)
        if keeps is None:
            return None
        if self._glued_close_ends(text, keeps):
            self.lines.append(line)
            self.code_end = len(self.lines)
            self.glued = keeps
            return Reading.CLOSES, len(line)
        self.exits.append(Exit(len(self.lines), keeps, surely=False))
        return None

    def _glued_close_ends(self, text: str, keeps: int) -> bool:
        """Tell whether `code```` ends the block.

        Python must parse up to there; elsewhere the fence must touch the code.
        """
        if self._holds_markdown:
            return False
        if not self.may_be_python:
            return not text[keeps - 1].isspace() and not any(mark in text for mark in ("//", "#", "'", '"'))
        look = QuoteState()
        look.open = self._quotes.open
        if look.read(text[:keeps]) >= 0 or look.open or self._attempts >= _MOST_ATTEMPTS:
            return False
        self._attempts += 1
        return parse_cell(self.content(len(self.lines)) + "\n" + text[:keeps]) is not None

    def _begins_nested(self, text: str) -> bool:
        """Tell whether a fence inside belongs to an example: in Markdown, or as the very first content."""
        opening = self.opening
        if not reopens(text, opening.char, opening.length):
            return False
        shown_first = not self._first_line_seen and not self.may_be_python_by_name
        return self._holds_markdown or shown_first

    @property
    def may_be_python_by_name(self) -> bool:
        """Whether the block is tagged Python, not merely untagged."""
        return self.may_be_python and bool(self.opening.tag)

    def _read_nested(self, text: str) -> bool:
        """Track nested fences; return True when the line closes the block itself."""
        innermost = self._inner[-1] if self._inner else self.opening
        if is_bare(text, innermost.char, innermost.length):
            if not self._inner:
                return True
            self._inner.pop()
            self.exits.append(Exit(len(self.lines), 0, surely=True))
            return False
        if reopens(text, innermost.char, innermost.length) and (
            not self._inner or canonical(innermost.tag) in ("markdown", "rst", "")
        ):
            ticks = text.strip()
            length = len(ticks) - len(ticks.lstrip(innermost.char))
            tag = ticks.lstrip(innermost.char).strip()
            self.shows_fences = True
            self._inner.append(Opening(0, innermost.char, length, 0, tag, ""))
        return False

    def content(self, lines: int | None = None) -> str:
        r"""The code so far as it stands in the reply (line ends as \n), not dedented."""
        count = self.code_end if lines is None else lines
        texts = [line.rstrip("\r\n") for line in self.lines[:count]]
        if lines is None and self.glued >= 0 and texts:
            texts[-1] = texts[-1][: self.glued]
        return "\n".join([self.opening.glued, *texts] if self.opening.glued else texts)

    def best_exit(self) -> Exit | None:
        """The best place to end the block when as a whole it makes no sense; None without one."""
        for exit in self.exits[:_MOST_ATTEMPTS]:
            if self.may_be_python and self._is_code(self.content_until(exit).strip()):
                return exit
        glued_is_enough = not self.may_be_python_by_name
        return next((exit for exit in self.exits if exit.surely or (exit.keeps and glued_is_enough)), None)

    def _is_code(self, source: str) -> bool:
        if not self.may_be_python_by_name:
            return looks_like_python(source)
        return bool(source) and parse_cell(source) is not None

    def end_at_glued_close(self) -> None:
        """End a block that was never closed at a fence glued to its last line of code, if there is one."""
        last = next((n for n in range(len(self.lines) - 1, -1, -1) if self.lines[n].strip()), -1)
        if self.exits and self.exits[-1].line == last and self.exits[-1].keeps:
            self.code_end, self.glued = last + 1, self.exits.pop().keeps

    def end_before_prose(self) -> list[str]:
        """End a block that was never closed where prose follows its code; return the lines of prose."""
        first = self._prose_at()
        if first < 0:
            return []
        rest, self.lines = self.lines[first:], self.lines[:first]
        self.code_end = first
        return rest

    @property
    def introduces_another(self) -> bool:
        """Tell whether prose at its end announces a block.

        The fence that closed this one was then meant to open that.
        """
        last = next((line for line in reversed(self.lines[: self.code_end]) if line.strip()), "")
        return last.rstrip().endswith((":", "：")) and self._prose_at() >= 0

    def _prose_at(self) -> int:
        """The index of the first of `lines` that is prose, -1 where all is code."""
        if not self.may_be_python_by_name or self.exits:
            return -1
        at = prose_begins(self.content())
        return at - 1 if self.opening.glued else at

    def content_until(self, exit: Exit) -> str:
        """The code up to an exit."""
        text = self.content(exit.line)
        return text + "\n" + self.lines[exit.line][: exit.keeps] if exit.keeps else text

    def end_at(self, exit: Exit) -> list[str]:
        """End the block at an exit; return the lines that do not belong to it."""
        rest = self.lines[exit.line + 1 :]
        self.lines = self.lines[: exit.line + 1]
        self.code_end = exit.line + 1 if exit.keeps else exit.line
        self.glued = exit.keeps if exit.keeps else -1
        self.exits = []
        return rest
