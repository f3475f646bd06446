"""Preparation of a notebook file for execution: nbformat 4.5 with ids, without an earlier run's cells."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

from ...core.errors import NotebookError
from ..notebook_input import NotebookInput
from .stored_answers import written_sources

if TYPE_CHECKING:
    from nbformat import NotebookNode

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_BASE = 56


def runnable_notebook(source: NotebookInput) -> tuple[NotebookNode, list[str]]:
    """Make the notebook to execute, with sentences on what was changed.

    Raises NotebookError when it cannot be used.
    """
    import nbformat
    from nbformat.reader import reads

    # The user is told in our own words below.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stored = reads(json.dumps(_complete(source.data)))
            has_ids = (stored.nbformat, stored.nbformat_minor) >= (4, 5)
            node = nbformat.convert(stored, 4)
        except Exception as error:  # noqa: BLE001 - converters of old formats fail in their own ways on broken files
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise NotebookError(f"{source.name}: cannot be read as a notebook ({reason}).") from None
    _check_text(source.name, node)
    notes = [_valid_cells(node, has_ids), _forget_earlier_run(node)]
    node.nbformat_minor = max(5, node.nbformat_minor)
    return node, [note for note in notes if note]


def _check_text(name: str, node: NotebookNode) -> None:
    """Refuse half a character, which JSON can hold and no message to a kernel can."""
    for index, cell in enumerate(node.cells):
        try:
            str(cell.get("source", "")).encode()
        except UnicodeEncodeError as error:
            half = f"U+{ord(error.object[error.start]):04X}"
            raise NotebookError(
                f"{name}: cell #{index + 1} holds half a character ({half}), which no kernel takes. "
                "Delete it."
            ) from None


def fresh_id(cells: list[Any], base: str) -> str:
    """Make an id for a new cell from `base`. The same notebook gives the same ids, and the same prompts."""
    taken = {cell.get("id") for cell in cells}
    base = base[:_LONGEST_BASE]
    number = 1
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def inserted_by(cell: NotebookNode) -> str:
    """The id of the cell whose answer inserted this one, or ""."""
    note = cell.get("metadata", {}).get("devstral")
    return str(note.get("inserted_by", "")) if isinstance(note, dict) else ""


def _complete(data: dict[str, Any]) -> dict[str, Any]:
    """Add the fields that files leave out and converters insist on."""
    whole = {"metadata": {}, "nbformat": 4, "nbformat_minor": 0, **data}
    if isinstance(data.get("cells"), list):
        whole["cells"] = [{"metadata": {}, **cell} for cell in data["cells"] if isinstance(cell, dict)]
    elif whole["nbformat"] == 3:
        whole["worksheets"] = [{"cells": [], "metadata": {}, **sheet} for sheet in data.get("worksheets", ())]
    return whole


def _valid_cells(node: NotebookNode, has_ids: bool) -> str:
    """Give every cell the fields that execution needs.

    Return a sentence where the file broke its promise of ids.
    """
    if node.nbformat == 4 and not isinstance(node.metadata.get("kernelspec"), dict):
        node.metadata.pop("kernelspec", None)
    given = Counter(cell["id"] for cell in node.cells if isinstance(cell.get("id"), str))
    repaired = 0
    for index, cell in enumerate(node.cells):
        id = cell.get("id")
        if not has_ids or not isinstance(id, str) or not _CELL_ID.fullmatch(id) or given[id] > 1:
            # The same name that a cell without an id has everywhere else; never a random one.
            cell["id"] = (
                f"cell-{index}" if f"cell-{index}" not in given else fresh_id(node.cells, f"cell-{index}")
            )
            repaired += 1
        if not isinstance(cell.get("metadata"), dict):
            cell["metadata"] = type(node)()
        cell.setdefault("source", "")
        if cell.get("cell_type") == "code":
            cell.setdefault("outputs", [])
            cell.setdefault("execution_count", None)
    return f"{cells_text(repaired)} had no id of its own and got one." if repaired and has_ids else ""


def _forget_earlier_run(node: NotebookNode) -> str:
    """Remove the cells inserted by answers in this file, except those changed since."""
    obsolete: set[str] = set()
    for index, cell in enumerate(node.cells):
        written = written_sources(cell)
        for following in node.cells[index + 1 :]:
            if not written or inserted_by(following) != cell["id"]:
                break
            if following.source in written:
                obsolete.add(following["id"])
    node.cells = [cell for cell in node.cells if cell["id"] not in obsolete]
    return f"{cells_text(len(obsolete))} of an earlier run taken out, to be written anew." if obsolete else ""


def cells_text(count: int) -> str:
    """Write a number of cells in words, such as "2 cells"."""
    return f"{count} cell" if count == 1 else f"{count} cells"
