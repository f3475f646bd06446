"""What a user can ask for, and a request as a value: the nouns the pipeline passes along."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from ..notebook.cells import Cell, Notebook

if TYPE_CHECKING:
    # The settings need this module when the extension loads; describing variables can wait.
    from ..failure.failure import Failure
    from ..variables.namespace import Variable


class Task(str, Enum):
    """The kinds of request. The value is the word the user types."""

    WRITE = "write"
    ASK = "ask"
    EDIT = "edit"
    REFACTOR = "refactor"
    DOC = "doc"
    TEST = "test"
    FIX = "fix"
    EXPLAIN = "explain"
    CHAT = "chat"

    @property
    def inserts(self) -> bool:
        """The reply's code becomes new cells below the asking cell."""
        return self in (Task.WRITE, Task.TEST)

    @property
    def rewrites(self) -> bool:
        """The reply's code replaces one existing cell, `Request.target`."""
        return self in (Task.EDIT, Task.REFACTOR, Task.DOC, Task.FIX)


@dataclass(frozen=True)
class Attachment:
    """A text that the user attached to a question by hand.

    Attributes:
        kind: "file" or "selection".
        name: of the file; "" for a selection.
    """

    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Request:
    """Everything the prompt is made from.

    Attributes:
        task: what is asked for.
        question: the user's words, verbatim ("" where the task says it all).
        notebook: the cells as they stand now, the asking cell included where it is known.
        focus: the cell that asks (a magic) or the cell asked about (the command line); None when it is not
            in `notebook`, which then means "at the end".
        target: the cell to rewrite, for a task that rewrites.
        scope: how much of the notebook may be sent, one of SCOPES.
        variables: live variables worth describing, most important first.
        attached: names the user attached by hand (`-v NAME`, `@NAME`); their descriptions are dropped last.
        failure: what is known about the error of the cell that the request is about.
        attachments: texts the user attached; they are sent whole, whatever the budget.
        images: pictures the user attached, base64; for a model that has "vision".
    """

    task: Task
    question: str
    notebook: Notebook = field(default_factory=Notebook)
    focus: Cell | None = None
    target: Cell | None = None
    scope: str = "notebook"
    variables: tuple[Variable, ...] = ()
    attached: tuple[str, ...] = ()
    failure: Failure | None = None
    attachments: tuple[Attachment, ...] = ()
    images: tuple[str, ...] = ()
