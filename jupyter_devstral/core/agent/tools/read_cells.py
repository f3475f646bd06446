"""The tool that shows cells whole: their source, and what they showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...context.cell_text import fenced
from ...errors import UsageError
from ..draft import DraftCell
from ..results import capped, outputs_text, shown_as_data, texts_of
from ..tool import Run, Tool, list_argument

_MOST, _SOURCE_LIMIT = 8, 6_000


def perform(run: Run, arguments: Mapping[str, Any]) -> str:
    """Show the cells that are named."""
    names = list_argument(arguments, "cells")
    if not names:
        raise UsageError("It needs 'cells', a list of ids.")
    start = arguments.get("start")
    start = start if isinstance(start, int) and start > 0 else 0
    return "\n".join(_shown(run, run.draft.find(name), start) for name in names[:_MOST])


def _shown(run: Run, cell: DraftCell, start: int) -> str:
    cell.shown = cell.source
    tag = run.draft.language if cell.kind == "code" else cell.kind
    shown = (outputs_text(cell.ran.outputs) if cell.ran is not None else texts_of(cell.had))[start:]
    parts = [f"cell {run.draft.short(cell)}:", fenced(capped(cell.source, _SOURCE_LIMIT), tag)]
    return "\n".join([*parts, *([shown_as_data(shown, "; read on with start")] if shown else [])])


TOOL = Tool(
    "read_cells",
    "Read the source and the output of some cells.",
    perform,
    {
        "cells": {"type": "array", "items": {"type": "string"}, "description": "ids"},
        "start": {"type": "integer", "description": "skip so many characters of the output"},
    },
    ("cells",),
    reads=True,
)
