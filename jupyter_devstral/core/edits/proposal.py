"""Edits are data: what should happen to which cell, and the source it expects to find there.

`propose_edits` makes them from a reply, `apply_edits` carries them out on the JSON of a notebook file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..notebook.cells import Cell, Notebook
from ..python.source import names_of
from ..reply.code_block import Code, Prose, read_code
from ..reply.languages import canonical
from ..reply.left_out_code import placeholder_in
from ..request.tasks import Task
from .choice import choose
from .destination import Sorted, sort_blocks
from .edit import Edit
from .loss import loss_of
from .readers import without_missed
from .text_cells import rewritten_text

NO_CODE = "The reply has no code that can replace the cell, so nothing was changed."
_QUOTATION = re.compile(r"^[ \t]*> ?(.*)$", re.MULTILINE)


def propose_edits(
    task: Task,
    events: Sequence[Prose | Code],
    *,
    anchor: str,
    target: Cell | None,
    language: str,
    notebook: Notebook | None = None,
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """What a reply asks to be done, and one sentence for each thing in it that was not used.

    Writing tasks insert every usable block after `anchor`; rewriting tasks replace `target` once, and other
    cells of `notebook` where the reply names them, as a chat does; `ask` and `explain` change nothing.
    """
    if task is Task.CHAT:
        return _named_cells([event for event in events if isinstance(event, Code)], notebook)
    if not (task.inserts or task.rewrites):
        return (), ()
    blocks = [event for event in events if isinstance(event, Code)] or _bare_code(events, language)
    if task.inserts:
        edits = [
            Edit("insert", anchor, "", source)
            for source in dict.fromkeys(block.source for block in blocks if block.verdict == "cell")
        ]
        return tuple(edits), _unused(blocks)
    if target is None:
        return (), ("There is no cell to rewrite, so nothing was changed.",)
    if target.kind != "code":
        return rewritten_text(events, blocks, target)
    if not any(block.verdict == "cell" for block in blocks):
        blocks = [*blocks, *_wrapped_code(events, language)]
    return _rewritten_code(task, blocks, target, notebook)


def _bare_code(events: Sequence[Prose | Code], language: str) -> list[Code]:
    """A reply without any fence is one block if the whole of it is code."""
    text = "".join(event.text for event in events if isinstance(event, Prose))
    lines = re.split(r"\r\n|\r|\n", text.strip("\r\n"))
    block = read_code(text, "", "\n".join(lines), notebook_language=language)
    return [block] if block.verdict == "cell" and canonical(language) == "python" else []


def _wrapped_code(events: Iterable[Prose | Code], language: str) -> list[Code]:
    """Code blocks inside a quotation or inside another fence.

    For writing that is an example to be shown. Where one cell is to be rewritten and the reply has no other
    code, it can only be that cell.
    """
    from ..reply.parser import ReplyParser

    found: list[Code] = []
    for event in events:
        inner = event.source if isinstance(event, Code) else "\n".join(_QUOTATION.findall(event.text))
        if "```" in inner or "~~~" in inner:
            parser = ReplyParser(language)
            found += [each for each in (*parser.feed(inner), *parser.close()) if isinstance(each, Code)]
    return [block for block in found if block.verdict == "cell"]


def _named_cells(
    blocks: Sequence[Code], notebook: Notebook | None
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Rewrites of the cells that the blocks name; any other block stays text."""
    if notebook is None:
        return (), ()
    usable = [block for block in blocks if block.verdict == "cell"]
    return _rewrites(Task.CHAT, sort_blocks(usable, None, notebook, anywhere=False), notebook.cells)


def _rewritten_code(
    task: Task, blocks: Sequence[Code], target: Cell, notebook: Notebook | None
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    usable = [block for block in blocks if block.verdict == "cell"]
    found = sort_blocks(usable, target, notebook, anywhere=task is Task.FIX)
    edits, notes = _rewrites(task, found, notebook.cells if notebook is not None else (target,))
    nothing = () if edits else (NO_CODE,)
    return edits, tuple(dict.fromkeys([*_unused(blocks), *notes, *nothing]))


def _rewrites(
    task: Task, found: Sorted, cells: Sequence[Cell]
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """One edit for each cell that gets a new source; a chat says nothing of a cell that stays as it is."""
    edits, notes = [], list(found.notes)
    for cell, candidates in found.groups.values():
        choice = choose(task, cell, candidates, _made_elsewhere(cell, cells))
        notes += choice.notes
        if choice.source is not None and (task is not Task.CHAT or choice.source != cell.source):
            loss = loss_of(cell.source, choice.source)
            edits.append(Edit("replace", cell.key, cell.source, choice.source, loss=loss))
    kept, missed = without_missed(edits, cells)
    return kept, tuple(dict.fromkeys([*notes, *missed]))


def _made_elsewhere(cell: Cell, cells: Sequence[Cell]) -> frozenset[str]:
    others = (names_of(other.source).binds for other in cells if other.kind == "code" and other.key != cell.key)
    return frozenset().union(*others)


def _unused(blocks: Iterable[Code]) -> tuple[str, ...]:
    notes: dict[str, None] = {}
    for block in blocks:
        if block.verdict == "lazy":
            line = placeholder_in(block.source, canonical(block.language) or "python")
            notes[f"A code block was not used because it leaves code out: `{line or '...'}`"] = None
        elif block.verdict == "cell" and not block.closed:
            notes["The last code block was never closed; it may be incomplete."] = None
        elif block.verdict.startswith("does not parse"):
            notes[f"A code block was not used because it {block.verdict}."] = None
        elif block.verdict.startswith("other language"):
            notes[f"A block in another language was not used ({block.language})."] = None
        elif block.verdict in ("shell", "diff"):
            notes[f"A {block.verdict} block was not used."] = None
    return tuple(notes)
