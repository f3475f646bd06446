"""The tool that runs a cell in the copy again."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from ...errors import UsageError
from ..tool import Run, Tool, text_argument


def perform(run: Run, arguments: Mapping[str, Any]) -> Generator[Any, Any, str]:
    """Run one cell."""
    cell = run.draft.find(text_argument(arguments, "cell"))
    if cell.kind != "code":
        raise UsageError("It is a cell of text.")
    return (yield from run.rehearse(cell))


TOOL = Tool(
    "run_cell",
    "Run an existing cell in the copy again. A block that you write is run by itself.",
    perform,
    {"cell": {"type": "string"}, "why": {"type": "string"}},
    ("cell",),
)
