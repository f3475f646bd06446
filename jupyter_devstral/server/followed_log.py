"""Records that any number of pages follow, each from the first one on; on the server's event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable

from .streaming import Record, joined


class FollowedLog:
    """A log that is followed while it grows.

    Attributes:
        records: all so far.
        has_ended: nothing is added any more.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.records: list[Record] = [*records]
        self.has_ended = False
        self._news = asyncio.Event()
        self._followers = 0
        self._left = time.monotonic()

    def add(self, record: Record) -> None:
        """Add a record; who follows hears of it."""
        self.records.append(record)
        self._wake()

    def end(self) -> None:
        """Add nothing any more."""
        self.has_ended = True
        self._wake()

    async def follow(self) -> AsyncGenerator[Record, None]:
        """All records as they come; texts that follow one another, and are there already, as one."""
        at = 0
        self._followers += 1
        try:
            while True:
                news, has_ended = self._news, self.has_ended
                batch, at = self.records[at:], len(self.records)
                for record in joined(batch):
                    yield record
                if at == len(self.records):
                    if has_ended:
                        return
                    await news.wait()
        finally:
            self._followers -= 1
            self._left = time.monotonic()

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows it."""
        return self._followers > 0

    @property
    def seconds_alone(self) -> float:
        """How long nobody has followed it; 0 while somebody does. From any thread."""
        return 0.0 if self._followers else time.monotonic() - self._left

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
