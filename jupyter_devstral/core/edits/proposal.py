"""Proposed edits as data: which cell changes how, and the source expected there.

`propose_edits` makes them from a reply, `apply_edits` carries them out on the JSON of a notebook file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..notebook.cells import Cell, Notebook
from ..python.source import names_of
from ..reply.code_block import Code, Prose
from ..reply.languages import canonical
from ..reply.left_out_code import placeholder_in
from ..reply.loose_code import loose_code, quoted_text
from ..reply.parser import ReplyParser
from ..reply.thinking import without_thinking
from ..request.tasks import Task
from .choice import choose, choose_by_lines
from .destination import Sorted, sort_blocks
from .edit import Edit
from .partial_blocks import completed
from .readers import remade_names, without_missed
from .said_changes import said_change
from .text_cells import rewritten_text
from .versions.loss import loss_of, loss_of_lines

NO_CODE = "The reply has no code that can replace the cell, so nothing was changed."
_MACHINE = "The answer is {}, not code, so nothing was made of it. Ask again, or in other words."
_TOOL_CALL = re.compile(
    r"\[TOOL_CALLS?\]|<\|?(?:tool|function)_?calls?\b|\w+\[ARGS\]\s*\{|<function=|functools\[", re.IGNORECASE
)


def propose_edits(
    task: Task,
    events: Sequence[Prose | Code],
    *,
    anchor: str,
    target: Cell | None,
    language: str,
    notebook: Notebook | None = None,
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Make the edits that a reply asks for, and one sentence for each thing in it that was not used.

    Writing tasks insert every usable block after `anchor`; rewriting tasks replace `target` once, and other
    cells of `notebook` where the reply names them, as a chat does; `ask` and `explain` change nothing.
    """
    events = _without_thoughts(events, language)
    if task is Task.CHAT:
        return _named_cells([event for event in events if isinstance(event, Code)], notebook)
    if not (task.inserts or task.rewrites):
        return (), ()
    blocks = [event for event in events if isinstance(event, Code)] or _loose_code(events, language)
    if not any(block.verdict == "cell" for block in blocks):
        blocks = [*blocks, *_quoted_code(events, language)]
    if task.inserts:
        edits = [
            Edit("insert", anchor, "", source)
            for source in dict.fromkeys(block.source for block in blocks if block.verdict == "cell")
        ]
        return tuple(edits), (*_unused(blocks), *(() if blocks else _machine_answer(events)))
    if target is None:
        return (), ("There is no cell to rewrite, so nothing was changed.",)
    if target.kind != "code":
        return rewritten_text(events, blocks, target)
    if not any(block.verdict == "cell" for block in blocks):
        blocks = [*blocks, *_wrapped_code(events, language)]
    return _rewritten_code(task, events, blocks, target, notebook, language)


def _without_thoughts(events: Sequence[Prose | Code], language: str) -> Sequence[Prose | Code]:
    """The events of the answer alone.

    A reply that was stored or pasted may still hold the model's thinking.
    """
    text = "".join(event.raw if isinstance(event, Code) else event.text for event in events)
    answer = without_thinking(text)
    return events if answer == text else _read(answer, language)


def _loose_code(events: Sequence[Prose | Code], language: str) -> list[Code]:
    """The code of a reply without any fence."""
    return loose_code("".join(event.text for event in events if isinstance(event, Prose)), language)


def _quoted_code(events: Iterable[Prose | Code], language: str) -> list[Code]:
    """The blocks inside a quotation. They are examples, unless the reply has no other code."""
    texts = (quoted_text(event.text) for event in events if isinstance(event, Prose))
    return [block for text in texts if text for block in _cells_in(text, language)]


def _wrapped_code(events: Iterable[Prose | Code], language: str) -> list[Code]:
    """The blocks inside another fence. Where one cell is to be rewritten, they can only be that cell."""
    texts = (event.source for event in events if isinstance(event, Code))
    return [block for text in texts if "```" in text or "~~~" in text for block in _cells_in(text, language)]


def _cells_in(text: str, language: str) -> list[Code]:
    return [each for each in _read(text, language) if isinstance(each, Code) and each.verdict == "cell"]


def _read(text: str, language: str) -> list[Prose | Code]:
    parser = ReplyParser(language)
    return [*parser.feed(text), *parser.close()]


def _named_cells(
    blocks: Sequence[Code], notebook: Notebook | None
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """Rewrites of the cells that the blocks name. Any other block stays text."""
    if notebook is None:
        return (), ()
    usable = [block for block in blocks if block.verdict == "cell"]
    found = sort_blocks(usable, None, notebook, anywhere=False)
    edits, notes = _rewrites(Task.CHAT, found, notebook.cells, notebook.language)
    refused = _unused(block for block in blocks if block.cell and _is_meant_for_a_cell(block))
    return edits, tuple(dict.fromkeys([*refused, *notes]))


def _is_meant_for_a_cell(block: Code) -> bool:
    """Whether it fails to become one; samples of output and commands were never meant to."""
    return block.verdict in ("lazy", "comments") or block.verdict.startswith("does not parse")


def _rewritten_code(
    task: Task,
    events: Sequence[Prose | Code],
    blocks: Sequence[Code],
    target: Cell,
    notebook: Notebook | None,
    language: str,
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    anywhere = task is Task.FIX and canonical(language) == "python"
    cells = notebook.cells if notebook is not None else (target,)
    completions: list[str] = []
    if canonical(language) == "python":
        blocks = blocks or _said(events, target)
        blocks, completions = completed(blocks, target, cells if anywhere else (target,))
    usable = [block for block in blocks if block.verdict == "cell"]
    found = sort_blocks(usable, target, notebook, anywhere=anywhere)
    edits, notes = _rewrites(task, found, cells, language)
    notes = (*(completions if edits else ()), *notes)
    nothing = () if edits else (*(() if blocks else _machine_answer(events)), NO_CODE)
    return edits, tuple(dict.fromkeys([*_unused(blocks), *notes, *nothing]))


def _said(events: Sequence[Prose | Code], target: Cell) -> list[Code]:
    """The cell as a reply without any code says it should be."""
    text = "".join(event.text for event in events if isinstance(event, Prose))
    source = said_change(text, target.source)
    return [] if source is None else [Code("", "python", source, True, "cell", target.key)]


def _rewrites(
    task: Task, found: Sorted, cells: Sequence[Cell], language: str
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """One edit for each cell with a new source. In a chat, a cell that stays as it is gets no sentence."""
    python = canonical(language) == "python"
    edits, notes = [], list(found.notes)
    for cell, candidates in found.groups.values():
        made = _made_elsewhere(cell, cells) if python else frozenset()
        choice = choose(task, cell, candidates, made) if python else choose_by_lines(cell, candidates)
        notes += choice.notes
        if choice.source is not None and (task is not Task.CHAT or choice.source != cell.source):
            loss = (loss_of if python else loss_of_lines)(cell.source, choice.source)
            if python:
                others = [other for other in cells if other.key != cell.key]
                loss = replace(loss, remakes=remade_names(cell.source, choice.source, others))
            edits.append(Edit("replace", cell.key, cell.source, choice.source, loss=loss))
    kept, missed = without_missed(edits, cells) if python else (tuple(edits), ())
    return kept, tuple(dict.fromkeys([*notes, *missed]))


def _machine_answer(events: Iterable[Prose | Code]) -> tuple[str, ...]:
    """A sentence on an answer meant for a program: JSON, or the call of a tool."""
    text = "".join(event.text for event in events if isinstance(event, Prose)).strip()
    if _TOOL_CALL.match(text):
        return (_MACHINE.format("the call of a tool"),)
    if not text.startswith(("{", "[")):
        return ()
    try:
        json.loads(text)
    except ValueError:
        return ()
    return (_MACHINE.format("JSON"),)


def _made_elsewhere(cell: Cell, cells: Sequence[Cell]) -> frozenset[str]:
    others = (
        names_of(other.source).binds for other in cells if other.kind == "code" and other.key != cell.key
    )
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
        elif block.verdict == "comments":
            notes["A block of comments alone was not used."] = None
        elif block.verdict in ("shell", "diff"):
            notes[f"A {block.verdict} block was not used."] = None
    return tuple(notes)
