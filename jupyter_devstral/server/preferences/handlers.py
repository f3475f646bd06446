"""The addresses of what a user prefers: the rules of projects, settings, and a language."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from ...core.errors import UsageError
from ..handlers import DevstralHandler, names_a_host
from .rules import root_of, rules_of, rules_records, switch_rules
from .sentences import sentences


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
        self.done()


class SettingsHandler(DevstralHandler):
    """The settings as they are in force, who has fixed which, and what a page wishes for."""

    @authenticated
    @authorized
    async def get(self) -> None:
        self.finish({"settings": self.session.preferences.record()})

    @authenticated
    @authorized
    async def put(self) -> None:
        wishes = self.object(10_000).get("settings")
        if not isinstance(wishes, dict):
            raise UsageError("The request has no settings.")
        problems, model = [], wishes.get("model")
        if isinstance(model, str) and names_a_host(model):
            # Ollama would fetch from there: that is not for a page to say.
            problems = [f"DevstralConfig.model: {model} names a server: that is for a configuration file."]
            wishes = {**wishes, "model": None}
        problems += self.session.preferences.take(wishes)
        self.finish({"settings": self.session.preferences.record(), "problems": problems})


class SentencesHandler(DevstralHandler):
    """What server and kernel say in a user's language."""

    @authenticated
    @authorized
    async def get(self) -> None:
        language = self.get_query_argument("language", "")
        self.finish({"sentences": await asyncio.to_thread(sentences, language)})


PREFERENCE_HANDLERS = [
    (r"/jupyter-devstral/rules", RulesHandler),
    (r"/jupyter-devstral/settings", SettingsHandler),
    (r"/jupyter-devstral/sentences", SentencesHandler),
]
