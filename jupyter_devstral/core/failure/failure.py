"""A failed cell as strings: the error, the user's own frames, the values involved, likely causes.

Holds no exception, frame or object of the user's; `reading.read_exception` makes one from a live error.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..notebook.cells import Cell, Output
from ..python.source import mentioned_names
from ..text.traceback_text import capped_message, failing_lines


@dataclass(frozen=True)
class Frame:
    """One frame of the user's own code.

    Attributes:
        cell: `Cell.key` of the cell that holds the code; "" for code outside the notebook's cells.
        place: the shortened file name of such code, or "an earlier version of a cell".
        function: its qualified name, "" at the level of the cell.
        line: 1-based, in the cell or file; 0 where it is not known.
        source: the statement that failed, a few lines at most.
        values: the values of that statement's parts: "total - 6: int = 0".
    """

    cell: str = ""
    place: str = ""
    function: str = ""
    line: int = 0
    source: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A failed cell, with everything that can be said about it without asking a model.

    Attributes:
        ename, evalue: class name and message; a long message without its middle.
        cell: `Cell.key` of the cell that was run.
        frames: outermost first.
        causes: "KeyError: 'a'" for each error that this one came from, or that it groups.
        hints: sentences: near names, columns that exist, cells that were not run again.
        versions: "pandas 2.3.1" for each library that the traceback goes through.
        rerun: keys of the cells to run again, in order, where that alone may be the cure.
    """

    ename: str
    evalue: str = ""
    cell: str = ""
    frames: tuple[Frame, ...] = ()
    causes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    rerun: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The error on one line: "KeyError: 'pric'"."""
        return " ".join(f"{self.ename}: {self.evalue}".strip(": ").split())

    @property
    def names(self) -> tuple[str, ...]:
        """The plain names in the statements that failed, innermost frame first."""
        found = (name for frame in reversed(self.frames) for name in sorted(mentioned_names(frame.source)))
        return tuple(dict.fromkeys(found))

    @property
    def signature(self) -> tuple[str, ...]:
        """A key that is equal for the same error from the same statements, whatever the cell.

        In a terminal it always is.
        """
        where = [part for frame in self.frames for part in (frame.function, frame.source)]
        return (self.ename, self.evalue, *where)


def failure_of_cell(cell: Cell) -> Failure | None:
    """Read a stored error output; None where the cell did not fail."""
    errors = [output for output in cell.outputs if output.kind == "error"]
    return _read_output(cell, errors[-1]) if errors else None


def _read_output(cell: Cell, output: Output) -> Failure:
    lines = [line for line in failing_lines(output.text) if line]
    frames = tuple(
        Frame(cell.key if line in cell.source else "", line=_line_of(line, cell.source), source=line)
        for line in lines
    )
    return Failure(output.ename, capped_message(output.evalue), cell.key, frames)


def _line_of(line: str, source: str) -> int:
    """The number of a line where it is unmistakable."""
    found = [number for number, one in enumerate(source.split("\n"), 1) if one.strip() == line]
    return found[0] if len(found) == 1 else 0
