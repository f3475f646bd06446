"""A failure as the model reads it, behind the variables and before the task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..context.cell_text import fenced, titled
from ..failure.failure import Failure, Frame
from ..notebook.cells import Cell, Notebook, header
from ..text.data_lines import indented_below, one_line

_TITLE_LIMIT = 300
# Errors about names of the user's own, whatever the version of the library that reports them.
_NOT_THE_LIBRARY = frozenset({"NameError", "KeyError", "FileNotFoundError", "UnboundLocalError"})


def failure_text(failure: Failure, notebook: Notebook) -> str:
    """Several lines without a blank one: it is one block of the message."""
    cells = {cell.key: cell for cell in notebook.cells}
    failed = cells.get(failure.cell)
    said = [_frame_line(frame, failed, cells) for frame in _unlike(failure.frames)]
    causes = dict.fromkeys(cause for cause in failure.causes if cause != failure.title)
    said += [failure.title[:_TITLE_LIMIT], *(f"from {one_line(cause)}" for cause in causes)]
    facts = [_told(value) for frame in failure.frames for value in frame.values]
    facts += [one_line(f"{hint[0].upper()}{hint[1:]}") for hint in failure.hints]
    if failure.versions and failure.ename not in _NOT_THE_LIBRARY:
        facts.append(one_line(", ".join(failure.versions)))
    title = titled(failed, " failed") if failed else "It failed:"
    return "\n".join([title, fenced("\n".join(_lines(said)), ""), *(f"- {fact}" for fact in facts)])


def _lines(texts: list[str]) -> Iterator[str]:
    return (line for text in texts for line in text.splitlines() if line.strip())


def _told(value: str) -> str:
    """A description, further lines of which, such as a table's columns, stand under it."""
    return indented_below("\n".join(line for line in value.splitlines() if line.strip()))


def _unlike(frames: Sequence[Frame]) -> Iterator[Frame]:
    """Without the frame that a comprehension adds on the very line it stands in."""
    for before, frame in zip([None, *frames], frames, strict=False):
        if before is None or (before.cell, before.line, before.source) != (
            frame.cell,
            frame.line,
            frame.source,
        ):
            yield frame


def _frame_line(frame: Frame, failed: Cell | None, cells: dict[str, Cell]) -> str:
    cell = cells.get(frame.cell) if frame.cell else None
    place = header(cell) if cell else one_line(frame.place) or "the cell"
    places = [] if cell is not None and cell is failed else [place]
    places += [f"line {frame.line}"] if frame.line else []
    places += [f"in {one_line(frame.function)}"] if frame.function else []
    source = one_line(" ".join(line.strip() for line in frame.source.split("\n")))
    return f"{', '.join(places)}: {source}" if places else source
