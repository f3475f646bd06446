"""What of a model's text is offered at the cursor: nothing that stands there already, nothing out of place.

Each rule either shortens the text or drops it with a reason. Works on text alone.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from .families import SPECIAL
from .place import Place, Standing

MOST_LINES = 12
# So many lines below the cursor are compared with.
_LOOK_BELOW = 8
# Of two lines this long the second may differ a little and still says the same.
_LONG_LINE, _ALIKE = 8, 0.9
_PROMPT_OF_A_SHELL = re.compile(r"^(?:In|Out) ?\[\d*\]:|^>>> |^```", re.MULTILINE)
# A placeholder of the redactor's, whole or cut.
_PLACEHOLDER = re.compile(r"<\s*SECRET(?:_\d*)?|<S(?:E(?:C(?:R(?:E)?)?)?)?\Z")
_LONGEST_PLACEHOLDER = 20
# Behind these a blank is never wanted.
_GLUED = (".", "(", "[", "{")
# Also what turns the order of signs around: code would not say what it seems to say.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufffd\ud800-\udfff]")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_TAB = 4


@dataclass(frozen=True)
class Offer:
    """What is offered: `text`, or "" with the reason why nothing is."""

    text: str = ""
    dropped: str = ""


def offer(reply: str, place: Place, *, taken: str = "", word: str = "", block: bool = False) -> Offer:
    """What of `reply` is offered at `place`.

    Args:
        taken, word: the blanks, and the word behind them, before the cursor that the model was not shown.
        block: several lines are wanted.
    """
    if _PLACEHOLDER.search(reply):
        return Offer(dropped="it holds the placeholder of a secret")
    text = SPECIAL.split(_PROMPT_OF_A_SHELL.split(_lines_of(reply), maxsplit=1)[0], maxsplit=1)[0]
    if _CONTROL.search(text):
        return Offer(dropped="it holds control characters")
    text = _given_back(text, taken, word, place)
    if text is None:
        return Offer(dropped="it begins with another word, or belongs to an outer block")
    text = _block_of(text, place) if block else text.split("\n", 1)[0]
    offered = _without_what_stands_there(text, place)
    if _ends_a_placeholder(place.head, offered.text):
        return Offer(dropped="it holds the placeholder of a secret")
    return offered


def _ends_a_placeholder(head: str, text: str) -> bool:
    """Whether a placeholder begins before the cursor and goes on behind it."""
    begun = head[-_LONGEST_PLACEHOLDER:]
    return any(found.end() > len(begun) for found in _PLACEHOLDER.finditer(begun + text)) if text else False


def is_another_word(reply: str, word: str) -> bool:
    """Whether a reply, which may still be coming, begins with another word than the one being typed."""
    begun = reply.lstrip(" \t")[: len(word)]
    return not word.startswith(begun)


def is_over(reply: str, place: Place, taken: str, word: str = "") -> bool:
    """Whether a block that is still being written has ended already."""
    text = _given_back(_lines_of(reply), taken, word, place)
    return text is None or len(_block_of(text, place)) < len(text.rstrip())


def _without_what_stands_there(text: str, place: Place) -> Offer:
    text = _before_the_rest(text, place)
    if place.standing is Standing.CODE:
        text = _without_foreign_closers(text, place)
        text = _without_comment(text, place)
        if place.is_empty and text.lstrip().startswith(('"""', "'''")):
            return Offer(dropped="it is prose")
        if not text.strip():
            return Offer(dropped="it is a comment, or nothing")
    text = _without_lines_below(text, place)
    text = _without_repetition(text, place)
    if not text.strip():
        return Offer(dropped="it repeats what stands there, or is nothing")
    return Offer(text.rstrip())


def _given_back(text: str, taken: str, word: str, place: Place) -> str | None:
    """The text behind what stands there already; None where it begins otherwise, or too far left."""
    begins_line = not place.head[: len(place.head) - len(word)].strip()
    text = _indented_as_here(text, place, from_first_line=begins_line)
    blanks = len(text) - len(text.lstrip(" \t"))
    if begins_line and blanks < len(taken) and text.strip() and not place.above_is_open:
        return None
    if word:
        return text[blanks + len(word) :] if text.startswith(word, blanks) else None
    if text.startswith(taken) and taken and not place.above_is_open:
        return text[len(taken) :]
    return text[blanks:] if taken or place.head.endswith(_GLUED) else text


def _lines_of(reply: str) -> str:
    """The reply with line ends as an editor has them: in a file of Windows a model writes those."""
    return reply.replace("\r\n", "\n").removesuffix("\r")


def _indented_as_here(text: str, place: Place, *, from_first_line: bool) -> str:
    """The text indented with tabs, or with blanks, as the cell is: both together are no Python."""
    if place.indented_by == "\t":
        widths = [len(found[0]) for found in _INDENT.finditer(text) if "\t" not in found[0]]
        level = 2 if any(width % _TAB for width in widths) else _TAB

        def replaced(found: re.Match[str]) -> str:
            return "\t" * (len(found[0].expandtabs(level)) // level)
    elif place.indented_by:

        def replaced(found: re.Match[str]) -> str:
            return found[0].expandtabs(_TAB)
    else:
        return text
    first, line_end, more = text.partition("\n")
    if from_first_line:
        first = _INDENT.sub(replaced, first)
    return first + line_end + _INDENT.sub(replaced, more)


def _block_of(text: str, place: Place) -> str:
    """The lines as long as they belong to the block that the cursor is in, or opens."""
    base = len(place.indent) + (0 if place.is_fresh else 1)
    lines = text.split("\n")
    kept = [lines[0]]
    for line in lines[1:MOST_LINES]:
        width = len(line) - len(line.lstrip())
        ends = width < base if base else not line.strip() and any(one.strip() for one in kept)
        if ends and (line.strip() or not base):
            break
        kept.append(line)
    return "\n".join(kept).rstrip()


def _before_the_rest(text: str, place: Place) -> str:
    """The text without what follows the cursor on its line."""
    rest = place.rest.strip()
    if not rest:
        return text
    first, line_end, more = text.partition("\n")
    at = first.find(rest)
    if at >= 0 and (len(rest) > 1 or not _is_opened_before(first, at, place)):
        return first[:at]
    # What begins the rest may end the text.
    for size in range(min(len(first.rstrip()), len(rest)), 1, -1):
        if first.rstrip().endswith(rest[:size]):
            return first.rstrip()[:-size]
    return first + line_end + more


def _is_opened_before(text: str, at: int, place: Place) -> bool:
    """Whether the closing sign at `at` belongs to something that the text itself opens."""
    return not any(found == at for _, found in place.syntax.closers(text[: at + 1])) and text[at] in ")]}"


def _without_foreign_closers(text: str, place: Place) -> str:
    """The text up to the first bracket that nothing opened, or that is closed behind the cursor already."""
    opened = len(place.syntax.brackets(place.source[: place.offset]))
    closed_behind = len(place.syntax.closers(place.source[place.offset :]))
    allowed = max(0, opened - closed_behind)
    closers = place.syntax.closers(text)
    return text[: closers[allowed][1]] if len(closers) > allowed else text


def _without_comment(text: str, place: Place) -> str:
    """The text without comments, in lines that begin with one or end in one."""
    kept = []
    for number, line in enumerate(text.split("\n")):
        before = place.head if number == 0 else ""
        opened, start = place.syntax.open_at_end(before + line)
        is_comment = place.syntax.is_comment(opened)
        code = line[: max(0, start - len(before))].rstrip() if is_comment else line
        if is_comment and not (before + code).strip() and number:
            # A line of comment between lines of code explains them.
            kept.append(line)
        else:
            kept.append(code)
            if is_comment and not code.strip() and not number:
                return ""
    while kept and _is_comment(kept[-1], place):
        kept.pop()
    return "\n".join(kept)


def _is_comment(line: str, place: Place) -> bool:
    return line.lstrip().startswith(place.syntax.comments)


def _without_lines_below(text: str, place: Place) -> str:
    """The text up to the first line that stands below the cursor already."""
    below = [line.strip() for line in place.below.split("\n") if line.strip()][:_LOOK_BELOW]
    if not below:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole = (place.head + line if number == 0 else line).strip()
        if any(_says_the_same(whole, other) for other in below):
            return "\n".join(lines[:number])
    return text


def _says_the_same(line: str, other: str) -> bool:
    if len(line) < 2 or len(other) < 2:
        # A bracket alone is closed where it was opened.
        return False
    if line == other:
        return True
    if min(len(line), len(other)) < _LONG_LINE or abs(len(line) - len(other)) > 0.2 * len(other):
        return False
    return difflib.SequenceMatcher(None, line, other, autojunk=False).ratio() > _ALIKE


def _without_repetition(text: str, place: Place) -> str:
    """The text up to a line that says again what the line before it says, or that it says a third time."""
    above = [line.strip() for line in place.above.split("\n") if line.strip()]
    said = above[-1:]
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole = (place.head + line if number == 0 else line).strip()
        if whole and len(whole) > 3 and (whole == (said[-1] if said else "") or said.count(whole) > 1):
            return "\n".join(lines[:number])
        said += [whole] if whole else []
    return "" if _is_a_loop(text) else text


def _is_a_loop(text: str) -> bool:
    """One piece over and over: what a small model writes when it has lost its way."""
    return bool(re.search(r"(.{2,20}?)\1{5,}", text)) and not re.search(r"([-=#*_.])\1{5,}", text)
