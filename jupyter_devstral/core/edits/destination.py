"""The cell that a code block of a reply is for: the one it names, the one it is a version of, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..notebook.cells import Cell, Notebook
from ..python.source import definitions_of, names_of, parse_cell
from ..reply.code_block import Code
from .versions.alignment import aligned
from .versions.likeness import likeness
from .versions.statements import imported_names, statements_of

# Likeness above which an unnamed block, unlike the cell in question, is a new version of another cell.
SURE = 0.6
# Likeness below which a block is no new version of a cell.
LEAST = 0.25
# Likeness above which a block is a new version of the cell whatever stands around it.
_VERY = 0.75
# Likeness above which a block that names another cell repeats the code of this one.
_SAME = 0.9
_COMMENT = re.compile(
    r"^#[ \t]*\[?cell[ \t]*#?(?P<cell>\d+)\]?[ \t]*:?[ \t]*(?:\([^()\n]*\))?[ \t]*\n+",
    re.IGNORECASE | re.MULTILINE,
)
_UNKNOWN = "The reply names cell {}, which is not in this notebook, so its code was not used."
_NOT_CODE = "The reply names cell {}, which holds no code, so its code was not used."
_OF_ANOTHER = "The reply names cell {}, but its code is that of cell {}, so it was not used."
_UNNAMED = "A code block that names no cell was not used, because another one names cell {}."
_OTHERS_TEXT = "A code block was not used because it repeats cell {}."
_OTHERS_NAMES = "A code block was not used because it defines only what cell {} defines."


@dataclass
class Sorted:
    """The blocks of a reply sorted by the cell they are for, and why others are for none.

    Attributes:
        groups: pairs of a cell and its blocks in the order of the reply.
        named: keys of the cells that the reply names.
    """

    groups: dict[str, tuple[Cell, list[Code]]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def add(self, cell: Cell, block: Code) -> None:
        """Add a block to those of a cell."""
        self.groups.setdefault(cell.key, (cell, []))[1].append(block)


def sort_blocks(
    blocks: Sequence[Code], target: Cell | None, notebook: Notebook | None, *, anywhere: bool
) -> Sorted:
    """Find the cell of each block. Without a `target` only blocks whose cell the reply names are for one.

    With `anywhere`, a block without a name may also be for the cell that it is a version of: the fault is
    often in an earlier one.
    """
    found = Sorted()
    cells = notebook.cells if notebook is not None else ((target,) if target is not None else ())
    blocks = [part for block in blocks for part in _named_in_comments(block, cells)]
    any_named = next((block.cell for block in blocks if block.cell), "")
    under: Cell | None = None
    for block in blocks:
        if block.cell:
            under = _named(block, target, cells, found)
        elif any_named:
            if under is not None and _goes_on(block, found.groups[under.key][1], under):
                found.add(under, block)
            elif target is not None and _is_surely(block.source, target.source):
                found.add(target, block)
            elif target is not None:
                named = _cell_of_name(any_named, cells)
                found.notes.append(_UNNAMED.format(named.sign if named else any_named))
        elif target is not None:
            _unnamed(block, target, cells, found, anywhere=anywhere)
    return found


def _named(block: Code, target: Cell | None, cells: Sequence[Cell], found: Sorted) -> Cell | None:
    """Trust the cell that the block names, or do nothing and say so."""
    cell = _cell_of_name(block.cell, cells)
    # Some models count from one.
    is_counted = target is not None and block.cell == str(target.name + 1)
    if cell is None and target is not None and is_counted and _is_surely(block.source, target.source):
        cell = target
    if cell is None:
        found.notes.append(_UNKNOWN.format(block.cell))
        return None
    if cell.kind != "code":
        found.notes.append(_NOT_CODE.format(cell.sign))
        return None
    if likeness(block.source, cell.source) < LEAST:
        others = (other for other in cells if other.kind == "code" and other.key != cell.key)
        twin = next((other for other in others if likeness(block.source, other.source) >= _SAME), None)
        if twin is not None:
            found.notes.append(_OF_ANOTHER.format(cell.sign, twin.sign))
            return None
    found.named.add(cell.key)
    found.add(cell, block)
    return cell


def _named_in_comments(block: Code, cells: Sequence[Cell]) -> list[Code]:
    """A block by the comments like `# cell 3` in it, one part for each; those that a cell has are its own."""
    own = {line.strip() for cell in cells for line in cell.source.split("\n")}
    heads = [found for found in _COMMENT.finditer(block.source) if found[0].strip() not in own]
    if heads and heads[0].start() == 0 and block.cell not in ("", heads[0]["cell"]):
        # The name above the block counts.
        heads = heads[1:]
    ends = [*(found.start() for found in heads), len(block.source)]
    starts = [(block.cell, 0), *((found["cell"], found.end()) for found in heads)]
    texts = [(name, block.source[at:end].rstrip("\n")) for (name, at), end in zip(starts, ends, strict=True)]
    parts = [(name, text) for name, text in texts if text.strip()]
    if any(parse_cell(text) is None for _, text in parts) and len(parts) > 1:
        return [block]
    last = len(parts) - 1
    return [
        replace(block, cell=name, source=text, closed=block.closed or at < last)
        for at, (name, text) in enumerate(parts)
    ]


def _cell_of_name(name: str, cells: Sequence[Cell]) -> Cell | None:
    named = [cell for cell in cells if name in (cell.id, cell.key)]
    if not named and name.isdecimal():
        named = [cell for cell in cells if cell.name == int(name)]
    return named[0] if named else None


def _goes_on(block: Code, before: Sequence[Code], cell: Cell) -> bool:
    """Tell whether an unnamed block is another version of the cell named last: *before* and *after*."""
    quoted = any(_is_quoted(one.source, cell.source) for one in before)
    return quoted or likeness(block.source, cell.source) >= SURE


def _is_surely(after: str, before: str) -> bool:
    """Tell whether a block can only be a version of the cell. It then has all of it, or nearly all."""
    if after.strip() == before.strip():
        return False
    both = aligned(before, after)
    whole = both is not None and len(both.old) > 1 and not both.dropped
    return whole or likeness(after, before) >= _VERY


def _is_quoted(part: str, source: str) -> bool:
    return bool(part.strip()) and f"\n{part.strip()}\n" in f"\n{source.strip()}\n"


def _unnamed(block: Code, target: Cell, cells: Sequence[Cell], found: Sorted, *, anywhere: bool) -> None:
    others = [
        cell for cell in cells if cell.kind == "code" and cell.key != target.key and cell.source.strip()
    ]
    here = likeness(block.source, target.source)
    text = block.source.strip()
    twin = next((cell for cell in others if cell.source.strip() == text), None)
    if twin is not None and target.source.strip() != text:
        found.notes.append(_OTHERS_TEXT.format(twin.sign))
        return
    definer = _only_definer(block.source, target, others)
    if definer is not None and (here < LEAST or _defines_only(block.source)):
        if anywhere and _defines_only(block.source):
            found.add(definer, block)
        else:
            found.notes.append(_OTHERS_NAMES.format(definer.sign))
        return
    if anywhere and here < LEAST and others:
        nearest = max(others, key=lambda cell: likeness(block.source, cell.source))
        if likeness(block.source, nearest.source) >= SURE:
            found.add(nearest, block)
            return
    found.add(target, block)


def _defines_only(source: str) -> bool:
    """Whether functions and classes are all that it makes, and imports for them."""
    defined = definitions_of(source).keys()
    return bool(defined) and names_of(source).binds - _imported(source) <= defined


def _imported(source: str) -> frozenset[str]:
    return frozenset().union(*(imported_names(one.node) for one in statements_of(source) or ()))


def _only_definer(source: str, target: Cell, others: Sequence[Cell]) -> Cell | None:
    """The other cell that makes everything the block makes, of several the last one above the target.

    None where the block updates one of these names, or the target makes one.
    """
    names = names_of(source)
    made = names.binds - _imported(source)
    if not made or made & (names_of(target.source).binds | names.loads):
        return None
    makers = [cell for cell in others if made <= names_of(cell.source).binds]
    above = [cell for cell in makers if cell.index < target.index]
    return makers[0] if len(makers) == 1 else above[-1] if above else None
