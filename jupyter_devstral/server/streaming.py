"""A blocking iteration as lines of a tornado response: read on a thread, closed when the browser goes away.

Knows neither prompts nor models.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

Record = dict[str, Any]
_TICK_SECONDS = 0.25
_END = None


async def threaded_records(
    work: Callable[[], Iterator[Record]], *, close: Callable[[], None], phase: Callable[[], str]
) -> AsyncGenerator[Record, None]:
    """The records that `work` yields on a thread of its own, deltas that come together joined.

    Args:
        close: makes `work` end; called when the reader leaves early.
        phase: what is being waited for; asked while nothing arrives, and told when it changes.
    """
    channel = _Channel(asyncio.get_running_loop(), work)
    told, ended = "", False
    try:
        while not ended:
            batch = await channel.next_batch()
            if not batch and (now := phase()) != told:
                told = now
                yield {"type": "phase", "text": now}
            ended = _END in batch
            for record in joined([one for one in batch if one is not _END]):
                if isinstance(record, BaseException):
                    raise record
                yield record
    finally:
        if not ended:
            close()


class _Channel:
    """From a thread to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Iterator[Record]]) -> None:
        self._loop = loop
        self._work = work
        self._records: asyncio.Queue[Record | BaseException | None] = asyncio.Queue()
        threading.Thread(target=self._run, name="devstral-stream", daemon=True).start()

    async def next_batch(self) -> list[Record | BaseException | None]:
        """Everything that has arrived; nothing where nothing does for a while."""
        batch: list[Record | BaseException | None] = []
        # Not wait_for: before Python 3.12 it may lose a cancellation that comes together with a record.
        getting = asyncio.ensure_future(self._records.get())
        try:
            await asyncio.wait([getting], timeout=_TICK_SECONDS)
        finally:
            if getting.done():
                batch.append(getting.result())
            else:
                getting.cancel()
        while not self._records.empty():
            batch.append(self._records.get_nowait())
        return batch

    def _run(self) -> None:
        try:
            for record in self._work():
                self._put(record)
        except Exception as error:  # noqa: BLE001 - carried to the handler, which knows what to tell the user
            self._put(error)
        self._put(_END)

    def _put(self, record: Record | BaseException | None) -> None:
        # The loop of a server that is being stopped takes nothing any more.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._records.put_nowait, record)


def joined(batch: list[Any]) -> Iterator[Any]:
    """Yield the batch with deltas that follow one another made into one."""
    text = ""
    for record in batch:
        if isinstance(record, dict) and record.get("type") == "text":
            text += record["text"]
            continue
        if text:
            yield {"type": "text", "text": text}
            text = ""
        yield record
    if text:
        yield {"type": "text", "text": text}
