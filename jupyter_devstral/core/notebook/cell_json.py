"""Cells as nbformat JSON of a file's own version: made, rewritten and put in place; all else untouched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class CellFormat:
    """The way the cells of one file are written.

    Attributes:
        major: nbformat's major version; 4 where the file does not say.
        has_ids: cells carry ids (4.5 and later).
        as_lines: sources are lists of lines, not strings.
        language: the language of v2 and v3 code cells.
        ids: the ids in use.
    """

    major: int
    has_ids: bool
    as_lines: bool
    language: str = "python"
    ids: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, notebook: Mapping[str, Any], cells: Sequence[Any]) -> CellFormat:
        """The format of a file, from its version and from the look of its own cells."""
        dicts = [cell for cell in cells if isinstance(cell, dict)]
        major, minor = notebook.get("nbformat"), notebook.get("nbformat_minor")
        ids = {cell["id"] for cell in dicts if isinstance(cell.get("id"), str)}
        if not isinstance(major, int):
            major = 4
        has_ids = major >= 4 and (minor >= 5 if isinstance(minor, int) else bool(ids))
        sources = [source for source in map(_stored_source, dicts) if source]
        strings = sum(isinstance(source, str) for source in sources)
        languages = [cell["language"] for cell in dicts if isinstance(cell.get("language"), str)]
        as_lines = strings * 2 < len(sources) or not sources
        return cls(major, has_ids, as_lines, languages[0] if languages else "python", ids)

    def new_cell(self, kind: str, source: str, near: str) -> dict[str, Any]:
        """A cell that has not run yet. `near`, the id of its anchor, makes its own id reproducible."""
        cell: dict[str, Any] = {"cell_type": kind}
        if self.major >= 3:
            cell["metadata"] = {}
        if kind == "code":
            cell["outputs"] = []
            if self.major >= 4:
                cell["execution_count"] = None
            else:
                cell["collapsed"] = False
                cell["language"] = self.language
        if self.has_ids:
            cell["id"] = self._new_id(near, source)
        cell["input" if kind == "code" and self.major < 4 else "source"] = self._stored(source, self.as_lines)
        return dict(sorted(cell.items()))

    def with_source(self, raw: dict[str, Any], source: str) -> dict[str, Any]:
        """The cell with another source. Id, metadata and attachments stay; the outputs of the old code go."""
        cell = dict(raw)
        if cell.get("cell_type") == "heading":
            # v3 heading cells; `notebook.file` reads them as Markdown.
            cell["cell_type"] = "markdown"
            del cell["level"]
        key = "input" if "input" in cell and "source" not in cell else "source"
        old = cell.get(key)
        cell[key] = self._stored(source, isinstance(old, list) if old else self.as_lines)
        if cell.get("cell_type") == "code":
            cell["outputs"] = []
            if self.major >= 4:
                cell["execution_count"] = None
            else:
                cell.pop("prompt_number", None)
        return cell

    def _stored(self, source: str, as_lines: bool) -> str | list[str]:
        return source.splitlines(keepends=True) if as_lines else source

    def _new_id(self, near: str, source: str) -> str:
        number = 0
        while True:
            id = hashlib.sha256(f"{near}\n{number}\n{source}".encode("utf-8", "surrogatepass")).hexdigest()[
                :8
            ]
            if id not in self.ids:
                self.ids.add(id)
                return id
            number += 1


def rebuilt(
    notebook: dict[str, Any], instead: Mapping[int, list[Any]], added: Mapping[int, list[Any]]
) -> dict[str, Any]:
    """A copy of the notebook: cell `i` becomes `instead[i]`, `added[i]` follows it (-1: comes first)."""
    if isinstance(notebook.get("cells"), list) or not isinstance(notebook.get("worksheets"), list):
        major = notebook.get("nbformat")
        cells = _edited(notebook.get("cells") or [], 0, instead, added)
        if isinstance(major, int) and major < 4 and "cells" not in notebook:
            return {**notebook, "worksheets": [{"cells": cells, "metadata": {}}]}
        return {**notebook, "cells": cells}
    sheets: list[Any] = []
    first = 0
    for sheet in notebook["worksheets"]:
        if not isinstance(sheet, dict) or not isinstance(sheet.get("cells"), list):
            sheets.append(sheet)
            continue
        # Only the first sheet has a place before its first cell.
        here = added if first or not sheets else {key: cells for key, cells in added.items() if key >= 0}
        sheets.append({**sheet, "cells": _edited(sheet["cells"], first, instead, here)})
        first += len(sheet["cells"])
    return {**notebook, "worksheets": sheets}


def _edited(
    cells: Sequence[Any], first: int, instead: Mapping[int, list[Any]], added: Mapping[int, list[Any]]
) -> list[Any]:
    result = list(added.get(-1, ())) if first == 0 else []
    for index, cell in enumerate(cells, first):
        result += instead.get(index, [cell])
        result += added.get(index, ())
    return result


def _stored_source(cell: Mapping[str, Any]) -> Any:
    return cell.get("source", cell.get("input"))
