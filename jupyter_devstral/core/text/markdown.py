"""A model's words as Markdown that is safe to show: no HTML, no remote image, every code block closed.

`core.reply` interprets a reply; this module only prepares it for a notebook's renderer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_FENCE = re.compile(
    r"[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)(?:\n|$)"
)
_TOKEN = re.compile(r"\\.|`+|~{3,}|\$\$?|!\[|<|[^\\`~$!<]+|.", re.DOTALL)
# Dollar signs that open and close inline maths, by pandoc's rules: "$5 and $6" is money.
_INLINE_MATHS = re.compile(r"\$(?![\s$])[^$`\n]*?(?<![\s\\])\$(?!\d)|\\\([^`\n]*?\\\)")


def prose(text: str) -> str:
    """Turn the HTML and images of prose into plain text; inline code and maths stay as they are."""
    lines, in_maths = [], False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        in_maths = in_maths and bool(line.strip())
        if in_maths or _opens_display_maths(line):
            lines.append(_harmless_maths(line))
            in_maths ^= len(re.findall(r"\$\$|\\[\[\]]", line)) % 2 == 1
        else:
            lines.append(_harmless_line(line))
    return "\n".join(lines)


def _opens_display_maths(line: str) -> bool:
    return line.lstrip().startswith(("$$", "\\[")) and "`" not in line


def _harmless_maths(text: str) -> str:
    return text.replace("<", r"\lt ").replace("![", "! [").replace("`", "\\`")


def _harmless_line(line: str) -> str:
    """Escape in one line whatever could pair with something on another line."""
    parts, position = [], 0
    while position < len(line):
        maths = _INLINE_MATHS.match(line, position)
        if maths:
            parts.append(_harmless_maths(maths[0]))
            position = maths.end()
            continue
        token = _TOKEN.match(line, position)
        assert token is not None
        position = token.end()
        if token[0][0] == "`":
            closing = re.compile(rf"(?<!`){token[0]}(?!`)").search(line, position)
            if closing:
                span = line[token.start() : closing.end()]
                # In a table "|" ends a cell even inside a code span, and the rest would no longer be code.
                parts.append(_harmless_text(span) if "|" in span else span)
                position = closing.end()
                continue
        parts.append(_harmless_token(token[0]))
    return "".join(parts)


def _harmless_token(token: str) -> str:
    if token[0] in "`~" and (token[0] == "`" or len(token) > 2):
        return "".join("\\" + character for character in token)
    if token == "\\<":
        return "&lt;"
    return _harmless_text(token)


def _harmless_text(text: str) -> str:
    return text.replace("<", "&lt;").replace("![", "!\\[")


def code_block(source: str, language: str = "") -> str:
    """A fenced block with its fences on their own lines, longer than any fence inside."""
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    language = re.sub(r"[^\w+#.-]", "", language.split()[0]) if language.strip() else ""
    return f"{fence}{language}\n{source.rstrip(chr(10))}\n{fence}\n"


def unfinished(text: str) -> str:
    """The end of a reply that is still arriving, with an open code block closed for display."""
    opened = _FENCE.match(text)
    if opened is None:
        return prose(text)
    return code_block(text[opened.end() :], opened["info"])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table that is also readable as plain text."""
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def inline_code(text: str) -> str:
    """A short text as a code span."""
    ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


# Characters that Markdown, HTML or maths would interpret in foreign text; code spans in our notes stay.
_SPECIAL = re.compile(r"[\\*_\[\]<>|$~#]")


def code_span(text: str) -> str:
    """Format foreign text as inline code, on one line and unable to end the span."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def escaped(text: str) -> str:
    """Escape a sentence of ours that may quote foreign text; only its code spans remain Markdown."""
    spans = " ".join(text.split()).split("`")
    if len(spans) % 2 == 0:
        spans = ["'".join(spans)]
    # Every second part is inside a code span.
    parts = [part if n % 2 else _SPECIAL.sub(r"\\\g<0>", part) for n, part in enumerate(spans)]
    return "`".join(parts)
