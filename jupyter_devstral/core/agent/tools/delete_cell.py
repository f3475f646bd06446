"""The tool that takes a cell out; a cell of the user's only after a question, every time."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from ..steps import Question
from ..tool import Run, Tool, text_argument


def perform(run: Run, arguments: Mapping[str, Any]) -> Generator[Any, Any, str]:
    """Delete one cell."""
    cell = run.draft.find(text_argument(arguments, "cell"))
    name = run.draft.short(cell)
    if cell.before is not None:
        allowed = yield Question("delete", cell.id, "it deletes a cell of yours", cell.source)
        if allowed is not True:
            return f"cell {name}: the user keeps it; go on without deleting it."
    run.draft.delete(cell)
    return f"cell {name}: deleted"


TOOL = Tool(
    "delete_cell",
    "Delete a cell; the user is asked.",
    perform,
    {"cell": {"type": "string"}, "why": {"type": "string"}},
    ("cell",),
)
