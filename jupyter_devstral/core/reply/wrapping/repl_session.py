"""Interactive sessions (`>>>`, `In [1]:`) reduced to the code that was typed."""

from __future__ import annotations

import re

from ...python.source import parse_cell

_FIRST = re.compile(r"[ \t]*(?:>>>(?:[ \t]|$)|In ?\[\d*\]:)")
_INPUT = re.compile(r"[ \t]*(?:>>>|In ?\[\d*\]:)(?: (?P<code>.*)|[ \t]*$)")
_MORE = re.compile(r"[ \t]*(?:\.\.\.|\.{3,}:)(?: (?P<code>.*)|[ \t]*$)")
_IPYTHON = re.compile(r"[ \t]*In ?\[\d*\]:")
_ANSWER = re.compile(r"[ \t]*Out ?\[\d*\]:")
_BANNER = re.compile(
    r"\s*(?:(?:[$%>] ?)?i?python[\d.]*\b.*|\[(?:GCC|Clang|MSC).*|Type [\"'].*)?", re.IGNORECASE
)


def without_prompts(source: str) -> str:
    """The typed code of a session, without its output; any other source comes back unchanged.

    Code may precede the first prompt. Models forget continuation prompts: where the prompted lines alone are
    not Python but all lines are, all of them stay.
    """
    lines = source.split("\n")
    first = next((number for number, line in enumerate(lines) if _FIRST.match(line)), None)
    if first is None:
        return source
    head = [line for line in lines[:first] if not _BANNER.fullmatch(line)]
    if head and parse_cell(source) is not None:
        # Doctests in a docstring.
        return source
    typed, everything = _typed(lines[first:]), _unprompted(lines[first:])
    for session in (typed, everything):
        code = "\n".join([*(lines[:first] if head else ()), *session]).rstrip("\n")
        if parse_cell(code) is not None:
            return code
    return source if head else "\n".join(typed).rstrip("\n")


def _typed(lines: list[str]) -> list[str]:
    """The text behind the prompts. A blank line after output only separates; one between inputs is kept."""
    typed: list[str] = []
    blanks = 0
    typing = False
    keeps_blanks = not _IPYTHON.match(lines[0])
    for line in lines:
        prompted = _INPUT.fullmatch(line) or (_MORE.fullmatch(line) if typing else None)
        if prompted:
            typed += [""] * blanks + [prompted["code"] or ""]
        blanks = blanks + 1 if keeps_blanks and not line.strip() and (typing or blanks) else 0
        typing = prompted is not None
    return typed


def _unprompted(lines: list[str]) -> list[str]:
    """All lines but the output, with their prompts removed."""
    found = (
        (_INPUT.fullmatch(line) or _MORE.fullmatch(line), line) for line in lines if not _ANSWER.match(line)
    )
    return [(prompted["code"] or "") if prompted else line for prompted, line in found]
