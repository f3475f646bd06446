"""Strings, comments and brackets of the kernels' languages, well enough to know where a cursor stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Syntax:
    """One language.

    Attributes:
        comments: what begins a comment that ends with its line.
        spans: what begins something over several lines, and what ends it: comments and long strings.
        quotes: what a string on one line stands between.
    """

    comments: tuple[str, ...]
    spans: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ('"', "'")

    def open_at_end(self, text: str) -> tuple[str, int]:
        """What is still open at the end of `text`: what it began with, and where; ("", -1) in plain code."""
        at = 0
        while found := self._opening.search(text, at):
            sign = found[0]
            end = self._end(text, sign, found.end())
            if end < 0:
                return sign, found.start()
            at = end
        return "", -1

    def is_comment(self, opened: str) -> bool:
        """Whether what `open_at_end` found is a comment; else it is a string, or nothing."""
        return opened in self.comments or opened in ("/*", "#=")

    def brackets(self, text: str) -> list[str]:
        """The brackets that `text` opens and does not close, outermost first."""
        return self._unmatched(text)[0]

    def closers(self, text: str) -> list[tuple[str, int]]:
        """The brackets that `text` closes without having opened them, with their places."""
        return self._unmatched(text)[1]

    def _unmatched(self, text: str) -> tuple[list[str], list[tuple[str, int]]]:
        opened: list[str] = []
        closed: list[tuple[str, int]] = []
        for place, sign in self._code(text):
            if sign in "([{":
                opened.append(sign)
            elif opened and opened[-1] == _PAIRS[sign]:
                opened.pop()
            elif not opened:
                closed.append((sign, place))
        return opened, closed

    def _code(self, text: str) -> list[tuple[int, str]]:
        """The brackets outside of strings and comments, with their places."""
        found: list[tuple[int, str]] = []
        at = 0
        while match := self._opening_or_bracket.search(text, at):
            sign, at = match[0], match.end()
            if sign in "()[]{}":
                found.append((match.start(), sign))
                continue
            end = self._end(text, sign, at)
            if end < 0:
                break
            at = end
        return found

    def _end(self, text: str, sign: str, start: int) -> int:
        """Where what begins with `sign` is over; -1 where it is not."""
        if sign in self.comments:
            return text.find("\n", start)
        closing = dict(self.spans).get(sign)
        if closing is None:
            return _end_of_string(text, sign, start)
        end = start
        while (end := text.find(closing, end)) >= 0:
            if closing not in self._escapable or not _is_escaped(text, end):
                return end + len(closing)
            end += 1
        return -1

    @property
    def _escapable(self) -> tuple[str, ...]:
        return ('"""', "'''", "`")

    @property
    def _opening(self) -> re.Pattern[str]:
        return _pattern((*(begin for begin, _ in self.spans), *self.comments, *self.quotes), "")

    @property
    def _opening_or_bracket(self) -> re.Pattern[str]:
        return _pattern((*(begin for begin, _ in self.spans), *self.comments, *self.quotes), r"|[()\[\]{}]")


def _end_of_string(text: str, quote: str, start: int) -> int:
    """The place behind the closing quote; a string that its line does not close ends with the line."""
    at = start
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == quote:
            return at + 1
        if text[at] == "\n":
            return at
        at += 1
    return -1


def _is_escaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


@lru_cache(maxsize=64)
def _pattern(signs: tuple[str, ...], more: str) -> re.Pattern[str]:
    longest_first = sorted(signs, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) + more)


_TRIPLE = (('"""', '"""'), ("'''", "'''"))
_PYTHON = Syntax(("#",), _TRIPLE)
_HASH = Syntax(("#",))
_JULIA = Syntax(("#",), (("#=", "=#"), ('"""', '"""')), ('"',))
_SLASHES = Syntax(("//",), (("/*", "*/"), ("`", "`")))
_DASHES = Syntax(("--",), (("/*", "*/"),))
_SYNTAXES = {
    "python": _PYTHON,
    "r": _HASH,
    "julia": _JULIA,
    **dict.fromkeys(("bash", "perl", "ruby", "sagemath", "sos", "gnuplot", "elixir"), _HASH),
    **dict.fromkeys(
        (
            "javascript",
            "typescript",
            "java",
            "scala",
            "kotlin",
            "c",
            "c++",
            "cpp",
            "rust",
            "go",
            "c#",
            "swift",
        ),
        _SLASHES,
    ),
    **dict.fromkeys(("sql", "haskell", "lua"), _DASHES),
}


def syntax_of(language: str) -> Syntax:
    """The syntax of a kernel's language; of one that is not known, what most have in common."""
    return _SYNTAXES.get(language, _HASH)
