"""Notebook lines to complete, chosen by hash: who tunes anything cannot choose what it is measured on."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_devstral.core.completion.place import Place, Standing
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.notebook.file import notebook_from_json
from tests.support.sessions import cells_of

_SHORTEST, _LONGEST = 6, 160
_MOST_PER_NOTEBOOK = 25


@dataclass(frozen=True)
class Line:
    """A cursor in a notebook, and what its author wrote there.

    Attributes:
        cell: as it was when the line was written: nothing stands below the line yet.
        offset: of the cursor; `truth` is the rest of the line.
        kind: "inside" a line, a "new" line, or the first line of a cell that is "empty".
    """

    name: str
    notebook: Notebook
    cell: Cell
    offset: int
    truth: str
    kind: str

    @property
    def place(self) -> Place:
        return Place(self.cell.source, self.offset)


def lines(data: Path, count: int) -> list[Line]:
    """`count` lines with the smallest hashes, in the order of their notebooks."""
    every = [(_hash(line), order, line) for order, line in enumerate(_candidates(data))]
    every.sort(key=lambda entry: entry[0])
    taken: dict[str, int] = {}
    chosen = []
    for _, order, line in every:
        if taken.setdefault(line.name, 0) < _MOST_PER_NOTEBOOK and len(chosen) < count:
            taken[line.name] += 1
            chosen.append((order, line))
    return [line for _, line in sorted(chosen, key=lambda entry: entry[0])]


def _hash(line: Line) -> str:
    place = f"{line.name}\0{line.cell.index}\0{line.cell.source}\0{line.truth}"
    return hashlib.sha256(place.encode()).hexdigest()


def _candidates(data: Path) -> Iterator[Line]:
    for name, notebook in notebooks(data):
        for cell in notebook.cells:
            if cell.kind == "code" and _is_plain_python(cell.source):
                yield from _lines_of(name, notebook, cell)


def notebooks(data: Path) -> Iterator[tuple[str, Notebook]]:
    """The sessions' sheets, and the notebooks in Python that hold more than a few lines."""
    for sheet in sorted((data / "sessions" / "exercise").glob("*.py")):
        cells = [Cell(f"c{n}", n, "code", cell.source) for n, cell in enumerate(cells_of(sheet))]
        yield sheet.name, Notebook(tuple(cells))
    seen: set[str] = set()
    for path in sorted((data / "notebooks").rglob("*.ipynb")):
        try:
            notebook = notebook_from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError):
            continue
        text = "\n".join(cell.source for cell in notebook.cells if cell.kind == "code")
        if notebook.language == "python" and len(text) > 400 and text not in seen:
            seen.add(text)
            yield str(path.relative_to(data)), notebook


def _lines_of(name: str, notebook: Notebook, cell: Cell) -> Iterator[Line]:
    start = 0
    for text in cell.source.split("\n"):
        end = start + len(text)
        if _SHORTEST <= len(text.strip()) <= _LONGEST:
            line = _cut(name, notebook, cell, start, end)
            if line is not None:
                yield line
        start = end + 1


def _cut(name: str, notebook: Notebook, cell: Cell, start: int, end: int) -> Line | None:
    """The line with the cursor somewhere in it; None where it is no code."""
    text = cell.source[start:end]
    indent = len(text) - len(text.lstrip())
    number = int(hashlib.sha256(f"{name}\0{cell.index}\0{start}".encode()).hexdigest()[:8], 16)
    column = indent if number % 2 else indent + 1 + number // 2 % (len(text) - indent - 2)
    # As it is typed from top to bottom.
    known = Cell(cell.id, cell.index, "code", cell.source[: start + column])
    place = Place(known.source, start + column)
    whole = Place(cell.source[:end], end)
    if place.standing is not Standing.CODE or whole.standing is not Standing.CODE:
        return None
    if text.lstrip().startswith(("#", "%", "!", ")", "]", "}")):
        return None
    kind = "inside" if column > indent else "new" if cell.source[:start].strip() else "empty"
    earlier = Notebook((*notebook.cells[: cell.index], known), notebook.language)
    return Line(name, earlier, known, start + column, text[column:].rstrip(), kind)


def _is_plain_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return bool(source.strip())
