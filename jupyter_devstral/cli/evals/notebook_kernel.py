"""One kernel with a notebook of its own: cells run as in a front-end, expressions evaluated in silence."""

from __future__ import annotations

import ast
import json
import os
import queue
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.errors import DevstralError
from ...core.notebook.cells import REPLY_MIME
from ...core.settings.config import EXPLAIN_PLACE
from ...kernel.expressions import setup_code
from ..run.kernel_choice import DEFAULT, private

_START_SECONDS = 60
# A slow machine reads a prompt for minutes; somebody who waits longer interrupts.
_CELL_SECONDS = 3600
_LOOK_SECONDS = 120


class NotebookKernel:
    """Starts at once; `close` ends it.

    Args:
        folder: the working directory; the notebook file lies beside it.
        cells: sources of the notebook's code cells.
        settings: for `DevstralConfig`, with the extension loaded; None: without the extension.
    """

    def __init__(
        self, folder: Path, cells: Sequence[str] = (), settings: dict[str, Any] | None = None
    ) -> None:
        from jupyter_client.manager import KernelManager

        self._file = folder.with_name(f"{folder.name}.ipynb")
        self._cells = [_cell(place, source) for place, source in enumerate(cells)]
        self._save()
        self._manager = private(KernelManager(kernel_name=DEFAULT))
        told = {"JPY_SESSION_NAME": str(self._file), EXPLAIN_PLACE: "here"}
        self._manager.start_kernel(cwd=str(folder), env={**os.environ, **told})
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=_START_SECONDS)
            if settings is not None:
                self._silently(setup_code(settings, load=True), {})
        except RuntimeError as error:
            self.close()
            raise DevstralError(f"The kernel {DEFAULT} does not work: {error}") from None

    def close(self) -> None:
        """End the kernel; safe to repeat."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._file.unlink(missing_ok=True)

    def add(self, source: str) -> int:
        """A new cell at the end; returns its place."""
        self._cells.append(_cell(len(self._cells), source))
        return len(self._cells) - 1

    def run(self, place: int, source: str | None = None) -> dict[str, Any]:
        """Run a cell, by default as it stands; returns what the extension showed last in it, or nothing."""
        cell = self._cells[place]
        asked = self._client.session.msg(
            "execute_request",
            {"code": cell["source"] if source is None else source, "silent": False, "store_history": True}
            | {"user_expressions": {}, "allow_stdin": False, "stop_on_error": True},
            metadata={"cellId": cell["id"], "tags": []},
        )
        self._client.shell_channel.send(asked)
        cell["outputs"] = list(self._outputs(asked["header"]["msg_id"]))
        self._save()
        shown = [output["data"] for output in cell["outputs"] if REPLY_MIME in output.get("data", {})]
        return shown[-1][REPLY_MIME] if shown else {}

    def evaluate(self, expression: str) -> Any:
        """What an expression of `kernel.expressions` returns, read from its JSON."""
        said = self._silently("", {"it": expression})["user_expressions"]["it"]
        if said["status"] == "error":
            raise DevstralError(f"The kernel cannot judge: {said['ename']}: {said['evalue']}")
        return json.loads(ast.literal_eval(said["data"]["text/plain"]))

    def execute(self, code: str) -> None:
        """Run code that is ours, without a trace in the history; raises DevstralError where it fails."""
        self._silently(code, {})

    def _silently(self, code: str, expressions: dict[str, str]) -> dict[str, Any]:
        reply = self._client.execute(
            code,
            silent=True,
            store_history=False,
            user_expressions=expressions,
            reply=True,
            timeout=_LOOK_SECONDS,
        )
        content: dict[str, Any] = reply["content"]
        if content["status"] == "error":
            raise DevstralError(f"{content['ename']}: {content['evalue']}")
        return content

    def _outputs(self, asked: str) -> Any:
        """The outputs of a request until the kernel is idle; of a display that is updated, its last state."""
        displays: dict[str, dict[str, Any]] = {}
        ends = time.monotonic() + _CELL_SECONDS
        while time.monotonic() < ends:
            try:
                said = self._client.get_iopub_msg(timeout=1)
            except queue.Empty:
                if not self._manager.is_alive():
                    raise DevstralError("The kernel died.") from None
                continue
            if said["parent_header"].get("msg_id") != asked:
                continue
            kind, content = said["msg_type"], said["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return
            shown = content.get("transient", {}).get("display_id", "")
            if kind == "update_display_data" and shown in displays:
                displays[shown]["data"] = content["data"]
            output = _output(kind, content)
            if output:
                displays[shown] = output
                yield output

    def _save(self) -> None:
        notebook = {
            "cells": self._cells,
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        self._file.write_text(json.dumps(notebook), encoding="utf-8")


def _cell(place: int, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": cell_id(place),
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }


def cell_id(place: int) -> str:
    """The id of the cell at a place."""
    return f"cell{place}"


def _output(kind: str, content: dict[str, Any]) -> dict[str, Any] | None:
    """A message as the notebook file keeps it; None for what is no output."""
    if kind == "stream":
        return {"output_type": kind, "name": content["name"], "text": content["text"]}
    if kind == "error":
        return {"output_type": kind, **{name: content[name] for name in ("ename", "evalue", "traceback")}}
    if kind == "display_data":
        return {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
    if kind == "execute_result":
        count = content["execution_count"]
        return {
            "output_type": kind,
            "data": content["data"],
            "metadata": content["metadata"],
            "execution_count": count,
        }
    return None
