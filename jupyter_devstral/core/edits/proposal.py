"""Edits are data: what should happen to which cell, and the source it expects to find there.

`propose_edits` makes them from a reply, `apply_edits` carries them out on the JSON of a notebook file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from ..notebook.cells import Cell, Notebook
from ..reply.code_block import Code, Prose, read_code
from ..reply.languages import canonical
from ..reply.left_out_code import placeholder_in
from ..request.tasks import Task
from .edit import Edit

# Below this share of common tokens a block is no new version of a cell: a reply that names another cell has
# numbered the cells its own way, and code beside an unchanged cell is an installation or an example.
_LEAST_LIKENESS = 0.25
# Above it a block that names no cell, and is nothing like the one in question, is a new version of another.
_SURE_LIKENESS = 0.6
# A rewritten cell this much shorter than the old one is worth a word.
_MUCH_SHORTER = 0.5
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
        return _rewritten_text(events, blocks, target)
    if not any(block.verdict == "cell" for block in blocks):
        blocks = [*blocks, *_wrapped_code(events, language)]
    return _rewritten_code(blocks, target, notebook, anywhere=task is Task.FIX)


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
    """Rewrites of the cells that the blocks name and are versions of; any other block stays text."""
    if notebook is None:
        return (), ()
    groups: dict[str, tuple[Cell, list[Code]]] = {}
    for block in blocks:
        named = _named_cell(block, notebook) if block.cell and block.verdict == "cell" else None
        if named is None or named.kind != "code":
            continue
        if _likeness(block.source, named.source) >= _LEAST_LIKENESS:
            groups.setdefault(named.key, (named, []))[1].append(block)
    chosen = [(cell, _closest(candidates, cell.source)) for cell, candidates in groups.values()]
    edits = [
        Edit("replace", cell.key, cell.source, block.source)
        for cell, block in chosen
        if block.source != cell.source
    ]
    return tuple(edits), ()


def _rewritten_code(
    blocks: Sequence[Code], target: Cell, notebook: Notebook | None, *, anywhere: bool
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    notes = list(_unused(blocks))
    groups: dict[str, tuple[Cell, list[Code]]] = {}
    for block in blocks:
        if block.verdict == "cell":
            cell = _cell_for(block, target, notebook, anywhere=anywhere)
            groups.setdefault(cell.key, (cell, []))[1].append(block)
    edits = []
    for cell, candidates in groups.values():
        chosen = _closest(candidates, cell.source)
        edits.append(Edit("replace", cell.key, cell.source, chosen.source))
        left = len({block.source for block in candidates} - {chosen.source})
        if left:
            notes.append(f"{_counted(left, 'other code block')} not used: one cell takes one block.")
        if chosen.source == cell.source:
            notes.append("The code in the reply is the same as in the cell.")
        elif len(chosen.source) < _MUCH_SHORTER * len(cell.source):
            notes.append("The new code is much shorter than the cell: check that nothing was left out.")
    if not edits:
        notes.append(NO_CODE)
    return tuple(edits), tuple(dict.fromkeys(notes))


def _cell_for(block: Code, target: Cell, notebook: Notebook | None, *, anywhere: bool) -> Cell:
    """The cell that a block is for: the one the reply names, if that is plausible, else the target.

    With `anywhere`, a block without a name may also be for the cell that it is a version of: the fault is
    often in an earlier one.
    """
    if notebook is None:
        return target
    named = _named_cell(block, notebook) if block.cell else None
    here = _likeness(block.source, target.source)
    if named is not None and named.kind == "code" and named.key != target.key:
        there = _likeness(block.source, named.source)
        return named if there >= _LEAST_LIKENESS and there >= here else target
    if anywhere and not block.cell and here < _LEAST_LIKENESS:
        others = [cell for cell in notebook.cells if cell.kind == "code" and cell.source.strip()]
        nearest = max(others, key=lambda cell: _likeness(block.source, cell.source), default=target)
        if _likeness(block.source, nearest.source) >= _SURE_LIKENESS:
            return nearest
    return target


def _named_cell(block: Code, notebook: Notebook) -> Cell | None:
    named = [cell for cell in notebook.cells if block.cell in (cell.id, cell.key)]
    if not named and block.cell.isdecimal() and int(block.cell) < len(notebook.cells):
        named = [notebook.cells[int(block.cell)]]
    return named[0] if named else None


def _rewritten_text(
    events: Sequence[Prose | Code], blocks: Sequence[Code], target: Cell
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """A Markdown (or raw) cell: the Markdown block, else an untagged one, else a reply without any fence."""
    fenced = [block for block in blocks if block.raw.strip() and block.source.strip()]
    tagged = [block for block in fenced if canonical(block.language) == "markdown"]
    untagged = [block for block in fenced if not block.language]
    if not any(isinstance(event, Code) for event in events):
        source = "".join(event.text for event in events if isinstance(event, Prose)).strip()
        source = re.sub(r"\r\n?", "\n", source)
    elif tagged or untagged:
        source = _closest(tagged or untagged, target.source).source
    elif "```" in target.source:
        # The cell shows code itself: the fences of the reply are part of the text.
        source = "".join(event.text if isinstance(event, Prose) else event.raw for event in events).strip()
    else:
        source = ""
    if not source:
        return (), ("The reply has no text that can replace the cell, so nothing was changed.",)
    return (Edit("replace", target.key, target.source, source, "markdown"),), ()


def _closest(blocks: Sequence[Code], source: str) -> Code:
    """The block most like the source, the last of equals.

    One that quotes the source, or a few lines of it, counts only if no other could be its new version.
    """
    quotes = [block for block in blocks if _quotes(block.source, source)]
    changed = [block for block in blocks if block not in quotes]
    likeness = [_likeness(block.source, source) if len(blocks) > 1 else 1.0 for block in changed]
    most = max(likeness, default=0.0)
    if quotes and most < _LEAST_LIKENESS:
        return quotes[-1]
    return [block for block, like in zip(changed, likeness, strict=True) if like == most][-1]


def _quotes(part: str, source: str) -> bool:
    """Whether `part` is the source itself, or whole lines from one place of it that are less than half."""
    is_short = len(part) < _MUCH_SHORTER * len(source)
    return part.strip() == source.strip() or (is_short and f"\n{part}\n" in f"\n{source}\n")


def _likeness(one: str, other: str) -> float:
    """Share of common tokens in order, 0 to 1."""
    tokens = [re.findall(r"\w+|[^\w\s]", text) for text in (one, other)]
    return difflib.SequenceMatcher(None, tokens[0], tokens[1], autojunk=False).ratio()


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


def _counted(number: int, noun: str) -> str:
    return f"One {noun} was" if number == 1 else f"{number} {noun}s were"
