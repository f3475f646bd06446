"""The tool that ends the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..tool import Run, Tool


def perform(run: Run, arguments: Mapping[str, Any]) -> str:
    """End the run with a summary."""
    summary = arguments.get("summary")
    run.end("done", summary if isinstance(summary, str) else "")
    return "the run ends"


TOOL = Tool(
    "done",
    "End the run when the task is done, or cannot be done.",
    perform,
    {"summary": {"type": "string", "description": "one or two sentences for the user"}},
    ("summary",),
    reads=True,
)
