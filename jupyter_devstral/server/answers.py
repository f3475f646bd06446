"""Answers that are arriving: each goes on, and is kept, whether or not a page listens.

A page that is loaded again follows its answer from the beginning. Without any page an answer ends after a
while; a page that stops it ends it at once. Runs on the server's event loop, and knows no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from ..core.errors import DevstralError, UsageError
from .followed_log import FollowedLog
from .streaming import Record

if TYPE_CHECKING:
    from .kept.conversations import Conversations

# How long an answer goes on without a page: a reload takes a few seconds, a walk to another desk a minute.
GRACE_SECONDS = 60.0
# Less than the second after which what is on the screen must not be lost.
_HOLD_SECONDS = 0.5
# How much later than its stop a question may arrive: they come on connections of their own.
_OVERTAKEN_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Answers:
    """All arriving answers of one server, by the ids that pages gave them."""

    def __init__(self) -> None:
        self._running: dict[str, ArrivingAnswer] = {}
        # A page whose connection broke just before the end comes back for it.
        self._ended: dict[str, ArrivingAnswer] = {}
        # Ids of answers whose stop has come before their question.
        self._stopped: set[str] = set()

    async def begin(
        self,
        exchange: Mapping[str, Any],
        path: str,
        stored: Conversations,
        records: AsyncGenerator[Record, None],
    ) -> ArrivingAnswer:
        """Keep the question, and begin its answer."""
        id = str(exchange["id"])
        self._ended.pop(id, None)
        if id in self._running:
            raise UsageError("This question is being answered already.")
        question = {**exchange, "state": "running"}
        # While the disk takes its time the model can be asked.
        keeping = asyncio.create_task(asyncio.to_thread(stored.begin, path, question))
        answer = self._running[id] = ArrivingAnswer(question, path, stored, _once_kept(keeping, records))
        answer.task.add_done_callback(lambda _: self._retire(id))
        await keeping
        if id in self._stopped:
            self._stopped.discard(id)
            answer.stop()
        return answer

    def _retire(self, id: str) -> None:
        answer = self._ended[id] = self._running.pop(id)

        def forget() -> None:
            if self._ended.get(id) is answer:
                del self._ended[id]

        asyncio.get_running_loop().call_later(GRACE_SECONDS, forget)

    def get(self, id: str) -> ArrivingAnswer | None:
        """The answer, also one that ended a short while ago; None where nobody knows of it."""
        return self._running.get(id) or self._ended.get(id)

    def stop_one(self, id: str) -> None:
        """End this answer, also one whose question is still on its way."""
        answer = self.get(id)
        if answer is not None:
            answer.stop()
        else:
            self._stopped.add(id)
            asyncio.get_running_loop().call_later(_OVERTAKEN_SECONDS, self._stopped.discard, id)

    def rename(self, path: str, new_path: str) -> None:
        """The notebook of some answers has another path now."""
        for answer in self._running.values():
            if answer.path == path:
                answer.path = new_path

    async def read(self, stored: Conversations, path: str) -> list[dict[str, Any]]:
        """The stored messages as they are: what is stored as running, and is not, was cut off."""
        messages = await asyncio.to_thread(stored.read, path)
        if any(map(self._is_cut, messages)):
            # An answer may have ended between its reading and now.
            messages = await asyncio.to_thread(stored.read, path)
        return [{**one, "state": "cut"} if self._is_cut(one) else one for one in messages]

    def _is_cut(self, message: Mapping[str, Any]) -> bool:
        return message.get("state") == "running" and message.get("id") not in self._running

    def stop(self, path: str | None = None) -> None:
        """End all answers, or those about one notebook."""
        for answer in list(self._running.values()):
            if path is None or answer.path == path:
                answer.stop()


class ArrivingAnswer:
    """One answer: the records so far, and those who follow it.

    Attributes:
        path: of the notebook it is about.
        task: ends with the answer.
    """

    def __init__(
        self,
        exchange: Mapping[str, Any],
        path: str,
        stored: Conversations,
        records: AsyncGenerator[Record, None],
    ) -> None:
        self.path = path
        self._stored = stored
        self._records = records
        partial = str(exchange.get("reply") or "")
        # Who follows an answer that goes on hears all of it.
        self._log = FollowedLog([{"type": "text", "text": partial}] if partial else [])
        self._question = exchange
        self._kept: dict[str, Any] = {
            "id": exchange["id"],
            "state": "running",
            "reply": partial,
            "notes": [],
            "error": "",
        }
        self._ending = "cut"
        self._grace: asyncio.TimerHandle | None = None
        self._holding: asyncio.Task[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self.task = asyncio.create_task(self._run())

    async def follow(self) -> AsyncGenerator[Record, None]:
        """All records from the first one, as they come; leaving early leaves the answer running."""
        if self._grace is not None:
            self._grace.cancel()
        try:
            async with aclosing(self._log.follow()) as records:
                async for record in records:
                    yield record
        finally:
            if not self._log.is_followed and not self._log.has_ended:
                self._grace = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._end, "cut")

    def stop(self) -> None:
        """End it now: the user does not want more."""
        self._end("stopped")

    def _end(self, state: str) -> None:
        self._ending = state
        self.task.cancel()

    async def _run(self) -> None:
        try:
            async with aclosing(self._records) as records:
                async for record in records:
                    self._take(record)
                    self._hold_soon()
        except asyncio.CancelledError:
            self._kept["state"] = self._ending
        except Exception as error:  # noqa: BLE001 - whatever goes wrong on the way, the page must hear of an end
            _log.exception("An answer ended with %s", type(error).__name__)
            self._take(
                {"type": "error", "message": "The answer was cut off by an error.", "state": "trouble"}
            )
        finally:
            if self._kept["state"] == "running":
                self._kept["state"] = "cut"
            await asyncio.shield(asyncio.ensure_future(self._settle()))
            self._log.end()

    def _take(self, record: Record) -> None:
        kept = self._kept
        kind = record["type"]
        if kind == "text":
            kept["reply"] += record["text"]
        elif kind == "retraction":
            kept["reply"] = ""
        elif kind == "sent":
            kept["sent"] = {key: value for key, value in record.items() if key not in ("type", "messages")}
            kept["notes"] += record.get("notes", [])
        elif kind == "note":
            kept["notes"].append(record["text"])
        elif kind == "done":
            bundle = record["bundle"]
            kept.update(bundle=bundle, reply=bundle.get("reply") or kept["reply"], state="done")
        elif kind == "error":
            kept.update(error=record["message"], state="failed")
        self._log.add(record)

    def _hold_soon(self) -> None:
        """Store what has arrived in a moment, also where nothing else arrives until then."""
        if self._holding is None or self._holding.done():
            self._holding = asyncio.create_task(self._hold())

    async def _hold(self) -> None:
        held = -1
        while held != len(self._log.records):
            await asyncio.sleep(_HOLD_SECONDS)
            held, part = len(self._log.records), dict(self._kept)
            self._writing = asyncio.ensure_future(
                asyncio.to_thread(self._stored.hold, self.path, part, self._question)
            )
            # A full disk must not take the answer from the page.
            with suppress(OSError, DevstralError):
                await asyncio.shield(self._writing)

    async def _settle(self) -> None:
        if self._holding is not None:
            self._holding.cancel()
        # As in `_hold`; nor must a message that is too long.
        with suppress(OSError, DevstralError):
            if self._writing is not None:
                # A part that is written behind the whole would stand for it.
                await self._writing
        with suppress(OSError, DevstralError):
            await asyncio.to_thread(self._stored.settle, self.path, dict(self._kept))


async def _once_kept(
    keeping: asyncio.Task[None], records: AsyncGenerator[Record, None]
) -> AsyncGenerator[Record, None]:
    """The records, asked for at once and told when their question is kept; none where that fails."""
    async with aclosing(records):
        beginning = asyncio.ensure_future(anext(records, None))
        try:
            await asyncio.wait({keeping})
            first = await beginning if not keeping.exception() else None
        finally:
            # Nothing can be closed while it is at work.
            beginning.cancel()
            await asyncio.wait({beginning})
        if first is not None:
            yield first
            async for record in records:
                yield record
