"""A cursor as the browser sends it with a key, the other cells by a hash; and those cells, sent once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.completion.place import Standing
from ...core.errors import UsageError
from ..question import PROTOCOL


@dataclass(frozen=True)
class Keystroke:
    """One question at a cursor.

    Attributes:
        source: the cell's text, or (`is_cut`) the part of it around the cursor.
        offset: code points of `source` before the cursor.
        others: what the browser calls the other cells, "" where there are none.
        told: what the editor's own syntax says of the cursor's place.
        ran: id of the cell that ran last, and how many have run: variables are asked for when that changes.
    """

    path: str
    kernel_id: str
    language: str
    cell: str
    source: str
    offset: int
    others: str
    is_cut: bool = False
    told: Standing | None = None
    by_hand: bool = False
    ran: str = ""
    runs: int = 0
    model: str = ""


@dataclass(frozen=True)
class Push:
    """The cells of a notebook as nbformat JSON, and what the browser calls all but the current one."""

    path: str
    language: str
    others: str
    cells: list[Any]


def read_keystroke(data: Any) -> Keystroke:
    """Raises UsageError for what is no keystroke of this protocol."""
    data = _of_this_protocol(data)
    source, offset = _text(data.get("source")), data.get("offset")
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset <= len(source):
        raise UsageError("The cursor is not in the cell.")
    place, is_cut = data.get("place"), bool(data.get("is_cut"))
    language = _language(data)
    return Keystroke(
        path=_text(data.get("path")),
        kernel_id=_text(data.get("kernel_id")),
        language=language,
        cell=_text(data.get("cell")),
        source=source,
        offset=offset,
        others=_text(data.get("others")),
        is_cut=is_cut,
        # Of a whole cell of Python we know ourselves.
        told=_standing(place) if is_cut or language != "python" else None,
        by_hand=bool(data.get("by_hand")),
        ran=_text(data.get("ran")),
        runs=data["runs"] if isinstance(data.get("runs"), int) else 0,
        model=_text(data.get("model")),
    )


def read_push(data: Any) -> Push:
    """Raises UsageError for what is no push of this protocol."""
    data = _of_this_protocol(data)
    cells, others = data.get("cells"), _text(data.get("others"))
    if not isinstance(cells, list) or not others:
        raise UsageError("A push of cells has cells, and a name for them.")
    return Push(_text(data.get("path")), _language(data), others, cells)


def _of_this_protocol(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, Mapping) or data.get("protocol") != PROTOCOL:
        raise UsageError(
            "JupyterLab's half and the server's half of jupyter-devstral are of different versions: "
            "reload the page, or install both again."
        )
    return data


def _language(data: Mapping[str, Any]) -> str:
    return (_text(data.get("language")) or "python").lower()


def _standing(place: Any) -> Standing | None:
    return Standing(place) if place in ("code", "comment", "string") else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
