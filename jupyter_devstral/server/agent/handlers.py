"""The addresses of runs: begun, followed, stopped, their questions answered, their review decided."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import ensure_async
from tornado.web import authenticated

from ...core.errors import UsageError
from ...core.notebook.file import notebook_from_json
from ..handlers import MOST_BYTES, DevstralHandler, text_of

if TYPE_CHECKING:
    from .server_run import ServerRun

_STATES = frozenset({"kept", "discarded", "undone", "review"})


class RunHandler(DevstralHandler):
    """What all handlers of runs share; also the begin of one, and the last one about a notebook."""

    def running(self) -> tuple[ServerRun | None, dict[str, Any]]:
        """The run that the request names, and the request."""
        body = self.object(MOST_BYTES)
        return self.runs.get(text_of(body, "id")), body

    @authenticated
    @authorized
    async def get(self) -> None:
        from .runs import as_kept

        path = self.get_query_argument("path", "")
        run = self.runs.of(path)
        if run is not None and run.state != "review":
            self.finish({"run": {**as_kept(run), "records": []}})
            return
        self.finish({"run": await asyncio.to_thread(self.kept_runs.read, path)})

    @authenticated
    @authorized
    async def post(self) -> None:
        from ...session.rules import rules_in_force
        from ..asking import MOST_FILES, file_of
        from ..preferences.rules import root_of, rules_of
        from ..question import read_question
        from .runs import evaluating
        from .server_run import ServerRun

        body = self.notebooks.filled(self.body())
        asked = read_question({**body, "task": "chat"} if isinstance(body, Mapping) else body)
        about = body.get("run")
        if not isinstance(about, Mapping) or not isinstance(about.get("id"), str) or not about["id"]:
            raise UsageError("The run has no id.")
        self.runs.refuse_second(asked.path)
        contents, kernels = self.contents_manager, self.kernel_manager
        attachments = [await file_of(contents, path) for path in asked.files[:MOST_FILES]]
        rules = await asyncio.to_thread(rules_of, root_of(contents), asked.path)
        run = ServerRun(
            about["id"],
            self.session,
            asked,
            self.session.wishes(asked.route, asked.model, asked.path),
            plan=about.get("plan") is True,
            evaluate=evaluating(kernels, asked.kernel_id, lambda: run.stopped.is_set()),
            has_kernel=lambda: not asked.kernel_id or asked.kernel_id in kernels,
            records=Path(jupyter_data_dir()) / "jupyter_devstral" / "runs",
            attachments=attachments,
            rules=rules_in_force(rules),
        )
        self.runs.begin(run, self.kept_runs, kernels, asked.kernel_id)
        await self.stream(run.log.follow())


class FollowRunHandler(RunHandler):
    """A run from its first record."""

    @authenticated
    @authorized
    async def post(self) -> None:
        run, _ = self.running()
        if run is None:
            self.set_status(404)
            self.finish({"message": "This run is not at work any more."})
            return
        await self.stream(run.log.follow())


class StopRunHandler(RunHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        _, body = self.running()
        self.runs.stop(text_of(body, "id"))
        self.done()


class AnswerRunHandler(RunHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        from .server_run import read_reply

        run, body = self.running()
        if run is None or not run.answer(text_of(body, "question"), read_reply(body)):
            raise UsageError("This question is not open any more.")
        self.done()


class RunCellsHandler(RunHandler):
    """The notebook's cells as the user has them now; and what he has remembered is taken back."""

    @authenticated
    @authorized
    async def post(self) -> None:
        run, body = self.running()
        cells = body.get("cells")
        if run is not None and isinstance(cells, list):
            run.take_cells(notebook_from_json({"nbformat": 4, "nbformat_minor": 5, "cells": cells}).cells)
        if run is not None and body.get("revoke") is True:
            run.revoke()
        self.done()


class MeanwhileRunHandler(RunHandler):
    """What the kernel has done since the copy of a run was made, which its review says."""

    @authenticated
    @authorized
    async def post(self) -> None:
        from .meanwhile import meanwhile

        run, body = self.running()
        kernel_id, path = text_of(body, "kernel_id"), text_of(body, "path")
        now = notebook_from_json({"nbformat": 4, "nbformat_minor": 5, "cells": body.get("cells")})
        sessions = await ensure_async(self.settings["session_manager"].list_sessions())
        others = {one["path"] for one in sessions if one["kernel"]["id"] == kernel_id}
        said = await meanwhile(
            self.kernel_manager,
            kernel_id,
            text_of(body, "id"),
            cells=now.cells,
            had=run.cell_ids if run is not None else (),
            others=sorted(others - {path}),
        )
        self.finish(said)


class DecideRunHandler(RunHandler):
    """What the user decided about a run, and what an undo of it needs."""

    @authenticated
    @authorized
    async def post(self) -> None:
        run, body = self.running()
        id, path, state = text_of(body, "id"), text_of(body, "path"), text_of(body, "state")
        if state not in _STATES:
            raise UsageError(f"There is no decision {state!r}.")
        if run is not None and run.state != "review":
            raise UsageError("The run has not ended: stop it first.")
        if not await asyncio.to_thread(self.kept_runs.decide, path, id, state, body.get("decision")):
            raise UsageError("Another run stands in the place of this one.")
        if state != "review":
            self.runs.forget(id)
        self.done()


RUN_HANDLERS = [
    (r"/jupyter-devstral/run", RunHandler),
    (r"/jupyter-devstral/run/follow", FollowRunHandler),
    (r"/jupyter-devstral/run/stop", StopRunHandler),
    (r"/jupyter-devstral/run/answer", AnswerRunHandler),
    (r"/jupyter-devstral/run/cells", RunCellsHandler),
    (r"/jupyter-devstral/run/meanwhile", MeanwhileRunHandler),
    (r"/jupyter-devstral/run/decide", DecideRunHandler),
]
