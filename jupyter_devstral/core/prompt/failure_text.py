"""A failure as the model reads it, behind the variables and before the task."""

from __future__ import annotations

from collections.abc import Iterator

from ..failure.failure import Failure, Frame
from ..notebook.cells import Notebook, header
from ..text.data_lines import indented_below, one_line

_TITLE_LIMIT = 300


def failure_text(failure: Failure, notebook: Notebook) -> str:
    """Several lines without a blank one: it is one block of the message."""
    lines = [f"Error: {failure.title[:_TITLE_LIMIT]}"]
    lines += [f"from {one_line(cause)}" for cause in failure.causes]
    for frame in failure.frames:
        lines += _frame_lines(frame, notebook)
    lines += [f"- {one_line(hint)}" for hint in failure.hints]
    if failure.versions:
        lines.append(f"Versions: {one_line(', '.join(failure.versions))}")
    return "\n".join(line for text in lines for line in text.splitlines() if line.strip())


def _frame_lines(frame: Frame, notebook: Notebook) -> Iterator[str]:
    cell = next((cell for cell in notebook.cells if frame.cell and cell.key == frame.cell), None)
    place = header(cell) if cell else one_line(frame.place) or "the cell"
    inside = f", in {one_line(frame.function)}" if frame.function else ""
    line = f", line {frame.line}" if frame.line else ""
    yield f"at {place}{line}{inside}: {_joined(frame.source)}"
    for value in frame.values:
        yield "\n".join(f"  {text}" for text in indented_below(value).split("\n"))


def _joined(source: str) -> str:
    return one_line(" ".join(line.strip() for line in source.split("\n")))
