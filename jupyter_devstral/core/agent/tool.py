"""A tool as data: what the model reads of it, and what carries it out."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol, TypeAlias

from ..errors import UsageError
from .draft import Draft, DraftCell

_TOOLS = f"{__name__.rpartition('.')[0]}.tools"


Steps: TypeAlias = Generator[Any, Any, str]


class Run(Protocol):
    """What a tool may know of the run that it is called in.

    Attributes:
        draft: the notebook of the run.
    """

    draft: Draft

    def rehearse(self, cell: DraftCell) -> Steps:
        """Run a cell in the copy; returns what the model is told."""
        ...

    def end(self, how: str, words: str) -> None:
        """End the run behind this reply; `how` is "done"."""
        ...


@dataclass(frozen=True)
class Tool:
    """A tool; a module of `tools` has one as TOOL.

    Attributes:
        parameters: JSON schemas by name, in the order the model reads them; all values are checked by
            `perform`, which raises DevstralError, in words, for what it cannot use.
        required: names of those that must be there.
        reads: it changes and runs nothing, and is there in a run that only plans.
        perform: carries it out, as steps of the loop where it needs any; returns what the model is told.
    """

    name: str
    description: str
    perform: Callable[[Run, Mapping[str, Any]], Steps | str]
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    reads: bool = False

    def wire(self) -> dict[str, Any]:
        """Write it as a request to a model server has it."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": {
                    "type": "object",
                    "required": list(self.required),
                    "properties": {name: dict(schema) for name, schema in self.parameters.items()},
                },
            },
        }


@lru_cache(maxsize=2)
def all_tools(*, reading: bool = False) -> tuple[Tool, ...]:
    """List every module of `tools` by its name: the order is the same in every run.

    Args:
        reading: only those that change and run nothing.
    """
    package = import_module(_TOOLS)
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    tools: list[Tool] = [import_module(f"{_TOOLS}.{name}").TOOL for name in names]
    return tuple(tool for tool in tools if tool.reads or not reading)


def schema_of_a_call(tools: tuple[Tool, ...]) -> dict[str, Any]:
    """Write the JSON schema of a reply that is one call, for a model whose calls cannot be read otherwise."""
    return {
        "type": "object",
        "required": ["name", "arguments"],
        "properties": {
            "name": {"type": "string", "enum": [tool.name for tool in tools]},
            "arguments": {"type": "object"},
        },
    }


def text_argument(arguments: Mapping[str, Any], name: str) -> str:
    """Read an argument that is a text; UsageError where it is missing or something else."""
    value = arguments.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"It needs {name!r}, a text.")
    return value


def list_argument(arguments: Mapping[str, Any], name: str) -> list[str]:
    """Read an argument that is a list of texts, or one text with commas."""
    value = arguments.get(name)
    if isinstance(value, str):
        value = value.split(",")
    listed = value if isinstance(value, (list, tuple)) else []
    return [str(one).strip() for one in listed if str(one).strip()]
