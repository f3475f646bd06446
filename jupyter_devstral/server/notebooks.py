"""The cells that pages have sent, so that of a large notebook only what changed travels with each step."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ..core.errors import UsageError

# Pages that are open at once, and versions of which one may still be on its way.
_PAGES, _VERSIONS = 20, 4


def notebook_key(root: str, path: str) -> str:
    """A name for what is kept about a notebook of the server with this root, 64 hexadecimal digits.

    A path of the user's stands in no file name: any characters, any length, and no way out of the folder.
    """
    return hashlib.sha256(f"{root}\0{path.strip('/')}".encode()).hexdigest()


class UnknownCells(UsageError):
    """The request is a change of cells that are not known here: all of them must be sent."""


class SentNotebooks:
    """The last cells of every page, by the name that the page gave itself; for any thread."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, OrderedDict[int, list[Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def filled(self, body: Any) -> Any:
        """The body of a question with all of its cells.

        `body["sent"]` is `{"page", "version", "base"}`: where there is a base, `body["cells"]` is a change of
        the cells of that version, a list of cells and of ranges `[from, to)` of the cells before. Raises
        UnknownCells where the base is not known (any more).
        """
        sent = body.get("sent") if isinstance(body, Mapping) else None
        if not isinstance(sent, Mapping) or not isinstance(body.get("cells"), list):
            return body
        page, version, base = sent.get("page"), sent.get("version"), sent.get("base")
        if not isinstance(page, str) or not isinstance(version, int):
            return body
        with self._lock:
            versions = self._pages.setdefault(page, OrderedDict())
            self._pages.move_to_end(page)
            cells = body["cells"] if base is None else _patched(versions.get(base), body["cells"])
            versions[version] = cells
            _forget(versions, _VERSIONS)
            _forget(self._pages, _PAGES)
        return {**body, "cells": cells}


def _patched(before: list[Any] | None, patch: list[Any]) -> list[Any]:
    if before is None:
        raise UnknownCells("These cells are a change of others that are not known here.")
    cells: list[Any] = []
    for entry in patch:
        if isinstance(entry, list):
            if len(entry) != 2 or not all(isinstance(at, int) for at in entry):
                raise UsageError("A range of cells has a beginning and an end.")
            start, end = entry
            if not 0 <= start <= end <= len(before):
                raise UsageError("A range of cells lies outside of the notebook.")
            cells += before[start:end]
        else:
            cells.append(entry)
    return cells


def _forget(entries: OrderedDict[Any, Any], most: int) -> None:
    while len(entries) > most:
        entries.popitem(last=False)
