"""Cells of recorded notebooks and sessions, as people write them; which of them may be asked about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jupyter_devstral.core.errors import NotebookError
from jupyter_devstral.core.notebook.cells import Notebook
from jupyter_devstral.core.notebook.file import notebook_from_json, read_notebook_json

# Told in another way than the rules tell it: what runs, frames or loads something where it is shown.
_ACTIVE = (
    re.compile(r"\A\s*%%(?:javascript|js)\b"),
    re.compile(r"(?:%%html|\bHTML\(|_repr_html_)[\s\S]*<script\b"),
    re.compile(r"\b(?:IFrame|Image)\(\s*(?:url=)?[\"']https?:"),
)
_SHOWS = re.compile(
    r"!\[[^\]]*\]\(\s*https?:|<img\b[^>]*\bsrc=[\"']?https?:|<(?:iframe|script|style|form|input|button|video|audio)\b",
    re.IGNORECASE,
)


def ordinary_cells(shared: Path) -> Iterator[str]:
    """Sources of the Python cells of all notebooks and sessions, repeated ones once."""
    yield from dict.fromkeys(_all_cells(shared))


def ordinary_texts(shared: Path) -> Iterator[str]:
    """Sources of the Markdown cells of all notebooks, repeated ones once."""
    yield from dict.fromkeys(
        cell.source
        for notebook in _notebooks(shared)
        for cell in notebook.cells
        if cell.kind == "markdown" and cell.source
    )


def is_rightly_asked(source: str) -> bool:
    """Whether a cell shows what has to be asked about."""
    return any(pattern.search(source) for pattern in _ACTIVE)


def shows_from_an_address(text: str) -> bool:
    """Whether a text shows a picture or frame from an address in the ordinary way of writing it."""
    return bool(_SHOWS.search(text))


def _notebooks(shared: Path) -> Iterator[Notebook]:
    for path in sorted((shared / "notebooks").rglob("*.ipynb")):
        with suppress(NotebookError):
            yield notebook_from_json(read_notebook_json(path.read_bytes()))


def _all_cells(shared: Path) -> Iterator[str]:
    for notebook in _notebooks(shared):
        if notebook.language == "python":
            yield from (cell.source for cell in notebook.cells if cell.kind == "code" and cell.source)
    for path in sorted((shared / "sessions").rglob("*.py")):
        yield from re.split(r"^# %%$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
