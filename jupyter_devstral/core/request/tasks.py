"""The one table of what a user can ask for, and a request as a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Literal

from ..notebook.cells import Cell, Notebook
from ..notebook.steps import History

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
    def facts(self) -> TaskFacts:
        """What the table says of it."""
        return TASKS[self]

    @property
    def inserts(self) -> bool:
        """Whether the reply's code becomes new cells below the asking cell."""
        return self.facts.code == "inserts"

    @property
    def rewrites(self) -> bool:
        """Whether the reply's code replaces one existing cell, `Request.target`."""
        return self.facts.code == "rewrites"


@dataclass(frozen=True)
class TaskFacts:
    """What the front-ends must know of a task; its wording is `prompt/prompts/<word>.md`.

    Attributes:
        code: what becomes of the reply's code: it "inserts" cells, "rewrites" one, or "stays" in the reply.
        about: "cell": one cell, which is the one above where none is named; "chosen": one where the user has
            chosen one; "notebook": none in particular.
        needs_words: whether there is nothing to ask without words of the user.
        explains_errors: whether the error of its cell is the subject, where there is one.
        help: one line of `%devstral help`; "" where it is no magic.
        slash: what `/word` does, for the sidebar; "" where it has no such command.
        command: the end of its command's id in JupyterLab; "" for none.
        label: of that command.
    """

    code: Literal["inserts", "rewrites", "stays"]
    about: Literal["cell", "chosen", "notebook"]
    needs_words: bool = False
    explains_errors: bool = False
    help: str = ""
    slash: str = ""
    command: str = ""
    label: str = ""


# Of one file of rules, in UTF-8: they are read with every question.
RULES_BYTES = 4096

# A new task is a line here and a wording; `python scripts/generate_tasks.py` tells the JupyterLab half.
TASKS = {
    Task.WRITE: TaskFacts(
        "inserts",
        "notebook",
        needs_words=True,
        help="answer with code that becomes a new cell below (the default)",
    ),
    Task.ASK: TaskFacts("stays", "notebook", needs_words=True, help="answer a question; nothing is inserted"),
    Task.EDIT: TaskFacts("rewrites", "cell", needs_words=True, help="rewrite a cell as the prompt says"),
    Task.REFACTOR: TaskFacts(
        "rewrites",
        "cell",
        help="rewrite a cell, same behaviour",
        slash="rewrite the selected cell, same behaviour",
        command="refactor-cell",
        label="Refactor cell",
    ),
    Task.DOC: TaskFacts(
        "rewrites",
        "cell",
        help="rewrite a cell with docstrings and comments",
        slash="add docstrings and comments to the selected cell",
        command="document-cell",
        label="Document cell",
    ),
    Task.TEST: TaskFacts(
        "inserts",
        "cell",
        help="write tests, and prove them: test NAME …, or what the cell above defines",
        slash="write tests as a new cell",
        command="test-cell",
        label="Generate tests",
    ),
    Task.FIX: TaskFacts(
        "rewrites",
        "cell",
        explains_errors=True,
        help="explain the last failure, and repair it",
        slash="repair the selected cell",
        command="fix-cell",
        label="Fix cell",
    ),
    Task.EXPLAIN: TaskFacts(
        "stays",
        "cell",
        explains_errors=True,
        help="explain the last failure, else the cell above; explain NAME: a variable or function",
        slash="explain the selected cell, and its error",
        command="explain-cell",
        label="Explain cell",
    ),
    Task.CHAT: TaskFacts("stays", "chosen", needs_words=True),
}


@dataclass(frozen=True)
class Attachment:
    """A text that the user attached to a question by hand.

    Attributes:
        kind: where it is from.
        name: of the file; "" for a selection.
        is_source: whether it is the notebook's own code, which no file holds.
    """

    kind: Literal["file", "selection"]
    name: str
    text: str
    is_source: bool = False


@dataclass(frozen=True)
class Rules:
    """A project's own rules, which the user has switched on.

    Attributes:
        name: of their file, as the user knows it.
        text: all of it; a prompt carries at most RULES_BYTES.
    """

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
        selected: keys of several cells that the question is about; a task that rewrites has its target alone.
        scope: how much of the notebook may be sent, one of SCOPES.
        variables: live variables worth describing, most important first.
        attached: names the user attached by hand (`-v NAME`, `@NAME`); their descriptions are dropped last.
        failure: what is known about the error of the cell that the request is about.
        attachments: texts the user attached; they are sent whole, whatever the budget.
        images: pictures the user attached, base64; for a model that has "vision".
        history: the steps above the question, where some stand as they were sent; None: as the cells are now.
        rules: of the project; they are sent whatever the budget.
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
    history: History | None = None
    selected: tuple[str, ...] = ()
    rules: tuple[Rules, ...] = ()

    def with_cells(self, change: Callable[[Cell], Cell]) -> Request:
        """The request with each of its cells changed, wherever it holds it; its history is as it was."""
        return replace(
            self,
            notebook=replace(self.notebook, cells=tuple(map(change, self.notebook.cells))),
            focus=change(self.focus) if self.focus else None,
            target=change(self.target) if self.target else None,
        )
