"""The new text of a Markdown (or raw) cell from a reply."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..notebook.cells import Cell
from ..reply.code_block import Code, Prose
from ..reply.languages import canonical
from .edit import Edit
from .versions.likeness import likeness


def rewritten_text(
    events: Sequence[Prose | Code], blocks: Sequence[Code], target: Cell
) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    """The reply's Markdown block, else an untagged one, else the whole of a reply without any fence."""
    fenced = [block for block in blocks if block.raw.strip() and block.source.strip()]
    tagged = [block for block in fenced if canonical(block.language) == "markdown"]
    untagged = [block for block in fenced if not block.language]
    if not any(isinstance(event, Code) for event in events):
        source = "".join(event.text for event in events if isinstance(event, Prose)).strip()
        source = re.sub(r"\r\n?", "\n", source)
    elif tagged or untagged:
        source = _closest(tagged or untagged, target.source).source
    elif "```" in target.source:
        # The cell itself shows code, so the fences of the reply are part of its text.
        source = "".join(event.text if isinstance(event, Prose) else event.raw for event in events).strip()
    else:
        source = ""
    if not source:
        return (), ("The reply has no text that can replace the cell, so nothing was changed.",)
    return (Edit("replace", target.key, target.source, source, "markdown"),), ()


def _closest(blocks: Sequence[Code], source: str) -> Code:
    """The block most like the source, the last of equals; the source itself only where there is no other."""
    changed = [block for block in blocks if block.source.strip() != source.strip()] or blocks
    like = [likeness(block.source, source) for block in changed]
    return [block for block, its in zip(changed, like, strict=True) if its == max(like)][-1]
