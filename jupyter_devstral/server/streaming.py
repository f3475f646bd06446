"""A blocking iteration as lines of a tornado response: read on a thread, closed when the browser goes away.

Knows neither prompts nor models.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

Record = dict[str, Any]
_TICK_SECONDS = 0.25
_END = None


class ThreadedRecords:
    """The records that `work` yields on a thread of its own; `close` makes `work` end.

    Args:
        phase: what is being waited for; asked while nothing arrives.
    """

    def __init__(
        self, work: Callable[[], Iterator[Record]], *, close: Callable[[], None], phase: Callable[[], str]
    ) -> None:
        self._work = work
        self._close = close
        self._phase = phase
        self._loop = asyncio.get_running_loop()
        self._records: asyncio.Queue[Record | BaseException | None] = asyncio.Queue()
        self._told = ""

    async def __aiter__(self) -> AsyncIterator[Record]:
        threading.Thread(target=self._run, name="devstral-stream", daemon=True).start()
        ended = False
        try:
            while not ended:
                batch = await self._next()
                ended = _END in batch
                for record in _joined([one for one in batch if one is not _END]):
                    if isinstance(record, BaseException):
                        raise record
                    yield record
        finally:
            # The browser has gone, or everything has been said: then there is nothing left to close.
            if not ended:
                self._close()

    async def _next(self) -> list[Record | BaseException | None]:
        """Everything that has arrived, at least one; a phase where nothing arrives for a while."""
        while True:
            try:
                batch = [await asyncio.wait_for(self._records.get(), _TICK_SECONDS)]
            except asyncio.TimeoutError:
                phase = self._phase()
                if phase != self._told:
                    self._told = phase
                    return [{"type": "phase", "text": phase}]
                continue
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


def _joined(batch: list[Any]) -> Iterator[Any]:
    """The batch with deltas that follow one another made into one."""
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
