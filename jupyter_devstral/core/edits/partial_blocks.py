"""Blocks that cannot become a cell as they are, made whole with the cell that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..notebook.cells import Cell
from ..reply.code_block import Code
from ..reply.languages import canonical
from .choice import PUT_IN
from .versions.patch import filled, patched


def completed(blocks: Sequence[Code], target: Cell, cells: Sequence[Cell]) -> tuple[list[Code], list[str]]:
    """The blocks, with diffs carried out and gaps filled where that is certain, and a sentence for each cell.

    Each is for the cell it names, else for `target`, else for the one of `cells` that it fits.
    """
    magic = _magic_of(target)
    blocks = [_in_language_of(magic, block) for block in blocks]
    if any(block.verdict == "cell" for block in blocks):
        return blocks, []
    now = {cell.key: cell.source for cell in (target, *cells) if cell.kind == "code"}
    left: list[Code] = []
    whole: dict[str, Code] = {}
    for block in blocks:
        named = [cell.key for cell in cells if block.cell and block.cell in (cell.key, str(cell.name))]
        keys = (named or dict.fromkeys([target.key, *now])) if _shows_a_change(block) else ()
        fits = ((key, _new_source(now[key], block)) for key in keys if key in now)
        key, source = next(((key, source) for key, source in fits if source is not None), ("", ""))
        if key:
            now[key] = source
            whole[key] = replace(block, source=source, verdict="cell", cell=key)
        else:
            left.append(block)
    signs = {cell.key: cell.sign for cell in (*cells, target)}
    return [*left, *whole.values()], [PUT_IN.format(signs[key]) for key in whole]


def _shows_a_change(block: Code) -> bool:
    if block.verdict.startswith("does not parse"):
        # Of a diff whose other lines have no blank before them.
        return {"+", "-"} <= {line[:1] for line in block.source.split("\n")}
    return block.closed and block.verdict in ("diff", "lazy")


def _new_source(before: str, block: Code) -> str | None:
    return filled(before, block.source) if block.verdict == "lazy" else patched(before, block.source)


def _magic_of(cell: Cell) -> str:
    """The cell magic that a cell begins with, "" without one."""
    first = cell.source.lstrip().partition("\n")[0].strip()
    return first if first.startswith("%%") else ""


def _in_language_of(magic: str, block: Code) -> Code:
    """A block of the language that a cell magic is for, as the source of such a cell."""
    words = magic.removeprefix("%%").removeprefix("script ").split()
    if not words or not block.language or canonical(block.language) != canonical(words[0]):
        return block
    if block.verdict != "shell" and not block.verdict.startswith("other language"):
        return block
    whole = block.source.lstrip().startswith("%%")
    return replace(block, source=block.source if whole else f"{magic}\n{block.source}", verdict="cell")
