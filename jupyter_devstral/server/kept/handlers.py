"""The address of all that is kept of a notebook: it goes where its notebook went."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from ..handlers import DevstralHandler, text_of


class RenameHandler(DevstralHandler):
    """Whatever is kept of a notebook goes where it went: conversations, answers, its route, its run."""

    @authenticated
    @authorized
    async def post(self) -> None:
        body = self.object(10_000)
        path, new_path = text_of(body, "path"), text_of(body, "new_path")
        for arriving in (self.answers, self.runs):
            arriving.rename(path, new_path)
        for kept in (self.stored, self.pictures, self.chosen, self.kept_runs):
            await asyncio.to_thread(kept.rename, path, new_path)
        self.done()


KEPT_HANDLERS = [(r"/jupyter-devstral/rename", RenameHandler)]
