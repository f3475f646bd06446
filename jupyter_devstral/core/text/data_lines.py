"""Write data that stands outside a fence in a prompt so that no line of it passes for structure.

Structure is what starts a line: `Cell 4:`, a fence. Ordinary text stays as it is.
"""

from __future__ import annotations

import re

from .lazy_pattern import LazyPattern

_TAG = LazyPattern(r"[^\w+#.-]")
_LIKE_A_FENCE = LazyPattern(r" {0,3}(?:`{3,}|~{3,}|\[?cell \d+\b)", re.IGNORECASE)


def one_line(text: str) -> str:
    """Replace the line breaks of `text`, of whatever kind, with spaces."""
    lines = text.splitlines()
    return text if len(lines) < 2 and text == "".join(lines) else " ".join(line.strip() for line in lines)


def indented_below(text: str) -> str:
    """Indent every line but the first, and further where a line looks like a fence or a header."""
    first, *others = text.splitlines() or [""]
    return "\n".join([first, *map(_indented, others)])


def guarded(text: str) -> str:
    """Indent the lines that look like a fence or a header, and only these."""
    lines = text.split("\n")
    return "\n".join(f"    {line}" if _LIKE_A_FENCE.match(line) else line for line in lines)


def quoted_name(name: str) -> str:
    """Return a file's name as it is, or as a Python string where it could be misread."""
    return name if name.isprintable() and "`" not in name and name == name.strip() else repr(name)


def fence_tag(tag: str) -> str:
    """Remove from a language's name whatever could end the line of a fence."""
    return _TAG.sub("", tag)


def _indented(line: str) -> str:
    line = line if line.startswith("  ") else f"  {line}"
    return f"    {line}" if _LIKE_A_FENCE.match(line) else line
