"""The question at the beginning of an answer: small models repeat what they were asked before they answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

# What models put around a line that they quote.
_AROUND = re.compile(r"[\s*_#>\"'`“”«»]+")
_SENTENCE = re.compile(r"(?<=[.;:])\s+")
# Shorter words of a user may be the answer: "hello".
_SHORTEST = 12


class EchoFilter:
    """A filter without the lines of the question that an answer begins with.

    Only what may still be such a line is held back. After `close` it begins anew.

    Args:
        task: what was asked for in our words, the sentences of which may be repeated one by one.
        question: the user's own words.
    """

    def __init__(self, task: str, question: str) -> None:
        sentences = [_SENTENCE.split(line) for line in task.splitlines()]
        ours = [" ".join(parts[:count]) for parts in sentences for count in range(1, len(parts) + 1)]
        self._echoes = {*map(_bare, ours), *_said(question)} - {""}
        self._held = ""
        self._found = False
        self._decided = not self._echoes

    def feed(self, text: str) -> str:
        """Take the next piece; return what is no echo, "" while that is undecided."""
        if self._decided:
            return text
        self._held += text
        while "\n" in self._held:
            line, _, rest = self._held.partition("\n")
            if not (_bare(line) in self._echoes or self._is_between(line)):
                return self._all()
            self._held, self._found = rest, self._found or bool(line.strip())
        if not self._held.strip():
            return ""
        begun = _bare(self._held)
        if any(echo.startswith(begun) for echo in self._echoes):
            return ""
        return self._all()

    def close(self) -> str:
        """Return what was held back, unless it is an echo itself."""
        held = "" if _bare(self._held) in self._echoes else self._held
        self._held, self._found, self._decided = "", False, not self._echoes
        return held

    def _is_between(self, line: str) -> bool:
        """Whether nothing stands on the line but, behind an echo, the sign of a quotation."""
        return line.strip() in (("", ">") if self._found else ("",))

    def _all(self) -> str:
        self._decided = True
        held, self._held = self._held, ""
        return held


def _said(question: str) -> Iterable[str]:
    """The lines of the user's that nobody would answer with: neither code nor a word or two."""
    lines = (line.strip() for line in question.splitlines())
    return (_bare(line) for line in lines if len(line) >= _SHORTEST and not _is_code(line))


def _is_code(line: str) -> bool:
    # Plain Python: to IPython, every question of a word is a call for help.
    try:
        ast.parse(line)
    except (SyntaxError, ValueError):
        return False
    return True


def _bare(line: str) -> str:
    return _AROUND.sub(" ", line).strip().rstrip(".:;!").casefold()
