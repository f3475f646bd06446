"""A reply that writes the same again and again: seen while it arrives, so that it can be ended.

Small models lose their way so, and go on until their limit. What repeats for a reason must pass: tables, rows
of data, calls in a row, pictures made of characters. So it takes many repetitions, each like the last to the
character, and five times as many of what says little by itself. (`completion.trimming` is stricter: to drop a
suggestion costs nothing.)
"""

from __future__ import annotations

import re

_LONGEST_BLOCK = 40
_LINES, _LINES_OF_DATA = 48, 240
_TIMES = 4
# Within one line, in characters: a line is looked at each time it has grown by so many.
_GROWTH = 256
_LONGEST_PIECE = 128
_LENGTH, _LENGTH_OF_DATA = 1_024, 4_096
# With fewer letters than these, a line says little: `print()`, `- not set`, `None,`.
_LETTERS = 8
_DATA = re.compile(r"(?:[\[({\"'|]|[-+]?\d).*[\])}\"',|]", re.DOTALL)
# A list that counts says the same again all the same.
_ORDINAL = re.compile(r"^\d+[.)]\s+")


class RepetitionWatch:
    """A watch over one reply; what it sees does not depend on how the reply was split.

    Attributes:
        repeated: what comes again and again, its first line; "" as long as nothing does.
    """

    def __init__(self) -> None:
        self.repeated = ""
        self._text = self._line = ""
        self._lines: list[str] = []
        self._begins = [0]
        # How many lines in a row are like the one so many lines above, by that distance.
        self._alike = [0] * (_LONGEST_BLOCK + 1)

    @property
    def kept(self) -> str:
        """The text, with what comes again and again once."""
        return self._text

    def feed(self, text: str) -> bool:
        """Take the next piece of the reply; True when it should be ended, and what follows is not read."""
        while text and not self.repeated:
            room = _GROWTH - len(self._line) % _GROWTH
            end = text.find("\n", 0, room)
            piece = text[: room if end < 0 else end + 1]
            text = text[len(piece) :]
            self._text += piece
            self._line += piece
            if end >= 0:
                self._end_line()
            elif len(self._line) % _GROWTH == 0:
                self._look_within()
        return bool(self.repeated)

    def _end_line(self) -> None:
        self._lines.append(_ORDINAL.sub("", self._line.strip()))
        self._begins.append(len(self._text))
        self._line = ""
        last = len(self._lines) - 1
        for length in range(1, min(last, _LONGEST_BLOCK) + 1):
            same = self._lines[last] == self._lines[last - length]
            self._alike[length] = self._alike[length] + 1 if same else 0
            lines = self._alike[length] + length
            if lines >= max(_LINES, _TIMES * length) and self._is_enough(length, lines):
                first = len(self._lines) - lines
                self._found(self._lines[first:][:length], self._begins[first + length])
                return

    def _is_enough(self, length: int, lines: int) -> bool:
        return lines >= _LINES_OF_DATA or not all(map(_says_little, self._lines[-length:]))

    def _look_within(self) -> None:
        """Look for one piece over and over at the end of a line that does not end."""
        for length in (_LENGTH, _LENGTH_OF_DATA):
            tail = self._line[-length:]
            if len(tail) < length:
                return
            size = next((n for n in range(1, _LONGEST_PIECE + 1) if tail[n:] == tail[:-n]), 0)
            piece = tail[:size].strip(" ,;")
            if size and (length == _LENGTH_OF_DATA or not _says_little(piece)):
                end = len(self._text) - length
                while end > self._begins[-1] and self._text[end - 1] == self._text[end - 1 + size]:
                    end -= 1
                self._found([piece], end + size)
                return

    def _found(self, block: list[str], end: int) -> None:
        self.repeated = next((line for line in block if line), "an empty line")
        self._text = self._text[:end]


def _says_little(line: str) -> bool:
    return sum(map(str.isalpha, line)) < _LETTERS or _DATA.fullmatch(line) is not None
