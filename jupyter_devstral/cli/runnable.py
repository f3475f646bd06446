"""A notebook file made ready to be executed: nbformat 4.5 with ids, without what an earlier run inserted."""

from __future__ import annotations

import json
import re
import warnings
from typing import TYPE_CHECKING, Any

from ..core.errors import NotebookError
from .notebook_input import NotebookInput
from .stored_answers import written_sources

if TYPE_CHECKING:
    from nbformat import NotebookNode

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_BASE = 56


def runnable_notebook(source: NotebookInput) -> tuple[NotebookNode, list[str]]:
    """The notebook to execute, and in sentences what was changed; `NotebookError` when it cannot be used."""
    import nbformat
    from nbformat.reader import reads

    # The user hears about it in our own words below.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            node = nbformat.convert(reads(json.dumps(_complete(source.data))), 4)
            node = nbformat.v4.upgrade(node, from_version=4, from_minor=node.nbformat_minor)
        except Exception as error:  # noqa: BLE001 - converters of old formats fail in their own ways on broken files
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise NotebookError(f"{source.name}: cannot be read as a notebook ({reason}).") from None
    notes = [_valid_cells(node), _forget_earlier_run(node)]
    node.nbformat_minor = max(5, node.nbformat_minor)
    return node, [note for note in notes if note]


def fresh_id(cells: list[Any], base: str) -> str:
    """An id for a new cell, made from `base`: the same notebook gives the same ids, and the same prompts."""
    taken = {cell.get("id") for cell in cells}
    base = base[:_LONGEST_BASE]
    number = 1
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def inserted_by(cell: NotebookNode) -> str:
    """The id of the cell whose answer wrote this one, or ""."""
    note = cell.get("metadata", {}).get("devstral")
    return str(note.get("inserted_by", "")) if isinstance(note, dict) else ""


def _complete(data: dict[str, Any]) -> dict[str, Any]:
    """What files leave out, and converters insist on."""
    whole = {"metadata": {}, "nbformat": 4, "nbformat_minor": 0, **data}
    if whole["nbformat"] == 3:
        whole["worksheets"] = [{"cells": [], "metadata": {}, **sheet} for sheet in data.get("worksheets", ())]
    return whole


def _valid_cells(node: NotebookNode) -> str:
    """Give every cell what executing needs; the format allows all of it, files do not always have it."""
    seen: set[str] = set()
    repaired = 0
    for index, cell in enumerate(node.cells):
        given = cell.get("id")
        if not isinstance(given, str) or not _CELL_ID.fullmatch(given) or given in seen:
            cell["id"] = fresh_id(node.cells, f"cell-{index}")
            repaired += 1
        seen.add(cell["id"])
        if not isinstance(cell.get("metadata"), dict):
            cell["metadata"] = type(node)()
        cell.setdefault("source", "")
        if cell.get("cell_type") == "code":
            cell.setdefault("outputs", [])
            cell.setdefault("execution_count", None)
    return f"{repaired} cells had no usable id and got one." if repaired and seen else ""


def _forget_earlier_run(node: NotebookNode) -> str:
    """Take out the cells that the answers in this file inserted, unless somebody changed them since."""
    obsolete: set[str] = set()
    for index, cell in enumerate(node.cells):
        written = written_sources(cell)
        for following in node.cells[index + 1 :]:
            if not written or inserted_by(following) != cell["id"]:
                break
            if following.source in written:
                obsolete.add(following["id"])
    node.cells = [cell for cell in node.cells if cell["id"] not in obsolete]
    return f"{len(obsolete)} cells that an earlier run inserted make room for new ones." if obsolete else ""
