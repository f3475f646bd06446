"""The answers in a cell's outputs, the cells they propose, and the tests that failed there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...core.edits.edit import Edit
from ...core.notebook.own_cells import TESTS_KEY
from ...core.wire import MIME, edits_from_bundle

if TYPE_CHECKING:
    from nbformat import NotebookNode


def proposed_edits(cell: NotebookNode) -> list[Edit]:
    """The executable proposals of the answers in this cell: whole cells, changed cells."""
    edits = [edit for bundle in _bundles(cell) for edit in edits_from_bundle(bundle)]
    return [edit for edit in edits if edit.source.strip() and edit.source != edit.before]


def written_sources(cell: NotebookNode) -> set[str]:
    """The sources of all cells that the answers in this cell propose."""
    return {edit.source for bundle in _bundles(cell) for edit in edits_from_bundle(bundle)}


def failed_tests(cell: NotebookNode) -> str:
    """The outcomes of the cell's tests in words, when one of them failed; else ""."""
    for output in cell.get("outputs", ()):
        metadata = output.get("metadata")
        said = metadata.get(TESTS_KEY) if isinstance(metadata, Mapping) else None
        if isinstance(said, Mapping) and said.get("failed"):
            return str(said.get("text", ""))
    return ""


def _bundles(cell: NotebookNode) -> Iterator[Mapping[str, Any]]:
    for output in cell.get("outputs", ()):
        data = output.get("data")
        bundle = data.get(MIME) if isinstance(data, Mapping) else None
        if isinstance(bundle, Mapping):
            yield bundle
