"""The records of a run so far, and those who follow it; on the server's event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from ..streaming import Record, joined


class RunLog:
    """A log that is followed from its first record, by any number of pages.

    Of what a cell showed only the last is kept: a repaired cell's earlier outputs are its error.
    """

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._latest: dict[str, int] = {}
        self._ended = False
        self._news = asyncio.Event()
        self._followers = 0
        self._left = time.monotonic()

    @property
    def records(self) -> list[Record]:
        """All records, texts that follow one another as one."""
        return list(joined(self._records))

    def add(self, record: Record) -> None:
        """Add a record."""
        if record["type"] == "cell":
            self._forget_outputs(str(record["cell"]["id"]))
            self._latest[record["cell"]["id"]] = len(self._records)
        self._records.append(record)
        self._wake()

    def end(self) -> None:
        """Nothing is added any more."""
        self._ended = True
        self._wake()

    async def follow(self) -> AsyncGenerator[Record, None]:
        """All records from the first one, as they come."""
        at = 0
        self._followers += 1
        try:
            while True:
                news, ended = self._news, self._ended
                batch, at = self._records[at:], len(self._records)
                for record in joined(batch):
                    yield record
                if at == len(self._records):
                    if ended:
                        return
                    await news.wait()
        finally:
            self._followers -= 1
            self._left = time.monotonic()

    @property
    def seconds_alone(self) -> float:
        """How long nobody has followed it; 0 while somebody does. From any thread."""
        return 0.0 if self._followers else time.monotonic() - self._left

    def _forget_outputs(self, cell: str) -> None:
        at = self._latest.get(cell)
        if at is not None:
            record = self._records[at]
            errors = [one for one in record["cell"]["outputs"] if one.get("output_type") == "error"]
            self._records[at] = {**record, "cell": {**record["cell"], "outputs": errors}}

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def shown_cells(records: list[Record]) -> dict[str, Any]:
    """The last record of each cell, by id."""
    return {record["cell"]["id"]: record["cell"] for record in records if record["type"] == "cell"}
