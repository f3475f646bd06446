"""The tool that describes variables of the copy: type, shape, columns; never rows."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from ..results import shown_as_data
from ..steps import DescribeVariables
from ..tool import Run, Tool, list_argument


def perform(run: Run, arguments: Mapping[str, Any]) -> Generator[Any, Any, str]:
    """Describe the named variables, or all where none is named."""
    names = tuple(list_argument(arguments, "names"))
    text: str = yield DescribeVariables(names)
    return f"variables:\n{shown_as_data(text or 'none')}"


TOOL = Tool(
    "inspect",
    "Describe live variables: type, shape, columns, dtypes.",
    perform,
    {"names": {"type": "array", "items": {"type": "string"}, "description": "none: all"}},
    reads=True,
)
