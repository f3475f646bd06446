"""Notebook files as values: nbformat 2, 3 and 4.x JSON, as found in the wild, becomes a `Notebook`.

Deliberately does not validate: a file that Jupyter would reject is still read as far as it makes sense.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..errors import NotebookError
from .cells import REPLY_MIME, Cell, Notebook, Output, OutputKind, Turn

# The key of a v2/v3 output -> the MIME type that v4 stores it under (nbformat/v4/convert.py).
OLD_KEYS = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
}
KINDS: dict[str, OutputKind] = {
    "stream": "stream",
    "execute_result": "result",
    "pyout": "result",
    "display_data": "display",
    "update_display_data": "display",
    "error": "error",
    "pyerr": "error",
}
# Kernel names that do not begin with the name of their language.
KERNELS = {
    "ir": "r",
    "xr": "r",
    "xpython": "python",
    "ipython": "python",
    "python3": "python",
    "conda": "python",
}


def read_notebook_json(text: str | bytes) -> dict[str, Any]:
    """The JSON object of a notebook file. Raises NotebookError, one line long, when it is not one."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        data = json.loads(decoded)
    except UnicodeDecodeError:
        raise NotebookError(
            "This is not a notebook: it is not UTF-8 text. Give the path of an .ipynb file."
        ) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise NotebookError(
            f"This is not a notebook: it is not JSON ({where}). Give the path of an .ipynb file."
        ) from None
    except (ValueError, RecursionError):
        raise NotebookError(
            "This is not a notebook: its JSON cannot be read. Give the path of an .ipynb file."
        ) from None
    if not isinstance(data, dict) or not _looks_like_a_notebook(data):
        raise NotebookError(
            "This is JSON, but not a notebook: it has no list of cells. Give the path of an .ipynb file."
        )
    return data


def raw_cells(data: dict[str, Any]) -> list[Any]:
    """The cells as stored, in document order over all worksheets (v2, v3) or as listed (v4)."""
    if isinstance(data.get("cells"), list):
        return list(data["cells"])
    found: list[Any] = []
    for sheet in _list(data.get("worksheets")):
        found.extend(_list(_dict(sheet).get("cells")))
    return found


def notebook_from_json(data: dict[str, Any]) -> Notebook:
    """A `Notebook` from the JSON object of a file; never raises, whatever the cells hold."""
    major = data.get("nbformat")
    old = isinstance(major, int) and major < 4
    stored = raw_cells(data)
    cells = tuple(_cell(index, _dict(raw), old) for index, raw in enumerate(stored))
    return Notebook(cells=cells, language=_language(data, stored))


def find_cell(notebook: Notebook, id_or_index: str) -> Cell:
    """The cell with this id, else at this 0-based index, else the one that is called so on the screen
    (`[3]`, `#5`). Raises NotebookError for none or several.
    """
    wanted = id_or_index.strip()
    found = [cell for cell in notebook.cells if wanted and cell.key == wanted]
    if len(found) > 1:
        places = ", ".join(f"#{cell.index + 1}" for cell in found)
        raise NotebookError(f"Several cells have the id {wanted!r}: give one of the places {places} instead.")
    if found:
        return found[0]
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and int(wanted) < len(notebook.cells):
        return notebook.cells[int(wanted)]
    seen = [cell for cell in notebook.cells if wanted in (cell.sign, f"#{cell.index + 1}")]
    if len(seen) == 1:
        return seen[0]
    if not notebook.cells:
        raise NotebookError(f"There is no cell {wanted!r}: the notebook is empty.")
    last = len(notebook.cells)
    raise NotebookError(
        f"There is no cell {wanted!r}: give a cell's id, [3] where it ran, or its place, #1 to #{last}."
    )


def _looks_like_a_notebook(data: dict[str, Any]) -> bool:
    if "cells" in data:
        return isinstance(data["cells"], list)
    return isinstance(data.get("worksheets"), list) or isinstance(data.get("nbformat"), int)


def _cell(index: int, raw: dict[str, Any], old: bool) -> Cell:
    id = raw.get("id")
    kind = raw.get("cell_type")
    source = _text(raw["source"] if "source" in raw else raw.get("input"), old)
    if kind == "heading":
        level = raw.get("level")
        kind, source = (
            "markdown",
            "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + " " + source,
        )
    outputs = [_dict(output) for output in _list(raw.get("outputs"))] if kind == "code" else []
    foreign = [output for output in outputs if REPLY_MIME not in _dict(output.get("data"))]
    return Cell(
        id=id if isinstance(id, str) else "",
        index=index,
        kind=kind if kind in ("code", "markdown") else "raw",
        source=source,
        outputs=tuple(_output(shown, output, old) for output in foreign if (shown := _kind(output))),
        turn=next((turn for turn in map(_turn, outputs) if turn), None),
        count=_count(raw.get("prompt_number" if old else "execution_count")) if kind == "code" else 0,
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _kind(output: dict[str, Any]) -> OutputKind | None:
    kind = output.get("output_type")
    return KINDS.get(kind) if isinstance(kind, str) else None


def _output(kind: OutputKind, raw: dict[str, Any], old: bool) -> Output:
    if kind == "stream":
        return Output(kind, _text(raw.get("text"), old))
    if kind == "error":
        frames = "\n".join(line for line in _list(raw.get("traceback")) if isinstance(line, str))
        return Output(kind, frames, ename=_text(raw.get("ename"), old), evalue=_text(raw.get("evalue"), old))
    data = raw.get("data")
    if not isinstance(data, dict):
        data = {mime: raw[key] for key, mime in OLD_KEYS.items() if key in raw}
    text = next((data[mime] for mime in ("text/plain", "text/markdown", "text/latex") if mime in data), "")
    return Output(kind, _text(text, old), mime=_richest(data))


def _richest(mimes: Iterable[str]) -> str:
    """The MIME type a notebook front-end would show, in the order that matters to a reader of text."""
    present = [mime for mime in mimes if isinstance(mime, str)]
    for prefix in ("text/html", "image/", "application/", "text/markdown", "text/latex"):
        for mime in present:
            if mime.startswith(prefix):
                return mime
    return "text/plain"


def _turn(output: dict[str, Any]) -> Turn | None:
    bundle = _dict(_dict(output.get("data")).get(REPLY_MIME))
    stored = _dict(bundle.get("turn"))
    user_text, reply = stored.get("user_text"), bundle.get("reply")
    if isinstance(user_text, str) and isinstance(reply, str) and reply.strip():
        return Turn(user_text, reply, described_in(stored.get("described")))
    return None


def described_in(data: object) -> tuple[tuple[str, str], ...]:
    """Read what a stored turn has told of variables; what is of a foreign shape reads as nothing."""
    entries = [entry for entry in data if isinstance(entry, (list, tuple))] if isinstance(data, list) else []
    pairs = [tuple(entry) for entry in entries if len(entry) == 2]
    return tuple((name, text) for name, text in pairs if isinstance(name, str) and isinstance(text, str))


def _language(data: dict[str, Any], cells: list[Any]) -> str:
    metadata = _dict(data.get("metadata"))
    kernel, info = _dict(metadata.get("kernelspec")), _dict(metadata.get("language_info"))
    of_cells = (_dict(cell).get("language") for cell in cells)
    for named in (kernel.get("language"), info.get("name"), *of_cells):
        if isinstance(named, str) and named.strip():
            return _plain_language(named)
    name = kernel.get("name")
    return _plain_language(name) if isinstance(name, str) and name.strip() else "python"


def _plain_language(name: str) -> str:
    lower = name.strip().lower()
    if lower in KERNELS or lower.startswith(("python", "conda-env")):
        return KERNELS.get(lower, "python")
    return lower.split("-")[0] if lower.startswith("julia") else lower


def _text(value: Any, old: bool) -> str:
    """The text of a multi-line string, stored as one string or a list of lines.

    Version 2 and some v3 writers left out the newlines.
    """
    if isinstance(value, str):
        return value
    lines = [line for line in _list(value) if isinstance(line, str)]
    bare = old and not any(line.endswith("\n") for line in lines[:-1])
    return ("\n" if bare else "").join(lines)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
