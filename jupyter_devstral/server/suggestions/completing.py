"""Suggestions at the cursor, over HTTP: at every key that needs one; their state, and the last prompt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from ...core.errors import DevstralError
from ..handlers import DevstralHandler

if TYPE_CHECKING:
    from ...session.suggestions.completer import Completer, Completion, Cursor
    from ...session.suggestions.completion_model import Known
    from ..streaming import Record
    from .cursors import Cursors
    from .keystroke import Keystroke

# In bytes, of a key and of the cells of a notebook; the page sends no more of them.
_KEY_BYTES, _PUSH_BYTES = 64_000, 8_000_000
_STATE = "jupyter_devstral_cursors"


class CompletionHandler(DevstralHandler):
    """What the handlers of suggestions share."""

    @property
    def cursors(self) -> Cursors:
        """The state of this server's suggestions."""
        from .cursors import Cursors

        found: Cursors = self.settings.setdefault(_STATE, Cursors(self.session))
        return found


class CompleteHandler(CompletionHandler):
    @authenticated
    @authorized
    async def get(self) -> None:
        """The state of the completion model, looked up anew: somebody looks at its page, or has pulled it."""
        name = self.get_query_argument("model", "")
        self.finish(await asyncio.to_thread(self._state, name))

    @authenticated
    @authorized
    async def post(self) -> None:
        from .keystroke import read_keystroke

        key = read_keystroke(self.body(_KEY_BYTES))
        cursor = self.cursors.cursor(key, self.kernel_manager)
        if cursor is None:
            self.set_status(409)
            self.finish({"message": "The other cells are not known here: push them once."})
            return
        self.cursors.look_at_variables(key, cursor.notebook, self.kernel_manager)
        await self.stream(self._records(key, cursor))

    async def _records(self, key: Keystroke, cursor: Cursor) -> AsyncGenerator[Record, None]:
        from ...session.suggestions.completer import Asking
        from ...session.suggestions.completion_model import state_of
        from ..streaming import threaded_records

        asking, redactor = Asking(), self.cursors.redactor(key.path)

        def work() -> Iterator[Record]:
            try:
                mode = self.session.config.completion
                if mode == "off" or (mode == "manual" and not key.by_hand):
                    yield {"type": "done", "text": "", "dropped": f"completion is {mode}", "state": "off"}
                    return
                completer = self.cursors.completer(key.model)
                yield _suggestion(completer.complete(cursor, redactor, asking))
            except DevstralError as error:
                yield {"type": "error", "message": str(error), "state": state_of(error).value}

        self.session.track(asking)
        try:
            async with aclosing(threaded_records(work, close=asking.close, phase=str)) as records:
                async for record in records:
                    yield record
        finally:
            self.session.untrack(asking)

    def _state(self, name: str) -> Record:
        from ...core.model.precedence.right_of_way import a_chat_streams
        from ...session.suggestions.completion_model import Known, state_of

        try:
            completer = self.cursors.completer(name)
        except DevstralError as error:
            known = Known(state_of(error), name, problem=error)
            return {**_known(known), "mode": self.session.config.completion}
        completer.model.forget()
        known = completer.model.known()
        return {
            **_known(known),
            "mode": self.session.config.completion,
            "is_paused": a_chat_streams(),
            "models": _models(completer),
        }


class CompletionCellsHandler(CompletionHandler):
    @authenticated
    @authorized
    async def post(self) -> None:
        """The cells around cursors, or what changed of those before; once, not with each key."""
        from .keystroke import read_push

        self.cursors.keep(read_push(self.cursors.sent.filled(self.body(_PUSH_BYTES))))
        self.finish({})


class LastCompletionHandler(CompletionHandler):
    @authenticated
    @authorized
    async def get(self) -> None:
        completer = self.cursors.last
        last = completer.last if completer else None
        if last is None:
            self.finish({"request": None})
            return
        self.finish({"request": last.request, "reply": last.reply, **_suggestion(last)})


def _suggestion(completion: Completion) -> Record:
    return {
        "type": "done",
        "text": completion.text,
        "dropped": completion.dropped,
        "notes": list(completion.notes),
        "model": completion.model,
        "state": completion.state.value,
        "is_paused": completion.is_paused,
        "is_final": completion.is_final,
    }


def _known(known: Known) -> Record:
    from ...core.completion.families import SIZES
    from .words import words_of

    return {
        "state": known.state.value,
        "model": known.model,
        "chat": known.chat,
        "words": words_of(known),
        "download_bytes": SIZES.get(known.model, (0, 0))[0],
    }


def _models(completer: Completer) -> list[dict[str, Any]]:
    """The models of the server that can fill in the middle."""
    from ...core.completion.families import inserting

    try:
        infos = completer.model.model.models(timeout=3)
    except DevstralError:
        return []
    able = (info for info in infos if inserting(info.name, {"capabilities": list(info.capabilities)}))
    return [{"name": info.name, "size_bytes": info.size} for info in able if not info.remote]


COMPLETION_HANDLERS = [
    (r"/jupyter-devstral/complete", CompleteHandler),
    (r"/jupyter-devstral/complete/cells", CompletionCellsHandler),
    (r"/jupyter-devstral/complete/last", LastCompletionHandler),
]
