"""The joint between a reply that was cut and its continuation.

Models repeat the last line, or reopen the code block inside the open one; either would spoil the code.
"""

from __future__ import annotations

import re

from ..python.source import parses
from .parser import Code, ReplyParser

_TAIL = 2000
_FENCE_WITH_LANGUAGE = re.compile(r"\s*(?:`{3,}|~{3,})[ \t]*[{\w][^\n`]*\n")
_ENOUGH = 10
# Characters that show how prose continues: with a word, an item, a heading.
_FIRST_WORD = 16
_LAST_WORD = re.compile(r"\w+\Z")
_ENDING = re.compile(
    r"(?:s|es|ed|er|ers|ing|ings|ly|al|ally|ment|ments|ness|ful|ous|ive|ity|able|ible|i[sz](?:e|es|ed|ing)"
    # A word has a vowel.
    r"|\w*[ts]ions?|[^\W\daeiouy_]+)"
)
_BLOCK = re.compile(r"(?:#{1,6} |[-*+] |\d+[.)] |`{3}|~{3}|\|)")
# Next to one of these whole words, a word has ended; most others may be cut in two.
_WHOLE_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an and are as at be because but by can do does for from has have if in into is it its no not of on
        or so than that the then there this to was we when where which will with you your
        condition expression function option question section version
        """,
    )
)


class Joiner:
    """A filter for a continuation as it streams.

    Only text that may repeat the end of the reply is held back.

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
        """Return the text held back."""
        return "" if self._decided else self._decide()

    def _may_change(self) -> bool:
        """Tell whether more text could still complete a repeated fence, repeated tail or the first line."""
        held = self._held
        if self._in_code:
            if held.lstrip()[:1] in ("", "`", "~") and "\n" not in held.lstrip():
                return True
            held = _without_fence(held)
            if self._mid_line and "\n" not in held:
                return True
        elif self._mid_line and len(held) < _FIRST_WORD and "\n" not in held:
            return True
        return not held.strip() or (len(held) < len(self._tail) and held in self._tail)

    def _decide(self) -> str:
        self._decided = True
        text, self._held = self._held, ""
        reopened = text
        if self._in_code:
            text = _without_fence(text)
        rest = text[_repeated(self._tail, text) :]
        if len(rest) < len(text) or not self._mid_line:
            return rest
        if not self._in_code:
            return _gap(self._tail, text) + text
        return "\n" + text if self._is_new_line(text, begun_anew=text != reopened) else text

    def _is_new_line(self, text: str, *, begun_anew: bool) -> bool:
        """Tell whether a line break was lost between the two.

        Some servers drop white space at the end of an answer.

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


def _gap(tail: str, text: str) -> str:
    """The gap that a model left out between two pieces of prose: a blank, a new paragraph, or nothing."""
    first = text[:1]
    if not first or first.isspace() or tail[-1].isspace():
        return ""
    if _BLOCK.match(text):
        return "\n\n"
    if tail[-1] in ".!?:,;)" and (first.isalnum() or first in "`(*\"'"):
        return " "
    before, after = _LAST_WORD.search(tail), _LAST_WORD.match(re.split(r"\W", text, maxsplit=1)[0])
    return " " if before and after and _are_two_words(before[0], after[0], tail[: before.start()]) else ""


def _are_two_words(one: str, other: str, before: str) -> bool:
    """Tell whether `one` is a whole word before `other`, by the words that the reply has used so far."""
    used = set(re.findall(r"\w+", before.lower()))
    if (one + other).lower() in used:
        return False
    known = _WHOLE_WORDS | used
    # A new answer never begins with the blank of a new word; only an ending is evidence of half a word.
    return one.lower() in known or other.lower() in known or not _ENDING.fullmatch(other)


def _ends_inside_code(partial: str, language: str) -> bool:
    parser = ReplyParser(language)
    events = [*parser.feed(partial), *parser.close()]
    last = events[-1] if events else None
    return isinstance(last, Code) and not last.closed


def _without_fence(text: str) -> str:
    # A fence without a language may end the block; one with a language can only reopen it.
    match = _FENCE_WITH_LANGUAGE.match(text)
    return text[match.end() :] if match else text


def _repeated(tail: str, text: str) -> int:
    """The number of characters at the beginning of `text` that repeat the end of `tail`."""
    for length in range(min(len(tail), len(text)), 0, -1):
        if tail.endswith(text[:length]) and _is_repetition(tail, text[:length]):
            return length
    # The last line, begun again without its indentation.
    last = tail.rpartition("\n")[2].strip()
    return len(last) if len(last) >= _ENOUGH and text.startswith(last) else 0


def _is_repetition(tail: str, overlap: str) -> bool:
    """Tell whether a match is too long for chance: many characters, or all of the unfinished last line."""
    if len(overlap.strip()) >= _ENOUGH:
        return True
    last_line = tail.rpartition("\n")[2]
    return bool(last_line.strip()) and overlap == last_line and len(last_line.strip()) > 1
