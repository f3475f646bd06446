"""How tests are dealt out to two processes: a file to one of them, and whole folders that share a server."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# Their tests share a Jupyter server for the whole run, and a Chromium: two would only be in each other's way.
TOGETHER = ("tests/browser/", "tests/server/")
# What takes longest begins first, so that no process ends long before the other; then many small files.
FIRST = (
    "tests/browser/",
    "tests/end_to_end/",
    "tests/kernel/",
    "tests/magics/",
    "tests/embedded/",
    "tests/cli/",
)


class RoomScheduling(LoadFileScheduling):
    """Deals out files in the order of the collection; those of a folder in TOGETHER go to one process."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        room = next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)
        return room or super()._split_scope(nodeid)


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The items in the order of FIRST, otherwise as they were."""

    def place(item: pytest.Item) -> int:
        return next(
            (number for number, folder in enumerate(FIRST) if item.nodeid.startswith(folder)), len(FIRST)
        )

    return sorted(items, key=place)
