"""Fence lines as models write them: openings, closings and info strings.

Works on single lines; `open_block` knows what a block may hold, and `parser` combines the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..text.lazy_pattern import LazyPattern
from .languages import canonical, is_known
from .python_evidence import looks_like_python

_FENCE = LazyPattern(
    r"(?P<indent>[ \t]*)(?P<marker>(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<ticks>`{3,}|~{3,})(?P<info>.*)"
)
_LATE_FENCE = LazyPattern(r"(?P<before>[^`]*(?:`[^`]+`[^`]*)*?)(?P<ticks>`{3,})(?P<info>[^`]*)")
_INTRODUCES = LazyPattern(r".*:[*_\s]*|\s*(?:[-*+]|\w{1,3}[.)])\s+")
_LANGUAGE = LazyPattern(r"\.?(?P<word>[^\W\d][\w+#./-]*)")
_BRACED = LazyPattern(r"\{(?P<inner>[^{}]*)\}(?P<after>.*)")
_ATTRIBUTES = LazyPattern(r"(?:[\w.:-]+=(?:\"[^\"]*\"|'[^']*'|[^\s,\"'=]+)[\s,]*)+")
_ATTRIBUTE_NAMES = LazyPattern(
    r"(?:title|cell(?:[_-]?id)?|file|filename|path|name|label|caption|id|class|hl_lines|highlight|lines|line\w*|start\w*|number\w*"
    r"|show\w+|echo|eval|include|exec|results|warning|message|fig\.?\w*|source|tags|collapse|copy\w*|wrap|theme"
    r"|editable|run|runnable|icon|meta|version|out\w*|error|cache)=",
    re.IGNORECASE,
)
_CELL = LazyPattern(r"\bcell(?:[_-]?[iI]d)?\s*[=:]\s*[\"']?(?P<cell>[\w-]+)")
# A ruler or an underline, not a fence.
_LONGEST_BARE_TILDES = 5


@dataclass(frozen=True)
class Opening:
    """An opening fence.

    Attributes:
        at: the column of the line where the block begins, behind prose (a list marker, a sentence).
        char, length: "`" or "~", and how many.
        column: columns (tabs to 4) before the fence, which its code may be indented by too.
        tag: the word that names the language, as written; "" without one.
        cell: the cell the info string names (`cell=4`), "" without one.
        glued: code on the line of the fence, "" mostly.
        closes: whether the block ends on the same line.
    """

    at: int
    char: str
    length: int
    column: int
    tag: str
    cell: str
    glued: str = ""
    closes: bool = False


def find_opening(line: str) -> Opening | None:
    """Find the opening fence in a line (without its line end) outside any block."""
    found = _FENCE.fullmatch(line)
    if found is None:
        return _late_opening(line)
    ticks, info, closes = found["ticks"], found["info"].strip(), False
    if ticks[0] == "~" and not info and len(ticks) > _LONGEST_BARE_TILDES:
        return None
    if ticks[0] == "`" and "`" in info.rstrip("`"):
        return None
    if ticks[0] == "`" and info.endswith(ticks):
        info, closes = info[: -len(ticks)].strip(), True
    tag, cell, glued = read_info(info)
    if closes and not (tag and glued):
        # ```inline code``` on a line of its own.
        return None
    at = found.start("ticks") if found["marker"] else 0
    column = len(line[: found.start("ticks")].expandtabs(4))
    return Opening(at, ticks[0], len(ticks), column, tag, cell, glued, closes)


def _late_opening(line: str) -> Opening | None:
    """Find a fence glued behind text: "Here it is: ```python". Prose about fences must not open a block."""
    found = _LATE_FENCE.fullmatch(line)
    # Escaped fences and quotations (`> ```) are examples, not fences.
    if found is None or found["before"].endswith("\\") or line.lstrip().startswith(("~~~", ">")):
        return None
    info = found["info"].strip()
    tag, cell, glued = read_info(info)
    named = is_known(tag) and (glued or _is_only_language(info))
    if not named and (info or not _INTRODUCES.fullmatch(found["before"])):
        return None
    return Opening(found.start("ticks"), "`", len(found["ticks"]), 0, tag, cell, glued)


def _is_only_language(info: str) -> bool:
    return re.fullmatch(r"\{?\.?[\w+#-]+\}?", info) is not None


def read_info(info: str) -> tuple[str, str, str]:
    """Split the text behind an opening fence into language tag, cell and glued code."""
    if not info:
        return "", "", ""
    if braced := _BRACED.fullmatch(info):
        return _read_braces(braced["inner"], braced["after"])
    word = _LANGUAGE.match(info)
    if word is None:
        return "", "", info if looks_like_code_line(info) else ""
    tag, rest = word["word"].rstrip("./-"), info[word.end() :].strip(" \t`:,")
    if is_known(tag):
        cell = _CELL.search(rest)
        glued = info[word.end() :].strip() if canonical(tag) == "python" and _is_glued_code(rest) else ""
        return tag, cell["cell"] if cell else "", glued
    if word.end() == len(info):
        return tag, "", ""
    return ("", "", info) if looks_like_code_line(info) or " " in info else (tag, "", "")


def _read_braces(inner: str, after: str) -> tuple[str, str, str]:
    words = [word.lstrip(".") for word in re.split(r"[\s,]+", inner.strip()) if word]
    tag = words[0] if words and "=" not in words[0] else ""
    if tag in ("code-cell", "code", "code-block", "code-cell}") and after.split():
        # MyST: ```{code-cell} ipython3
        tag = after.split()[0]
    cell = _CELL.search(inner) or _CELL.search(after)
    return tag, cell["cell"] if cell else "", ""


def _is_glued_code(text: str) -> bool:
    if _ATTRIBUTES.fullmatch(text) and _ATTRIBUTE_NAMES.match(text):
        return False
    return looks_like_code_line(text)


def looks_like_code_line(text: str) -> bool:
    """Tell whether one line, perhaps the first of a longer statement, is Python."""
    if text.startswith(("{", "(", "[", "<")):
        return False
    header = re.match(r"(?:elif|else|except|finally|case)\b", text) is None and text.rstrip().endswith(":")
    if header and looks_like_python(text + "\n    pass"):
        return True
    return looks_like_python(text) or (text.startswith(("@", "%%")) and " " not in text)


def is_bare(line: str, char: str, length: int) -> bool:
    """Tell whether the line closes a block opened with `length` times `char`."""
    text = line.strip(" \t\u200b")
    return len(text) >= length and text == char * len(text)


def end_of_close(line: str, char: str, length: int) -> int | None:
    """The end of a closing fence with prose glued behind it; None when the line is no such thing."""
    found = _FENCE.fullmatch(line)
    if found is None or found["marker"] or found["ticks"][0] != char or len(found["ticks"]) < length:
        return None
    return found.end("ticks") if found["info"].strip() and not reopens(line, char, length) else None


def reopens(line: str, char: str, length: int) -> bool:
    """Tell whether the line, inside a block, is an opening fence.

    If so, the block before it was never closed.
    """
    found = _FENCE.fullmatch(line)
    if found is None or found["ticks"][0] != char or len(found["ticks"]) < length:
        return False
    info = found["info"].strip()
    if not info or char in info:
        return False
    if _BRACED.fullmatch(info):
        return True
    word = _LANGUAGE.match(info)
    if word is None:
        return False
    tag, _, glued = read_info(info)
    if is_known(tag):
        # "``` Java is ..." is a closing fence with prose behind it, "```java title=…" is an opening one.
        rest = info[word.end() :].strip()
        return not rest or bool(glued) or _ATTRIBUTES.fullmatch(rest) is not None or rest[0] in "{([:"
    return word.end() == len(info) and not found["info"].startswith(" ")


def glued_close(line: str, char: str, length: int) -> int | None:
    """The start of a closing fence at the end of a code line: `print(x)```` -> 8; None without one."""
    text = line.rstrip()
    body = text.rstrip(char)
    if not body.strip() or len(text) - len(body) < length or char * 3 in body:
        return None
    return len(body)
