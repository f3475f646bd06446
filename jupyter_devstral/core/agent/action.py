"""One thing that a model wants done, however it was written down, and all that one reply says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..model.messages import ToolCall

# The name of the action that a fence is; there is no tool of this name.
WRITE = "write_cell"

Problem: TypeAlias = Literal["", "unknown", "cut", "endless", "malformed"]


@dataclass(frozen=True)
class Action:
    """One action of a reply.

    Attributes:
        name: of a tool, or WRITE, whose arguments are `cell` ("" for a new one), `source` and `kind`; of an
            unknown tool as the model wrote it.
        arguments: by name.
        problem: "unknown" (no such tool), "cut" (the reply ended within it), "endless" (it was
            ended there, because it wrote the same again and again), "malformed"; "" for none.
        why: of a malformed one, what is wrong with it; "" where there is nothing to say.
        call: what a model server told apart from the text, which must be answered as such; else None.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem = ""
    why: str = ""
    call: ToolCall | None = None


@dataclass(frozen=True)
class Said:
    """One reply, read.

    Attributes:
        text: all of it, as it came.
        prose: the text without actions.
        actions: in the order they were written in.
        repeats: the line that came again and again until the reply was ended; "" for none.
    """

    text: str
    prose: str
    actions: tuple[Action, ...]
    repeats: str = ""
