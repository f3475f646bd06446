"""The tool that surveys the notebook: ids, first lines, what ran, what failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...text.data_lines import one_line
from ..draft import DraftCell
from ..results import shown_as_data
from ..tool import Run, Tool

_LINE = 80


def perform(run: Run, arguments: Mapping[str, Any]) -> str:
    """List all cells, a line each."""
    lines = [f"{run.draft.short(cell)} {_facts(cell)}: {_first_line(cell)}" for cell in run.draft]
    return f"notebook:\n{shown_as_data(chr(10).join(lines) or 'no cells')}"


def _facts(cell: DraftCell) -> str:
    facts = [cell.kind, cell.state]
    if cell.ran is not None:
        facts.append("ran" if cell.ran.is_clean else "refused" if cell.ran.refused else "failed")
    return ", ".join(fact for fact in facts if fact != "as it was")


def _first_line(cell: DraftCell) -> str:
    lines = [line for line in cell.source.split("\n") if line.strip()]
    return one_line(lines[0])[:_LINE] if lines else "empty"


TOOL = Tool(
    "notebook_outline",
    "List all cells of the notebook: id, kind, first line, whether it ran or failed.",
    perform,
    reads=True,
)
