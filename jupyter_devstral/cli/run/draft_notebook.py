"""A notebook with the cells of a run: as they would be, with what they showed in the copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.agent.draft import Draft, DraftCell

if TYPE_CHECKING:
    from nbformat import NotebookNode


def with_draft(node: NotebookNode, draft: Draft) -> NotebookNode:
    """Give a copy of the notebook with the draft's cells; what the run did not touch is as it was."""
    import copy

    written = copy.deepcopy(node)
    there = {cell["id"]: cell for cell in written.cells}
    written.cells = [_cell(one, there) for one in draft]
    return written


def _cell(cell: DraftCell, there: dict[str, Any]) -> Any:
    import nbformat

    if cell.state == "as it was":
        return there[cell.id]
    make = nbformat.v4.new_markdown_cell if cell.kind == "markdown" else nbformat.v4.new_code_cell
    made = there[cell.id] if cell.id in there else make(id=cell.id)
    made["source"] = cell.source
    made["metadata"]["devstral"] = {
        "run": cell.state,
        "rehearsed": cell.ran is not None and cell.ran.is_clean,
        **({"refused": list(cell.refused)} if cell.refused else {}),
    }
    if made["cell_type"] == "code":
        made["outputs"] = [nbformat.from_dict(dict(output)) for output in cell.outputs]
        made["execution_count"] = None
    return made
