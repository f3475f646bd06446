"""The addresses of what a user prefers: the rules of projects."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from ..handlers import DevstralHandler
from .rules import root_of, rules_of, rules_records, switch_rules


class RulesHandler(DevstralHandler):
    """The words of a notebook's rules, and their switch."""

    @authenticated
    @authorized
    async def get(self) -> None:
        path = self.get_query_argument("path", "")
        files = await asyncio.to_thread(rules_of, root_of(self.contents_manager), path)
        records = zip(rules_records(files), files, strict=True)
        self.finish({"rules": [{**record, "text": file.text} for record, file in records]})

    @authenticated
    @authorized
    async def put(self) -> None:
        body = self.object(10_000)
        await asyncio.to_thread(switch_rules, root_of(self.contents_manager), body)
        self.set_status(204)
        self.finish()


PREFERENCE_HANDLERS = [(r"/jupyter-devstral/rules", RulesHandler)]
