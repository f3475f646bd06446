"""Where the cursor stands: what is around it, whether that is code, and whether a line or a block is wanted.

Offsets count code points, which are Python's own. Knows no cell but the one the cursor is in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from ..notebook.cells import Cell
from ..notebook.own_cells import is_request
from .languages import Syntax, syntax_of

# Behind the cursor these do not make it the middle of a line.
_CLOSING = re.compile(r"[\s)\]}\"'`,:;]*")
# Cell magics whose cell is still code of the kernel's own language.
_TRANSPARENT = re.compile(r"\s*%%(?:time|timeit|capture|prun)\b")
_OPENS_BLOCK = re.compile(
    r"\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b.*:\s*(?:#.*)?\Z"
)


# Characters above the cursor's line, and below it, that are looked at at every key.
_NEARBY = 400
_LONGEST_HEAD = 4_000


class Standing(str, Enum):
    """What the cursor stands in."""

    CODE = "code"
    COMMENT = "comment"
    STRING = "string"
    # A cell of another language, or one that is a question of ours.
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Place:
    """A cursor in a cell.

    Attributes:
        source: the cell's text, or the part of it around the cursor.
        offset: code points before the cursor.
        language: the kernel's, in lower case.
        told: what a front-end that knows the syntax says of it; None to look here.
    """

    source: str
    offset: int
    language: str = "python"
    told: Standing | None = None

    @cached_property
    def above(self) -> str:
        """The lines above the cursor's, each with its line end."""
        return self.source[: self._line_start]

    @cached_property
    def head(self) -> str:
        """The cursor's line as far as the cursor."""
        return self.source[self._line_start : self.offset]

    @cached_property
    def rest(self) -> str:
        """The cursor's line behind the cursor."""
        return self.source[self.offset : self._line_end]

    @cached_property
    def below(self) -> str:
        """The lines below the cursor's."""
        return self.source[self._line_end + 1 :]

    @cached_property
    def nearby(self) -> tuple[str, int]:
        """The lines around the cursor, and its place in them: short, where a cell may be long."""
        start = self.source.rfind("\n", 0, max(0, self._line_start - _NEARBY)) + 1
        end = self.source.find("\n", self._line_end + _NEARBY)
        return self.source[start : end if end >= 0 else len(self.source)], self.offset - start

    @property
    def indent(self) -> str:
        """The blanks that the cursor's line begins with."""
        return self.head[: len(self.head) - len(self.head.lstrip())]

    @cached_property
    def indented_by(self) -> str:
        """What lines around the cursor are indented by, a tab or a blank; "" for both, or where none is."""
        found = set(re.findall(r"^[ \t]", self.nearby[0], re.MULTILINE))
        return found.pop() if len(found) == 1 else ""

    @property
    def is_fresh(self) -> bool:
        """Nothing but blanks stands before the cursor on its line."""
        return not self.head.strip()

    @property
    def is_empty(self) -> bool:
        """Nothing but blanks stands in the cell."""
        return not self.source.strip()

    @property
    def is_in_a_long_line(self) -> bool:
        """The cursor's line is too long to be sent, and half of it would hide what it is."""
        return len(self.head) > _LONGEST_HEAD

    @property
    def is_in_the_middle(self) -> bool:
        """More than closing signs stand behind the cursor on its line."""
        return _CLOSING.fullmatch(self.rest) is None

    @cached_property
    def standing(self) -> Standing:
        """What the cursor stands in."""
        if self._is_foreign:
            return Standing.FOREIGN
        if self.told is not None:
            return self.told
        opened, _ = self._opened
        if not opened:
            return Standing.CODE
        return Standing.COMMENT if self.syntax.is_comment(opened) else Standing.STRING

    @cached_property
    def string(self) -> str:
        """Of a cursor in a string: the string as far as the cursor, with its opening quote; else ""."""
        opened, start = self._opened
        return self.source[start : self.offset] if opened and not self.syntax.is_comment(opened) else ""

    @cached_property
    def opener(self) -> str:
        """The line that opens the block in which the cursor's fresh line stands; "" for none."""
        if not self.is_fresh or not self.indent:
            return ""
        lines = [line for line in self.above.split("\n") if line.strip()]
        return lines[-1] if lines and _is_opener(lines[-1]) and _width(lines[-1]) < len(self.indent) else ""

    @cached_property
    def wants_block(self) -> bool:
        """Several lines are wanted: a block was just opened, or the cell is empty."""
        if self.standing is not Standing.CODE or self.rest.strip():
            return False
        if self._has_body_below:
            return False
        ends_in_opener = bool(_OPENS_BLOCK.match(self.head)) and not self.above_is_open
        return self.is_empty or bool(self.opener) or ends_in_opener

    @property
    def syntax(self) -> Syntax:
        """Strings and comments of the language."""
        return syntax_of(self.language)

    @cached_property
    def above_is_open(self) -> bool:
        """A bracket that was opened above or on the line is not closed yet."""
        return bool(self.syntax.brackets(self.source[: self.offset]))

    @property
    def _has_body_below(self) -> bool:
        """The next line that says anything already stands in the block."""
        following = next((line for line in self.below.split("\n") if line.strip()), "")
        base = len(self.indent) if self.is_fresh else len(self.indent) + 1
        return bool(following) and bool(base) and _width(following) >= base

    @property
    def _is_foreign(self) -> bool:
        if not self.source.lstrip().startswith("%%"):
            return False
        cell = Cell("", 0, "code", self.source)
        return is_request(cell) or not _TRANSPARENT.match(self.source)

    @cached_property
    def _opened(self) -> tuple[str, int]:
        return self.syntax.open_at_end(self.source[: self.offset])

    @cached_property
    def _line_start(self) -> int:
        return self.source.rfind("\n", 0, self.offset) + 1

    @cached_property
    def _line_end(self) -> int:
        end = self.source.find("\n", self.offset)
        return len(self.source) if end < 0 else end


def _is_opener(line: str) -> bool:
    stripped = line.rstrip()
    return bool(_OPENS_BLOCK.match(line)) or stripped.endswith(("{", "->", " do", " begin"))


def _width(line: str) -> int:
    return len(line) - len(line.lstrip())
