"""The choice among the blocks of a reply for one cell: one new source, and why the rest was not used."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..notebook.cells import Cell
from ..python.source import names_of
from ..reply.code_block import Code
from ..request.tasks import Task
from .destination import LEAST
from .versions.alignment import aligned
from .versions.docstrings import differs_in_docstrings_only, with_docstrings_of
from .versions.fragment import Shape, makes_nothing, only_looks, quotes, shape_of, shape_of_lines
from .versions.likeness import likeness
from .versions.loss import code_lines, loss_of, loss_of_lines
from .versions.merge import merged
from .versions.statements import Statement

SAME = "The code in the reply is the same as in the cell."
PUT_IN = "The reply shows only a part of cell {}: it was put in its place there, and the rest is kept."
_PART = "A code block was not used because it is only a part of cell {}: in its place the cell {}."
_NO_CODE = "A code block was not used because it holds no code that could stand for cell {}."
_LOOKS = "A code block was not used because it only shows something, and changes nothing in cell {}."
_BROKEN_OFF = (
    "The last code block was never closed, and would leave cell {} without its end, so it was not used."
)
_DOC = "The reply changes the code of cell {}, so only its docstrings were taken."
_DOC_NOTHING = "The reply changes the code of cell {}, so nothing of it was taken."


@dataclass
class Choice:
    """The new source of a cell, None for none, and a sentence for everything not used as it came."""

    source: str | None = None
    notes: list[str] = field(default_factory=list)


def choose(task: Task, cell: Cell, blocks: Sequence[Code], made_elsewhere: frozenset[str]) -> Choice:
    """Make one new source for `cell` out of the blocks that are for it."""
    if task is Task.DOC:
        return _documented(cell, blocks)
    wholes, parts, refused = [], [], []
    for block in blocks:
        shape, why_not = _judged(task, cell, block, made_elsewhere)
        is_quotation = len(blocks) > 1 and quotes(cell.source, block.source)
        if why_not:
            refused.append(why_not)
        elif shape is Shape.WHOLE and not is_quotation:
            wholes.append(block)
        else:
            parts.append(block)
    choice = _chosen(cell, wholes, parts, made_elsewhere)
    if choice.source is None or choice.source == cell.source:
        choice.notes[:0] = refused
    else:
        choice.notes += _left(blocks, choice.source)
    return choice


def choose_by_lines(cell: Cell, blocks: Sequence[Code]) -> Choice:
    """Like `choose`, for a language that is not parsed here: a version not much shorter, or nothing."""
    wholes = [block for block in blocks if shape_of_lines(cell.source, block.source) is Shape.WHOLE]
    version = _best(wholes, cell.source)
    if version is not None:
        return Choice(version.source, _left(blocks, version.source) or _same(cell, version))
    lost = [loss_of_lines(cell.source, block.source) for block in blocks]
    return Choice(None, [_PART.format(cell.sign, loss or "is not whole") for loss in lost])


def _same(cell: Cell, block: Code) -> list[str]:
    return [SAME] if block.source == cell.source else []


def _chosen(
    cell: Cell, wholes: Sequence[Code], parts: Sequence[Code], made_elsewhere: frozenset[str]
) -> Choice:
    """The best whole cell, else the cell with the parts put in, else the cell as it is."""
    version = _best(wholes, cell.source)
    patched = _with_parts(cell, parts, made_elsewhere)
    is_patched = patched.source is not None and patched.source != cell.source
    is_new = version is not None and version.source.strip() != cell.source.strip()
    if version is not None and is_new and not (is_patched and _loses_all(cell, version)):
        return Choice(_with_imports(version.source, parts))
    if is_patched:
        return Choice(patched.source, [*patched.notes, PUT_IN.format(cell.sign)])
    if version is not None or patched.source is not None:
        return Choice(cell.source, [*patched.notes, SAME])
    return patched


def _judged(task: Task, cell: Cell, block: Code, made_elsewhere: frozenset[str]) -> tuple[Shape, str]:
    shape = shape_of(cell.source, block.source, made_elsewhere=made_elsewhere)
    if shape is Shape.NOT_CODE:
        return shape, _NO_CODE.format(cell.sign)
    if task is Task.FIX and only_looks(cell.source, block.source):
        return shape, _LOOKS.format(cell.sign)
    if task is Task.FIX and shape is Shape.WHOLE and makes_nothing(cell.source, block.source):
        return shape, _PART.format(cell.sign, loss_of(cell.source, block.source))
    if not block.closed and _loses_its_end(cell.source, block.source):
        return shape, _BROKEN_OFF.format(cell.sign)
    return shape, ""


def _loses_its_end(before: str, after: str) -> bool:
    """Tell whether a source that may have been cut lacks part of its end.

    That is a name the cell makes, or a part of its last statement.
    """
    both = aligned(before, after)
    if both is None or not both.pairs:
        return False
    if loss_of(before, after).names and both.dropped and both.dropped[-1] == len(both.old) - 1:
        return True
    at, was = max(both.pairs.items())
    old, new = (_inner(one) for one in (both.old[was], both.new[at]))
    return at == len(both.new) - 1 and len(new) < len(old) and old[-1] not in new


def _inner(statement: Statement) -> list[str]:
    """The statements inside a statement, in the order of their ends."""
    nodes = [node for node in ast.walk(statement.node) if isinstance(node, ast.stmt)]
    return [ast.dump(node) for node in sorted(nodes, key=lambda node: (node.end_lineno or 0, -node.lineno))][
        :-1
    ]


def _best(blocks: Sequence[Code], source: str) -> Code | None:
    """The block most like the source that is not the source itself, the last of equals."""
    changed = [block for block in blocks if block.source.strip() != source.strip()]
    if not changed:
        return blocks[-1] if blocks else None
    like = [(_keeps(source, block.source), likeness(block.source, source)) for block in changed]
    best = max(like)
    return [block for block, its in zip(changed, like, strict=True) if its == best][-1]


def _keeps(before: str, after: str) -> bool:
    """Tell whether the block makes all that the cell makes."""
    return not loss_of(before, after).names


def _loses_all(cell: Cell, block: Code) -> bool:
    """Tell whether no statement of the cell has a version in the block.

    It may then be code for something else.
    """
    both = aligned(cell.source, block.source)
    return both is not None and not both.pairs and likeness(cell.source, block.source) < LEAST


def _with_parts(cell: Cell, parts: Sequence[Code], made_elsewhere: frozenset[str]) -> Choice:
    """The cell with all parts put in their places, one after the other."""
    choice = Choice()
    now = cell.source
    for part in parts:
        together = merged(now, part.source, made_elsewhere=made_elsewhere)
        if together is None:
            choice.notes.append(_part_note(cell, part))
        else:
            now = choice.source = together
    return choice


def _part_note(cell: Cell, part: Code) -> str:
    """A sentence on why a part was not used, and what the cell would lose if it replaced the whole."""
    return _PART.format(cell.sign, loss_of(cell.source, part.source) or "is not whole")


def _with_imports(source: str, parts: Sequence[Code]) -> str:
    """A whole cell with those imports from separate blocks that it needs."""
    for part in parts:
        both = aligned("", part.source)
        code = both.new if both is not None else ()
        if (
            code
            and all(one.is_import for one in code)
            and names_of(part.source).binds & names_of(source).loads
        ):
            source = merged(source, part.source) or source
    return source


def _left(blocks: Sequence[Code], chosen: str) -> list[str]:
    """The sentences on the blocks that did not enter the new source."""
    lines = set(code_lines(chosen))
    left = {block.source for block in blocks if not lines.issuperset(code_lines(block.source))}
    if not left:
        return []
    counted = "One other code block was" if len(left) == 1 else f"{len(left)} other code blocks were"
    return [f"{counted} not used: one cell takes one block."]


def _documented(cell: Cell, blocks: Sequence[Code]) -> Choice:
    """The block that changes docstrings and comments alone, else the docstrings of one that changes more."""
    for block in reversed(blocks):
        if differs_in_docstrings_only(cell.source, block.source):
            same = block.source.strip() == cell.source.strip()
            return Choice(block.source, [SAME] if same else [])
    source = cell.source
    for block in blocks:
        source = with_docstrings_of(source, block.source)
    if source != cell.source:
        return Choice(source, [_DOC.format(cell.sign)])
    return Choice(None, [_DOC_NOTHING.format(cell.sign)])
