"""Joins the continuation of a reply to what was there when it was cut.

Models repeat the last line, or open a code block again inside the open one; both would spoil the code.
"""

from __future__ import annotations

import re

from ..python.source import parses
from .parser import Code, ReplyParser

_TAIL = 2000
_FENCE_WITH_LANGUAGE = re.compile(r"\s*(?:`{3,}|~{3,})[ \t]*[{\w][^\n`]*\n")
_ENOUGH = 10


class Joiner:
    """Passes a continuation through as it streams, holding back only what its beginning may repeat.

    Args:
        partial: the reply so far.
        language: the notebook's language, "python" …
    """

    def __init__(self, partial: str, language: str = "python") -> None:
        self._tail = partial[-_TAIL:]
        self._in_code = _ends_inside_code(partial, language)
        self._mid_line = bool(partial) and not partial.endswith("\n")
        self._python = language == "python"
        self._held = ""
        self._decided = not partial

    def feed(self, text: str) -> str:
        """The next piece to append to the partial reply; "" while the beginning is undecided."""
        if self._decided:
            return text
        self._held += text
        if self._may_change():
            return ""
        return self._decide()

    def close(self) -> str:
        """What was held back."""
        return "" if self._decided else self._decide()

    def _may_change(self) -> bool:
        """Whether more text could still complete a repeated fence, a repeated tail or the first line."""
        held = self._held
        if self._in_code:
            if held.lstrip()[:1] in ("", "`", "~") and "\n" not in held.lstrip():
                return True
            held = _without_fence(held)
            if self._mid_line and "\n" not in held:
                return True
        return not held.strip() or (len(held) < len(self._tail) and held in self._tail)

    def _decide(self) -> str:
        self._decided = True
        text, self._held = self._held, ""
        reopened = text
        if self._in_code:
            text = _without_fence(text)
        rest = text[_repeated(self._tail, text) :]
        if len(rest) < len(text) or not (self._in_code and self._mid_line):
            return rest
        return "\n" + text if self._is_new_line(text, begun_anew=text != reopened) else text

    def _is_new_line(self, text: str, *, begun_anew: bool) -> bool:
        """Whether a line break was lost between the two: some servers drop blanks at the end of an answer.

        `begun_anew`: the model opened the code block again, so it stood at the beginning of a line.
        """
        last = self._tail.rpartition("\n")[2]
        first = text.partition("\n")[0]
        if not last.strip() or not first.strip():
            return False
        if last.rstrip().endswith(":") and re.match(r"[ \t]{2,}", first):
            return True
        apart = self._python and parses(last.strip()) is None and parses(first.strip()) is None
        return apart and (begun_anew or parses(last.strip() + first) is not None)


def _ends_inside_code(partial: str, language: str) -> bool:
    parser = ReplyParser(language)
    events = [*parser.feed(partial), *parser.close()]
    last = events[-1] if events else None
    return isinstance(last, Code) and not last.closed


def _without_fence(text: str) -> str:
    # A fence without a language may be the end of the block; one with a language can only open it again.
    match = _FENCE_WITH_LANGUAGE.match(text)
    return text[match.end() :] if match else text


def _repeated(tail: str, text: str) -> int:
    """How many characters at the beginning of `text` repeat the end of `tail`."""
    for length in range(min(len(tail), len(text)), 0, -1):
        if tail.endswith(text[:length]) and _is_repetition(tail, text[:length]):
            return length
    # The last line begun anew without its indentation.
    last = tail.rpartition("\n")[2].strip()
    return len(last) if len(last) >= _ENOUGH and text.startswith(last) else 0


def _is_repetition(tail: str, overlap: str) -> bool:
    """Whether equal characters are too many to be chance: a good many, or the whole unfinished last line."""
    if len(overlap.strip()) >= _ENOUGH:
        return True
    last_line = tail.rpartition("\n")[2]
    return bool(last_line.strip()) and overlap == last_line and len(last_line.strip()) > 1
