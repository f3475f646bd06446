"""Notebooks as frozen values, read from nbformat JSON of any version; the rest of `core` works on these.

Independent of where a notebook came from (a file, a kernel's history, a browser) and how it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

OutputKind: TypeAlias = Literal["stream", "result", "display", "error"]

# The key of a display's metadata that says, in words, what it waits for before an answer arrives.
STATUS_KEY = "jupyter_devstral_status"
# The output MIME type that carries an answer: its edits, its receipt and the turn to replay.
REPLY_MIME = "application/vnd.jupyter-devstral.v1+json"


@dataclass(frozen=True)
class Output:
    """One output of a code cell, reduced to text.

    Attributes:
        kind: what nbformat calls "stream", "execute_result", "display_data" and "error".
        text: plain text as stored (an error: its traceback; may hold ANSI colours, which are
            cleaned where prompts are made).
        mime: the richest MIME type present ("text/html", "image/png", "text/plain" …); never its payload.
        ename, evalue: class name and message, for kind "error".
    """

    kind: OutputKind
    text: str
    mime: str = "text/plain"
    ename: str = ""
    evalue: str = ""


@dataclass(frozen=True)
class Turn:
    """An earlier question and its answer, standing in the cell where it was asked.

    Attributes:
        user_text: exactly what followed the notebook cells in the user message of that request
            (variables, task line and question), so that it can be replayed byte for byte.
        reply: the answer as the user saw it (secrets restored).
        described: the variables in `user_text`, by name, each with all that was known of it by then.
    """

    user_text: str
    reply: str
    described: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook.

    Attributes:
        id: the cell's own id, or "" where the format has none.
        index: position among all cells, 0-based.
        kind: the kind of its text.
        source: the text, lines joined with "\\n".
        outputs: the outputs of a code cell, in order.
        turn: the recorded exchange, for a cell that asked Devstral something and was answered.
        chat: exchanges beside the notebook that were made while this was its last cell, in order.
        count: the number beside a cell that ran; 0 for one that did not.
        number: by which prompts call it, where others have come or gone since it was first sent; else None.
    """

    id: str
    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    outputs: tuple[Output, ...] = ()
    turn: Turn | None = None
    chat: tuple[Turn, ...] = ()
    number: int | None = None
    # What is sent is the same whenever it ran.
    count: int = field(default=0, compare=False)

    @property
    def sign(self) -> str:
        """What the user sees of it: `[3]` of a cell that ran, `#5` of the fifth one."""
        return f"[{self.count}]" if self.count else f"#{self.index + 1}"

    @property
    def name(self) -> int:
        """The number by which prompts and replies call it: mostly its place."""
        return self.index if self.number is None else self.number

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All exchanges of this cell, in order: its own and those beside the notebook."""
        return (*((self.turn,) if self.turn else ()), *self.chat)

    @property
    def key(self) -> str:
        """The id, or "cell-<index>" where there is none; unique unless the file repeats ids."""
        return self.id or f"cell-{self.index}"


@dataclass(frozen=True)
class Notebook:
    """Cells in document order, and the language of the kernel ("python", "r", "julia" … lower case)."""

    cells: tuple[Cell, ...] = field(default_factory=tuple)
    language: str = "python"

    def called(self, key: str, unknown: str = "") -> str:
        """What the user sees of a cell, as `cell [3]`; `unknown`, or the key, where it is none of them."""
        named = (f"cell {cell.sign}" for cell in self.cells if key and cell.key == key)
        return next(named, unknown or key)


def header(cell: Cell, remark: str = "") -> str:
    """The name `cell 4`, by which everything in a prompt refers to a cell.

    It is in words, as no code reads.
    """
    return f"cell {cell.name}{remark}"
