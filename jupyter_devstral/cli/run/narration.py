"""The output of `run` while it works: what each cell asks, the streaming reply, inserted cells.

Text goes to standard output, a progress bar to standard error when that is a terminal. What a model or a cell
wrote is shown without terminal control sequences.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...core.notebook.cells import STATUS_KEY
from ...core.text.terminal_text import as_shown
from ...session.model_choice import described
from ..standard_output import forget_reader
from .executable_notebook import cells_text, inserted_by

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ...core.request.command import Command
    from ...core.settings.config import DevstralConfig

_MOST_LINES = 30
_WIDTH = 100


class Narration:
    """A report on one notebook as it runs; `close` removes the progress bar."""

    def __init__(self, notebook: NotebookNode) -> None:
        self._to_do = sum(1 for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())
        self._done = 0
        self._bar = self._progress_bar() if sys.stderr.isatty() else None
        self._answer: _Answer | None = None

    def begin(self, name: str, settings: DevstralConfig, *, executes: bool, route: str = "local") -> None:
        """Say what is about to happen, and that it was consented to. Called before anything is executed."""
        if executes:
            self._line(
                "`run` executes the notebook and the code that the model writes for it: that is your consent."
            )
        else:
            self._line("`run` executes the notebook; what the model writes is inserted, not executed.")
        self._line(f"Notebook: {name}, {self._to_do} code cells. Model: {described(settings, route)}.")

    def note(self, text: str) -> None:
        """Say a sentence about the notebook."""
        self._line(f"  ({text})")

    def cell_begins(self, index: int, cell: NotebookNode, command: Command | None) -> None:
        """Announce a cell; `command` is what it asks the model, None for ordinary code."""
        self._done += 1
        where = f"\n[{self._done}/{self._to_do}] cell #{index + 1}"
        if command is None:
            author = " (written by the model)" if inserted_by(cell) else ""
            self._line(f"{where}{author}: {_first_line(cell.source)}")
        else:
            asked = " ".join(command.text.split()) or _first_line(cell.source)
            self._line(f"{where} asks ({command.word}): {_shown(asked)}")
            self._answer = _Answer(self)

    def display(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Show a display of the running cell, new or updated. A growing answer is such a display."""
        if self._answer is not None:
            self._answer.update(data, metadata)

    def cell_ends(self, cell: NotebookNode) -> None:
        """Report what the finished cell has shown."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()
        for output in cell.get("outputs", ()):
            text = _text_of(output)
            if text and not (answer and output.output_type == "display_data"):
                self._quote(text)
        if self._bar is not None:
            self._bar.update(1)

    def inserted(self, index: int, cells: Sequence[NotebookNode], *, executed: bool) -> None:
        """Say that new cells stand below cell `index`."""
        if not cells:
            self._line("    = nothing to insert")
            return
        if executed:
            self._to_do += sum(1 for cell in cells if cell.cell_type == "code")
        places = f"cell #{index + 2}" if len(cells) == 1 else f"cells #{index + 2}–#{index + 1 + len(cells)}"
        self._line(f"    + inserted {places}" + ("" if executed else ", not executed"))
        if self._bar is not None:
            self._bar.total = self._to_do
            self._bar.refresh()

    def end(self, notebook: NotebookNode, *, failed: int, written: Sequence[str]) -> None:
        """Report the counts after the last cell, and where the result is."""
        by_model = sum(1 for cell in notebook.cells if inserted_by(cell))
        self._line(
            f"\n{cells_text(self._done)} executed, {by_model} written by the model, {failed} failed. "
            f"Written: {', '.join(written)}"
        )

    def close(self) -> None:
        """Remove the progress bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def write(self, text: str) -> None:
        """Write part of a line; the bar makes room until the next whole line."""
        if self._bar is not None:
            self._bar.clear()
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            # The notebook is the purpose of the run: it is finished even when nobody reads along any more.
            forget_reader()

    def status(self, text: str) -> None:
        """Show the current wait, beside the bar where there is one, else on a line of its own."""
        if self._bar is not None:
            self._bar.set_description_str(text)
        elif text:
            self._line(f"    … {text}")

    def _line(self, text: str) -> None:
        self.write(f"{text}\n")
        if self._bar is not None:
            self._bar.refresh()

    def _quote(self, text: str) -> None:
        lines = text.rstrip().splitlines()
        shown = lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 5], "…", *lines[-4:]]
        for line in shown:
            self._line(f"    | {line}")
        if len(lines) > _MOST_LINES:
            self._line(f"    | ({len(lines)} lines)")

    def _progress_bar(self) -> Any:
        from tqdm import tqdm

        return tqdm(total=self._to_do, unit="cell", file=sys.stderr, dynamic_ncols=True, leave=False)


class _Answer:
    """One answer whose display is updated. Only new text is written."""

    def __init__(self, narration: Narration) -> None:
        self._narration = narration
        self._written = ""
        self._status = ""

    def update(self, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Write what an update of the display adds."""
        text = _joined(data.get("text/plain", ""))
        status = metadata.get(STATUS_KEY)
        if status and not self._written:
            self._wait(str(status))
        elif text and not status:
            self._write(as_shown(text))

    def close(self) -> None:
        """End the line of the answer."""
        if self._written and not self._written.endswith("\n"):
            self._narration.write("\n")
        self._narration.status("")

    def _wait(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._narration.status(_shown(status))

    def _write(self, text: str) -> None:
        """Write the text behind what stands there already; of a changed text, its changed end."""
        known = len(os.path.commonprefix([self._written, text]))  # noqa: RUF071 - text, not paths
        tail = text[known:]
        if not tail:
            return
        start = "" if self._written else "    "
        self._narration.write(start + tail.replace("\n", "\n    "))
        self._written = text


def _text_of(output: NotebookNode) -> str:
    """The text of an output."""
    if output.output_type == "stream":
        return as_shown(_joined(output.text))
    if output.output_type == "error":
        from ...core.text.traceback_text import clean_traceback

        return clean_traceback("\n".join(output.traceback)) or f"{output.ename}: {output.evalue}"
    data = output.get("data", {})
    images = [f"[{mime}]" for mime in data if mime.startswith("image/")]
    return as_shown(_joined(data.get("text/plain", ""))) + (" " + " ".join(images) if images else "")


def _joined(text: object) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _first_line(source: str) -> str:
    lines = source.strip().splitlines()
    return _shown(lines[0]) + (f"  (+{len(lines) - 1} lines)" if len(lines) > 1 else "")


def _shown(text: str) -> str:
    text = as_shown(text)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
