"""The steps of a run, which a front-end carries out: what goes out of the loop, and what comes back in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..answer import Finished
from ..model.messages import Message, ToolCall


@dataclass(frozen=True)
class AskModel:
    """Ask the model; a Heard is sent in, or a ModelError thrown.

    Attributes:
        messages: the whole conversation; it begins with the one of the step before, byte for byte.
        tools: in the wire's form, the same and in the same order for a whole run; empty where the model has
            none, or is held to `schema`.
        schema: JSON schema of the whole reply, or None.
        step: 1 for the first.
    """

    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] | None
    step: int


@dataclass(frozen=True)
class Heard:
    """One reply, as it came.

    Attributes:
        finished: how it ended.
        prompt_tokens, reply_tokens: as the server counted them; 0 where it did not.
        window: that the model has, in tokens; 0 where it is not known.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    finished: Finished = "stop"
    prompt_tokens: int = 0
    reply_tokens: int = 0
    window: int = 0


@dataclass(frozen=True)
class ActionBegins:
    """An action is about to be carried out: who keeps a log writes it down, or raises.

    Attributes:
        tool: its name; "" for one that there is not.
        cell: id of the cell that it names; "" for none, or a new one.
    """

    tool: str
    cell: str = ""


@dataclass(frozen=True)
class ActionEnds:
    """What became of the action that began last.

    Attributes:
        outcome: "done", "not done", or what was wrong with it.
        cell: id of the cell that it was about; "" for none.
    """

    outcome: str
    cell: str = ""


@dataclass(frozen=True)
class RunCell:
    """Run a cell in the copy; a Ran is sent in.

    Attributes:
        cell: its id.
        allowed: effects that the user has allowed this cell this once, as phrases of an earlier refusal.
        why: the model's reason, in its words; "" where it gave none. For the user to read, decides nothing.
    """

    cell: str
    source: str
    allowed: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Ran:
    """What became of a cell that was run in the copy.

    Attributes:
        outputs: in the form of nbformat 4.
        shows: ids of the displays among them, which other cells may update.
        updates: what it makes of displays of other cells: "display_id", "data" and "metadata" of each.
        has_widget: it shows a widget or changes one, none of which is live in a copy.
        error: "NameError: name 'x' is not defined"; "" for none.
        refused: the effect that was refused, as a phrase; "" for none.
        problem: why it did not come to an end, or was not run at all; "" where it did.
        seconds: that it took.
        memory: bytes of the copy that are its own.
        lost: nothing more can be run in this run.
        hints: near names, columns and files, as sentences, of an error that misses one.
    """

    outputs: tuple[Mapping[str, Any], ...] = ()
    shows: tuple[str, ...] = ()
    updates: tuple[Mapping[str, Any], ...] = ()
    has_widget: bool = False
    error: str = ""
    refused: str = ""
    problem: str = ""
    seconds: float = 0.0
    memory: int = 0
    lost: bool = False
    hints: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Ran:
        """Read what a kernel says of a cell."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in said.items()
        }
        return cls(**values)

    @property
    def is_clean(self) -> bool:
        """Whether it ran to its end, and did all that it would do for real."""
        return not (self.error or self.refused or self.problem)


@dataclass(frozen=True)
class DescribeVariables:
    """Describe variables of the copy by their schema; the text is sent in."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """Ask the user; True (yes, this once) or False is sent in. Nothing else ever allows anything.

    Attributes:
        kind: what is asked about.
        cell: its id.
        effect: a phrase, "it writes files (report.png)".
        source: of the cell.
        before: ids of the cells of the run that a yes would run for real first.
        for_real: a yes means that the cell itself runs for real, else that the copy may do so.
    """

    kind: Literal["effect", "delete"]
    cell: str
    effect: str
    source: str
    before: tuple[str, ...] = ()
    for_real: bool = False


@dataclass(frozen=True)
class LookAtNotebook:
    """Ask for the notebook's cells as they are now, in order; None where nobody else writes."""


@dataclass(frozen=True)
class Say:
    """A sentence for the user: what is being done, or what was lost."""

    words: str
    data: Mapping[str, Any] = field(default_factory=dict)
