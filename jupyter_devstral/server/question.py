"""What the browser asks, read from its JSON into a `Request`: every field checked, none trusted.

Knows no HTTP and no kernel: variables and files are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError
from ..core.notebook.cells import Cell, Notebook, Turn
from ..core.notebook.file import described_in, notebook_from_json
from ..core.notebook.scope import SCOPES
from ..core.request.tasks import Attachment, Request, Task

if TYPE_CHECKING:
    from ..core.variables.namespace import Variable

PROTOCOL = 1
_IMAGES = frozenset({"image/png", "image/jpeg"})
_MOST_IMAGES = 4


@dataclass(frozen=True)
class Question:
    """One message of the browser. `path` is the notebook's, "" for none; the rest is the protocol's.

    Attributes:
        selected: keys of several cells that it is about.
        strengthens: key of the proof whose survivors new tests are for; "" for an ordinary question.
        partial: the beginning of its answer, when that was cut off and is to go on; else "".
        definitions: sources of what is asked about that no cell shows.
        route: a name of the configuration's; "local" for the configured engine.
    """

    task: Task
    text: str
    path: str
    kernel_id: str
    model: str | None
    notebook: Notebook
    target: Cell | None
    selection: str
    variables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    excluded: frozenset[str] = field(default_factory=frozenset)
    strengthens: str = ""
    selected: tuple[str, ...] = ()
    partial: str = ""
    definitions: tuple[Attachment, ...] = ()
    route: str = "local"

    @property
    def is_python(self) -> bool:
        """Whether the kernel can be asked about its variables."""
        return self.notebook.language == "python"

    def request(
        self,
        variables: Sequence[Variable],
        attachments: Sequence[Attachment],
        *,
        with_images: bool,
        scope: str = SCOPES[0],
    ) -> Request:
        """The core's request; pieces that the user took out are not in it."""
        selected = [Attachment("selection", "", self.selection)] if self._wants("selection") else []
        return Request(
            task=self.task,
            question=self.text,
            notebook=self.notebook,
            target=self.target,
            variables=tuple(each for each in variables if f"variable:{each.name}" not in self.excluded),
            attached=tuple(name for name in self.variables if f"variable:{name}" not in self.excluded),
            attachments=(
                *(each for each in attachments if f"file:{each.name}" not in self.excluded),
                *self.definitions,
                *selected,
            ),
            images=self.images if with_images else (),
            selected=self.selected,
            scope=scope,
        )

    def _wants(self, key: str) -> bool:
        return bool(self.selection.strip()) and key not in self.excluded


def read_question(data: Any) -> Question:
    """Raises `UsageError` for what is no question of this protocol."""
    if not isinstance(data, Mapping) or data.get("protocol") != PROTOCOL:
        raise UsageError(
            "JupyterLab's half and the server's half of jupyter-devstral are of different versions: "
            "reload the page, or install both again."
        )
    try:
        task = Task(data.get("task"))
    except ValueError:
        raise UsageError(f"There is no task {data.get('task')!r}.") from None
    excluded = frozenset(_texts(data.get("exclude")))
    notebook = _notebook(data, excluded)
    target = next((cell for cell in notebook.cells if cell.key == data.get("target") and cell.key), None)
    if target is None and task.facts.about == "cell" and not task.inserts:
        raise UsageError("Select the cell that this is about.")
    text = _text(data.get("question"))
    if not text.strip() and task.facts.needs_words:
        raise UsageError("There is no question.")
    return Question(
        task=task,
        text=text,
        path=_text(data.get("path")),
        kernel_id=_text(data.get("kernel_id")),
        model=_text(data.get("model")) or None,
        notebook=notebook,
        target=target,
        selection=_text(data.get("selection")),
        variables=tuple(_texts(data.get("variables"))),
        files=tuple(path for path in _texts(data.get("files")) if f"file:{path}" not in excluded),
        images=_images(data.get("images"), excluded),
        excluded=excluded,
        strengthens=_text(data.get("strengthens")),
        # A cell that was taken out is not asked about.
        selected=tuple(key for key in _texts(data.get("selected")) if f"cell:{key}" not in excluded),
        partial=_text(data.get("partial")),
        route=_text(data.get("route")) or "local",
    )


def _notebook(data: Mapping[str, Any], excluded: frozenset[str]) -> Notebook:
    language = _text(data.get("language")) or "python"
    cells = data.get("cells")
    stored = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": language}},
        "cells": cells if isinstance(cells, list) else [],
    }
    notebook = notebook_from_json(stored)
    kept = tuple(without(cell, excluded) for cell in notebook.cells)
    return Notebook(_with_chat(kept, data.get("turns")), notebook.language)


def without(cell: Cell, excluded: frozenset[str]) -> Cell:
    """Take out of a cell what may not be sent; it keeps its place, by which others are counted."""
    if excluded & {f"{kind}:{cell.key}" for kind in ("cell", "below", "definition")}:
        return replace(cell, source="", outputs=(), turn=None)
    if f"error:{cell.key}" in excluded:
        return replace(cell, outputs=tuple(output for output in cell.outputs if output.kind != "error"))
    return cell


def _with_chat(cells: tuple[Cell, ...], data: Any) -> tuple[Cell, ...]:
    """The conversation, behind the cells that were the last ones when it was held."""
    held: dict[int, list[Turn]] = {}
    index_of = {cell.key: cell.index for cell in cells}
    latest = 0
    for entry in data if isinstance(data, list) else ():
        said = entry if isinstance(entry, Mapping) else {}
        described = described_in(said.get("described"))
        turn = Turn(_text(said.get("user_text")), _text(said.get("reply")), described)
        if not turn.user_text.strip() or not turn.reply.strip():
            continue
        # In the order in which it was said, also where cells have been moved or deleted since.
        latest = max(latest, index_of.get(_text(said.get("after")), len(cells) - 1))
        held.setdefault(latest, []).append(turn)
    if held and not cells:
        cells = (Cell("", 0, "markdown", ""),)
    return tuple(
        replace(cell, chat=tuple(held[cell.index])) if cell.index in held else cell for cell in cells
    )


def _images(data: Any, excluded: frozenset[str]) -> tuple[str, ...]:
    found = []
    for number, entry in enumerate(data if isinstance(data, list) else ()):
        image = entry if isinstance(entry, Mapping) else {}
        if image.get("mime") in _IMAGES and f"image:{number}" not in excluded:
            found.append(_text(image.get("data")))
    return tuple(text for text in found if text)[:_MOST_IMAGES]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
