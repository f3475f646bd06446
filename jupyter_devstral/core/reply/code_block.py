"""Prose and code, the parts of a reply, and the reading of a fenced block as the source of a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..python.source import parse_cell, parses
from .languages import canonical, is_known, is_transcript_tag
from .python_evidence import looks_like_python
from .trailing_prose import prose_begins
from .verdict import verdict_of
from .wrapping.json_object import unwrapped
from .wrapping.line_numbers import without_line_numbers
from .wrapping.odd_characters import without_odd_characters
from .wrapping.repl_session import without_prompts

_INDENT = re.compile(r"[ \t]*")
_HEADING = re.compile(r"\W*cell\s+(?P<cell>[\w-]+)\W*", re.IGNORECASE)
# The name of a cell as in prompts, inside a sentence or as a first comment.
_MENTION = re.compile(r"\[cell (?P<cell>[\w-]+)[\],]", re.IGNORECASE)
# A line that announces the code of a cell, in the languages of the interface and some more: "In cell 3:",
# "### Cell 3 (fixed)", "Ersetze Zelle 3 durch:". Where it speaks of what the cell shows, or of another place,
# it announces something else.
_ANNOUNCED = re.compile(
    r"""\W*(?P<before>(?:[^\W\d_]+\s+){0,6}?)
        (?:cell|cellule|zelle|celda|célula|cella|cel|ячейк\w|セル|单元格|셀)\s*
        (?:at\s+index|index|number|no?[°º.]|nr\.?)?\s*\W{0,2}(?P<cell>\d+)
        (?:\W*\([^()]*\))?(?P<behind>(?:,?\s+[^\W\d_]+){0,5})\W*""",
    re.VERBOSE | re.IGNORECASE,
)
_OTHER_PLACES = """
    after before below above behind like unlike of from since because run rerun see same as output outputs
    shows prints returns gives raises fails error why après avant dessous sortie nach vor unter ausgabe
    después antes debajo salida
"""
_ELSEWHERE = frozenset(_OTHER_PLACES.split())
_COMMENT = re.compile(
    r"\s*(?P<hash>#[ \t]*)?\[cell (?P<cell>[\w-]+)(?:\]|,[^\]\n]*\]):?[ \t]*\n+", re.IGNORECASE
)
# The beginning of such a name where the model broke off within it.
_STRAY = re.compile(r"\[(?:cell\b[^\]\n]*\n)?\s*", re.IGNORECASE)
# `r`, `c` and `d` are common variable names, too.
_SHORTEST_WORD = 2
# As in a terminal, above the code that needs it.
_INSTALLING = re.compile(r"^(?:\$ )?(?P<what>(?:pip|conda) install [^\n]*)$", re.MULTILINE)
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")


@dataclass(frozen=True)
class Prose:
    """Text outside code blocks, exactly as it came."""

    text: str


@dataclass(frozen=True)
class Code:
    """One fenced block of a reply.

    Attributes:
        raw: the block exactly as it came, fences included.
        language: the tag behind the fence as written ("" without one): "Python", "bash" …
        source: the code alone: fence indentation and prompts removed, "\\n" between lines, none at the end.
        closed: whether the block's end was seen.
        verdict: "cell" when the source can become a code cell of the notebook, else why not: "empty",
            "shell", "diff", "output", "lazy", "does not parse: line 3: …", "other language: r".
        cell: the id or index of the cell that the reply says the block is for, "" mostly.
    """

    raw: str
    language: str
    source: str
    closed: bool
    verdict: str
    cell: str = ""


def read_code(
    raw: str,
    tag: str,
    content: str,
    *,
    column: int = 0,
    closed: bool = True,
    lead: str = "",
    cell: str = "",
    notebook_language: str = "python",
) -> Code:
    """Make a `Code` from the text between two fences.

    `lead` is the line of prose before, `column` the fence's.
    """
    tag, content = _tag_on_next_line(tag, content)
    if (name := _COMMENT.match(content)) and (not name["hash"] or not cell or cell == name["cell"]):
        cell, content = cell or name["cell"], content[name.end() :]
    language = canonical(tag)
    if language == "python" or (not language and notebook_language == "python"):
        source = _python_source(content, column, certain=bool(language))
        wrapped = unwrapped(source)
        source = wrapped or source
    else:
        wrapped = None
        source = _outdented(content, min(column, _least_indent(content)))
    source = source.rstrip("\n")
    cell = cell or cell_mentioned(lead)
    transcript = is_transcript_tag(tag) and source == content.rstrip("\n")
    verdict = "output" if transcript else verdict_of(source, tag, notebook_language, lead)
    if wrapped == "":
        # A call of a tool that nobody offered.
        verdict = "output"
    if verdict == "cell" and (blank := _BLANK_LINES.match(source)):
        source = source[blank.end() :]
    return Code(raw, tag, source, closed, verdict, cell)


def _tag_on_next_line(tag: str, content: str) -> tuple[str, str]:
    """Take a language that stands alone on the first line of an untagged block as its tag."""
    first, _, rest = content.partition("\n")
    word = first.strip()
    if tag or len(word) < _SHORTEST_WORD or not is_known(word) or not rest.strip():
        return tag, content
    return word, rest


def cell_heading(line: str) -> str:
    """The cell that a line of prose names and nothing else: "[cell 3]", "**Cell 3**"; "" for other lines."""
    found = _HEADING.fullmatch(line)
    return found["cell"] if found else ""


def cell_mentioned(line: str) -> str:
    """The one cell that a sentence mentions; "" for none or several."""
    names = {found["cell"] for found in _MENTION.finditer(line)}
    if not names and (found := _ANNOUNCED.fullmatch(line)):
        words = f"{found['before']} {found['behind']}".lower().split()
        return found["cell"] if _ELSEWHERE.isdisjoint(words) else ""
    return names.pop() if len(names) == 1 else ""


def _python_source(content: str, column: int, *, certain: bool) -> str:
    """The first layout of the code that parses; the first of all where none does."""
    first = ""
    for number, layout in enumerate(_layouts(content, column)):
        source = without_prompts(layout)
        if _is_cell(source, certain=certain):
            return source
        first = first if number else source
    return next((one for one in _mended(first, content) if _is_cell(one, certain=certain)), first)


def _is_cell(source: str, *, certain: bool) -> bool:
    return parse_cell(source) is not None or (certain and parses(source) is None)


def _mended(source: str, content: str) -> Iterator[str]:
    """Readings of a source that does not parse, each without characters or a stray beginning that hinder."""
    for plain in without_odd_characters(content):
        yield _outdented(plain, _least_indent(plain))
    yield from without_line_numbers(content)
    if _INSTALLING.search(source) and looks_like_python(_INSTALLING.sub("", source)):
        yield _INSTALLING.sub(r"%\g<what>", source)
    code = "\n".join(source.split("\n")[: max(0, prose_begins(source))])
    if looks_like_python(code):
        yield code
    if stray := _STRAY.match(source):
        yield source[stray.end() :]


def _layouts(content: str, column: int) -> Iterator[str]:
    """Ways to remove the indentation: first by what all lines share, then by Markdown's rules."""
    for width in dict.fromkeys([_least_indent(content), column]):
        yield _outdented(content, width)


def _least_indent(content: str) -> int:
    """The columns of white space (tabs to 4) before the leftmost line that is not blank."""
    lines = [line for line in content.split("\n") if line.strip()]
    return min((len(_INDENT.match(line)[0].expandtabs(4)) for line in lines), default=0)  # type: ignore[index]


def _outdented(content: str, width: int) -> str:
    return "\n".join(_cut(line, width) for line in content.split("\n")) if width else content


def _cut(line: str, width: int) -> str:
    """Remove up to `width` columns of white space from a line; a tab cut in two leaves spaces."""
    at = column = 0
    while at < len(line) and column < width and line[at] in " \t":
        column += 1 if line[at] == " " else 4 - column % 4
        at += 1
    return " " * max(0, column - width) + line[at:]
