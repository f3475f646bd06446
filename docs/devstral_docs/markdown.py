"""Tables and texts of the code as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`[^`]+`)")


def text(words: str) -> str:
    """Words of the code as Markdown: only what stands in backticks means anything."""
    parts = _CODE.split(" ".join(words.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([\\<*\[\]])", r"\\\1", part) for part in parts)


def code(words: str) -> str:
    """Words in the font of code, whatever they hold."""
    fence = "``" if "`" in words else "`"
    blank = " " if "`" in words else ""
    return f"{fence}{blank}{words}{blank}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its fields are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(field.replace("|", r"\|") for field in line) + " |" for line in lines)
