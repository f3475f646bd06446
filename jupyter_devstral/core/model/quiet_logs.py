"""Log lines of httpx and httpcore about our own requests, kept out of the user's cells.

Whatever levels he sets, for himself: the lines of his own requests stay.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_LOGGERS = (
    "httpx",
    "httpcore",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
_here = threading.local()


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what the two packages log inside the block, on this thread."""
    _here.depth = getattr(_here, "depth", 0) + 1
    try:
        yield
    finally:
        _here.depth -= 1


def quietly(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Iterate over `parts` with every step in `quiet`."""
    steps = iter(parts)
    while True:
        with quiet():
            part = next(steps, None)
        if part is None:
            return
        yield part


def is_ours(url: object) -> None:
    """Name the URL of a request of ours, which httpx logs behind the transport that knows of it."""
    _here.url = url


def quieten_logs() -> None:
    """Install the filter; a second call changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_of_others)


def _of_others(record: logging.LogRecord) -> bool:
    if getattr(_here, "depth", 0):
        return False
    arguments: Any = record.args if isinstance(record.args, tuple) else ()
    # By identity: the same address may be asked by the user.
    url = getattr(_here, "url", None)
    return url is None or not any(argument is url for argument in arguments)
