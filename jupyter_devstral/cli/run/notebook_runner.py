"""Execution of a notebook with nbclient, which also inserts and runs the cells that the model writes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from ...core.errors import DevstralError, UsageError
from ...core.notebook.own_cells import loads_extension, mentions_magic
from ...core.request.command import Command
from ...core.request.command_in_cell import command_of
from ...core.settings.config import EXPLAIN_PLACE, FOLDER, ROUTE
from ...core.settings.policy import LOCAL
from ...core.text.terminal_text import as_shown
from ...kernel.expressions import setup_code
from .executable_notebook import fresh_id, inserted_by
from .kernel_choice import private
from .narration import Narration
from .stored_answers import failed_tests, proposed_edits

TIMED_OUT = "CellTimeout"
_EXPECTED = "raises-exception"


class _Stopped(Exception):
    """The end of the loop over the cells after a signal."""


@dataclass(frozen=True)
class Failure:
    """A cell that failed; `index` is its place in the notebook that is written."""

    index: int
    cell: NotebookNode
    ename: str
    evalue: str

    def __str__(self) -> str:
        author = f", inserted for cell {inserted_by(self.cell)}" if inserted_by(self.cell) else ""
        first = self.cell.source.strip().splitlines()[0]
        # One line, whatever text the cell put into its error.
        said = " ".join(as_shown(f"{self.ename}: {self.evalue} | {first}").split())
        return f"cell #{self.index + 1} (id {self.cell['id']}{author}) failed: {said}"


class NotebookRunner(NotebookClient):  # type: ignore[misc, unused-ignore]
    """One execution of one notebook; `nb` holds what ran, however it ended.

    Attributes:
        failures: the cells that failed although nobody expected them to (tag `raises-exception`).
        stopped_by: the signal that ended the run early (SIGINT, SIGTERM), or 0.
        began: whether any cell was reached.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        *,
        narration: Narration,
        given: dict[str, Any],
        execute_inserted: bool = True,
        explain: bool = False,
        route: str = LOCAL,
        **traits: Any,
    ) -> None:
        timeout = traits.get("timeout")
        super().__init__(notebook, **traits)
        self.narration = narration
        self.given = given
        self.execute_inserted = execute_inserted
        self.explain = explain
        self.route = route
        self.failures: list[Failure] = []
        self.stopped_by = 0
        self.began = False
        self._only_shown: set[str] = set()
        self._main: asyncio.Task[Any] | None = None
        self._session_file = Path()
        self._running: tuple[int, NotebookNode] | None = None
        if timeout:
            # The cell is interrupted, so that its outputs show where it was, and counts as failed.
            self.interrupt_on_timeout = True
            self.error_on_timeout = {
                "ename": TIMED_OUT,
                "evalue": f"still running after {timeout} s (--timeout)",
                "traceback": [],
            }
        self.on_cell_error = self._note_failure

    async def run(self) -> None:
        """Execute all cells. Raises DevstralError, in words, when the kernel and not a cell ended the run."""
        self._main = asyncio.current_task()
        with tempfile.TemporaryDirectory(prefix="devstral-") as folder:
            self._session_file = Path(folder) / "notebook.ipynb"
            try:
                await self.async_execute(env={**os.environ, **self._told_to_the_kernel()})
            except (CellExecutionError, _Stopped):
                pass
            except asyncio.CancelledError:
                if not self.stopped_by:
                    raise
            except DeadKernelError:
                if not self.stopped_by:
                    raise DevstralError(f"the kernel died in {self._where()}.") from None
            except RuntimeError as error:
                if not self.stopped_by:
                    raise DevstralError(f"the kernel {self.kernel_name} does not work: {error}") from None

    def _told_to_the_kernel(self) -> dict[str, str]:
        return {
            # Jupyter's own front-ends name the notebook here.
            "JPY_SESSION_NAME": str(self._session_file),
            # Nobody would see what a thread shows after the cell has ended.
            EXPLAIN_PLACE: "here" if self.explain else "nowhere",
            ROUTE: self.route,
            FOLDER: str(self.resources["metadata"]["path"]),
        }

    def create_kernel_manager(self) -> Any:
        """Make the manager of the chosen kernel."""
        return private(super().create_kernel_manager())

    async def async_start_new_kernel_client(self) -> Any:
        """Start the kernel's client, with our own handling of interrupts."""
        # nbclient has just installed its own handlers, which discard the running cell's outputs.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number)
        return await super().async_start_new_kernel_client()

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> NotebookNode:
        """Execute one cell, and insert what it asked for."""
        if not self.began:
            await self._set_up_kernel()
            self.began = True
        if not self._will_run(cell):
            return cell
        command = _command_in(cell)
        if command or self.explain:
            self._session_file.write_text(json.dumps(self.nb), encoding="utf-8")
        # As JupyterLab does: the kernel's side knows which cell of the notebook asks or fails,
        # and whether it is meant to.
        self.kc.session.metadata = {"cellId": cell["id"], "tags": cell.metadata.get("tags", [])}
        self._running = (cell_index, cell)
        self.narration.cell_begins(cell_index, cell, command)
        try:
            await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        except Exception:
            # An interrupted cell fails, too, but the signal is what ended the run.
            if self.stopped_by:
                raise _Stopped from None
            raise
        finally:
            self.narration.cell_ends(cell)
        if self.stopped_by:
            raise _Stopped
        if command:
            self._insert(cell, cell_index, command)
        self._note_failed_tests(cell, cell_index)
        return cell

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Tell the narration what a cell displays, as it arrives."""
        if msg["msg_type"] in ("display_data", "update_display_data"):
            content = msg["content"]
            self.narration.display(content.get("data", {}), content.get("metadata", {}))
        return super().process_message(msg, cell, cell_index)

    def _will_run(self, cell: NotebookNode) -> bool:
        if cell.cell_type != "code" or not cell.source.strip() or cell["id"] in self._only_shown:
            return False
        return self.skip_cells_with_tag not in cell.metadata.get("tags", [])

    async def _set_up_kernel(self) -> None:
        """Send settings and magics to the kernel of a notebook that uses them, nothing to any other."""
        sources = [cell.source for cell in self.nb.cells if cell.cell_type == "code"]
        loads = any(map(loads_extension, sources))
        if not self.explain and not loads and not any(map(mentions_magic, sources)):
            return
        if self.nb.metadata.get("language_info", {}).get("name") != "python":
            return
        reply = await self.async_wait_for_reply(
            self.kc.execute(setup_code(self.given, load=not loads), silent=True, store_history=False)
        )
        content = (
            reply["content"] if reply else {"status": "error", "ename": "TimeoutError", "evalue": "no answer"}
        )
        if content["status"] == "error":
            raise DevstralError(
                f"The magics cannot be loaded in the kernel {self.kernel_name}: {content['ename']}: "
                f"{content['evalue']}. Is jupyter_devstral installed in its Python?"
            )

    def _insert(self, cell: NotebookNode, index: int, command: Command) -> None:
        """Insert new cells below the one that asked. A rewritten cell goes there, too, under its diff."""
        edits = proposed_edits(cell) if command.insert != "none" else []
        if edits and inserted_by(cell):
            self.narration.note(
                "A cell that the model wrote asks the model in its turn: its answer is not inserted."
            )
            return
        new: list[NotebookNode] = []
        for edit in edits:
            make = nbformat.v4.new_markdown_cell if edit.kind == "markdown" else nbformat.v4.new_code_cell
            identity = fresh_id([*self.nb.cells, *new], cell["id"])
            new.append(make(edit.source, id=identity, metadata={"devstral": {"inserted_by": cell["id"]}}))
        # The loop over the cells reaches them next.
        self.nb.cells[index + 1 : index + 1] = new
        if not self.execute_inserted:
            self._only_shown.update(one["id"] for one in new)
        if new or (command.task and command.task.facts.code != "stays"):
            self.narration.inserted(index, new, executed=self.execute_inserted)

    async def _note_failure(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        if self.stopped_by or _EXPECTED in cell.metadata.get("tags", []):
            return
        content = execute_reply["content"]
        failure = Failure(cell_index, cell, content.get("ename", "Error"), content.get("evalue", ""))
        self.failures.append(failure)

    def _note_failed_tests(self, cell: NotebookNode, cell_index: int) -> None:
        """Count a cell of tests as failed. It does not raise, so that all cells can run."""
        outcomes = failed_tests(cell)
        known = any(failure.cell is cell for failure in self.failures)
        if outcomes and not known and _EXPECTED not in cell.metadata.get("tags", []):
            self.failures.append(Failure(cell_index, cell, "TestsFailed", outcomes))

    def _stop(self, number: int) -> None:
        """Interrupt the running cell at the first signal, the kernel at the second."""
        first = not self.stopped_by
        self.stopped_by = number
        if self._running is None:
            assert self._main is not None
            self._main.cancel()
        elif first:
            self.narration.note("Interrupting the cell; once more to kill the kernel.")
            self._stopping = asyncio.ensure_future(self.km.interrupt_kernel())
        else:
            self._stopping = asyncio.ensure_future(self.km.shutdown_kernel(now=True))

    def _where(self) -> str:
        if self._running is None:
            return "no cell: it died at its start"
        index, cell = self._running
        return f"cell #{index + 1} (id {cell['id']}) | {as_shown(cell.source.strip().splitlines()[0])}"


def _command_in(cell: NotebookNode) -> Command | None:
    """The command in a cell. A line that the magic rejects fails there, in the magic's own words."""
    try:
        return command_of(cell.source)
    except UsageError:
        return None
