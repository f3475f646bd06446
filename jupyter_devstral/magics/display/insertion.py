"""Delivery of a reply's edits: new cells through `set_next_input`, rewritten cells with their diff.

Nothing is executed, and nothing is replaced without being shown.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...core.text.markdown import code_block
from ...core.text.terminal_text import encodable

if TYPE_CHECKING:
    from ...core.edits.edit import Edit

CELL_MARK = "# %%"


def next_cell(edits: Sequence[Edit]) -> str:
    """Join all new cells in one. `# %%` marks where a cell ends and the next begins."""
    sources = []
    for edit in edits:
        if edit.op == "delete":
            continue
        markdown = edit.kind == "markdown" and edit.op == "insert"
        text = (
            "\n".join(f"# {line}".rstrip() for line in edit.source.split("\n")) if markdown else edit.source
        )
        mark = f"{CELL_MARK} [markdown]\n" if markdown else f"{CELL_MARK}\n"
        sources.append((mark, text))
    if len(sources) == 1:
        return sources[0][1]
    first = sources[0] if sources else ("", "")
    return "\n\n".join([first[1], *(mark + text for mark, text in sources[1:])])


def accepted_cell(edits: Sequence[Edit], name_of: Callable[[str], str]) -> str:
    """Join the corrected cells in one, each under a comment that names its cell."""
    changed = [edit for edit in edits if edit.op == "replace"]
    if len(changed) == 1 and changed[0].source.lstrip().startswith("%%"):
        # A cell magic must come first.
        return changed[0].source
    mark = f"{CELL_MARK} " if len(changed) > 1 else "# "
    return "\n\n".join(f"{mark}fix for {name_of(edit.cell_id)}\n{edit.source}" for edit in changed)


def insert(ip: Any, edits: Sequence[Edit], mode: str) -> None:
    """Hand the cell to the front-end: below the asking cell, or in its place."""
    if mode == "none" or not edits:
        return
    text = next_cell(edits)
    if text:
        ip.set_next_input(encodable(text), replace=mode == "replace")


def diff_markdown(edits: Sequence[Edit], name_of: Callable[[str], str]) -> str:
    """Show the changes to the rewritten cells as fenced unified diffs; `name_of` names a cell by its id."""
    blocks = []
    for edit in edits:
        if edit.op != "replace":
            continue
        lines = difflib.unified_diff(
            edit.before.splitlines(),
            edit.source.splitlines(),
            fromfile=name_of(edit.cell_id),
            tofile="rewritten",
            lineterm="",
        )
        text = "\n".join(lines)
        blocks.append(code_block(text, "diff") if text else "*The cell stays as it is.*\n")
        if edit.loss:
            blocks.append(f"⚠ The new version {edit.loss}.\n")
    return "\n".join(blocks)
