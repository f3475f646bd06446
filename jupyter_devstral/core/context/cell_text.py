"""One cell as the model reads it: a header, the fenced source, its outputs in short. Same cell, same bytes.

Expects outputs that are clean already (`safe_request`); must not look beyond the cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ..notebook.cells import Cell, Output, header
from ..text.data_lines import fence_tag
from ..text.lazy_pattern import LazyPattern
from ..text.printed_table import table_part

GAP = "…"
OUTPUT_LIMIT = 200
TABLE_LIMIT = 600
OUTPUTS_LIMIT = 400
ERROR_LIMIT = 1200

_BACKTICKS = LazyPattern(r"`{3,}")
# A repr that says nothing to a reader: `<Figure size 640x480 with 1 Axes>`, `[<Line2D at 0x…>]`.
_OPAQUE = LazyPattern(
    r"[\[(]*<(?:IPython\.core\.|Figure size |Axes\b|[\w.]+[^<>\n]*(?: at 0x|\bobject\b))[^\n]*>[\])]*"
)
_SEPARATOR = re.compile(r"^# %%.*$", re.MULTILINE)
_REPLY_FENCE = LazyPattern(
    r"^[ \t]*(`{3,}|~{3,})[^\n`]*\n(.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)


@lru_cache(maxsize=16384)
def cell_text(cell: Cell, language: str, remark: str = "") -> str:
    """The whole cell; "" where there is nothing to show."""
    source = cell.source.strip("\n").replace("\r\n", "\n")
    if not source.strip() and not cell.outputs:
        return ""
    tag = language if cell.kind == "code" else cell.kind
    shown = outputs_text(cell.outputs)
    parts = [titled(cell, remark), fenced(source, tag)]
    return "\n".join(parts + ([fenced(shown, "output")] if shown else []))


def part_text(cell: Cell, part: str, language: str) -> str:
    """Some of the cell's statements, as `definition_text` chose them."""
    return f"{titled(cell, ', in part')}\n{fenced(part, language)}"


def news_text(cell: Cell, news: str) -> str:
    """A sentence about a cell that was shown before: "Cell 3 has been deleted."."""
    name = header(cell)
    return f"{name[0].upper()}{name[1:]} {news}."


def new_outputs_text(cell: Cell) -> str:
    """What a cell shows whose source is the one that was shown before."""
    shown = outputs_text(cell.outputs)
    if not shown:
        return news_text(cell, "has no output now")
    return f"{titled(cell, ' (unchanged), its output now')}\n{fenced(shown, 'output')}"


def error_text(cell: Cell) -> str:
    """The cell's error alone, "" where it did not fail."""
    errors = [output for output in cell.outputs if output.kind == "error"]
    return f"{titled(cell)}\n{fenced(_clipped(errors[-1].text, ERROR_LIMIT), 'output')}" if errors else ""


@lru_cache(maxsize=16384)
def reference_text(cell: Cell, reply: str, remark: str = "") -> str:
    """A short reference where the cell's source is code of the answer above it, else ""."""
    blocks = reply_blocks(reply)
    parts = [part.strip() for part in _SEPARATOR.split(cell.source) if part.strip()]
    if not parts or cell.kind != "code" or not all(part in blocks for part in parts):
        return ""
    if len(blocks) == 1 or len(parts) == len(blocks):
        said = "as above"
    else:
        said = f"block {' and '.join(str(blocks.index(part) + 1) for part in parts)} of the above"
    shown = outputs_text(cell.outputs)
    return f"{titled(cell, f'{remark}, {said}')}" + (f"\n{fenced(shown, 'output')}" if shown else "")


@lru_cache(maxsize=2048)
def reply_blocks(reply: str) -> tuple[str, ...]:
    """The fenced blocks of an answer, stripped."""
    return tuple(found[2].strip() for found in _REPLY_FENCE.finditer(reply) if found[2].strip())


def titled(cell: Cell, remark: str = "") -> str:
    """The line above a cell: "Cell 4:"."""
    name = header(cell, remark)
    return f"{name[0].upper()}{name[1:]}:"


def fenced(text: str, tag: str) -> str:
    """`text` in a fence longer than any in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{fence_tag(tag)}\n{text}\n{fence}"


def outputs_text(outputs: Iterable[Output]) -> str:
    """The outputs of a cell, each shortened, the later ones more; an error is always there."""
    shown: list[str] = []
    room = OUTPUTS_LIMIT
    for output in outputs:
        text = output_text(output)
        if output.kind == "error":
            shown.append(_clipped(text, ERROR_LIMIT))
        elif text and room > 0:
            if output.mime == "text/html":
                text = _clipped(table_part(text, TABLE_LIMIT), TABLE_LIMIT)
            else:
                text = _clipped(text, min(OUTPUT_LIMIT, room))
            room -= len(text)
            shown.append(text)
        elif text and shown[-1:] != [GAP]:
            shown.append(GAP)
    return "\n".join(shown)


def output_text(output: Output) -> str:
    """One output in full; a table as its header and shape, a picture as the word for it."""
    text = output.text.strip("\n").rstrip()
    if output.kind in ("stream", "error"):
        return text
    if output.mime.startswith("image/"):
        return "[figure]"
    if _OPAQUE.fullmatch(text.strip()):
        return ""
    return text


def _clipped(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail].rstrip()} {GAP} {text[-tail:].lstrip()}"
