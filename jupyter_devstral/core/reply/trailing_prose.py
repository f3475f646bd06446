"""The start of prose behind the code of a block whose closing fence was forgotten."""

from __future__ import annotations

import keyword
import re

from ..python.source import parse_cell, parses

_SPAN = re.compile(r"`[^`]*`")
_WORDS = re.compile(r"[^\W\d_][\w'’-]*[,;:.!?)]*")
_MARKUP = re.compile(r"(?:#{2,6}|[-*+]|\d{1,2}[.)]|>)\s+\S|\*\*\S")
_LEAST_WORDS = 3


def prose_begins(source: str) -> int:
    """The 0-based line from which the source is prose to its end; -1 where it is all code or all prose."""
    message = parses(source)
    found = re.match(r"line (\d+):", message or "")
    if found is None:
        return -1
    lines = source.split("\n")
    at = min(int(found[1]), len(lines)) - 1
    if not looks_like_prose(lines[at]):
        return -1
    while at > 0 and (not lines[at - 1].strip() or looks_like_prose(lines[at - 1])):
        at -= 1
    code = "\n".join(lines[:at])
    return at if code.strip() and parse_cell(code) is not None else -1


def looks_like_prose(line: str) -> bool:
    """Tell whether a line is a sentence, or Markdown, rather than code."""
    text = line.strip()
    if _MARKUP.match(text):
        return True
    if line.startswith((" ", "\t")):
        return False
    words = [word for word in _SPAN.sub("it", text).replace("**", "").split() if re.search(r"\w", word)]
    first = words[0].rstrip(":") if words else ""
    if not words or (keyword.iskeyword(first) and first != "None"):
        return False
    plain = [word for word in words if _WORDS.fullmatch(word.strip("*_(\"'"))]
    if len(words) < _LEAST_WORDS:
        return len(words) == len(plain) and text.endswith((":", ".", "!")) and text[:1].isupper()
    return len(plain) * 5 >= len(words) * 4
