"""What a request waits for, in the few words of a status line; and how long it waits before it asks again."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from .errors import Busy

# Where the server does not say when to come back: seconds before each further try.
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 4.0)
# A model that is being loaded needs longer than a queue.
_LOADING_SECONDS = 2.0
_MOST_TRIES_WHILE_LOADING = 150
# Nobody waits longer for one try (seconds).
LONGEST_WAIT = 60.0
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


class Waiting:
    """The state of one request; `str(waiting)` is for any thread."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._state = "preparing"
        self._until = 0.0
        self._tries = 1

    def sent(self) -> None:
        """The request goes out."""
        self._state = f"waiting for {self._place}"

    def answered(self) -> None:
        """The first text is here."""
        self._state = "writing"

    def queued(self) -> None:
        """Another request of this user goes first."""
        self._state = "queued behind another request"

    def refused(self, busy: Busy, seconds: float) -> None:
        """The server asks to come back in `seconds`."""
        self._tries += 1
        self._until = time.monotonic() + seconds
        self._state = "loading" if busy.loading else "refused"

    def ended(self) -> None:
        """Nothing more will come."""
        self._state = ""

    def __str__(self) -> str:
        if self._state == "loading":
            return "the engine is loading its model"
        if self._state != "refused":
            return self._state
        left = max(0, round(self._until - time.monotonic()))
        return f"the engine is busy, {_ordinal(self._tries)} try in {left} s"


def pause_before(attempt: int, busy: Busy, retry_after: str) -> float | None:
    """Seconds before the try that follows number `attempt` (from 1); None where no further one is made.

    `retry_after` is the header of the server, in seconds or as a date; it is obeyed up to LONGEST_WAIT.
    """
    if not busy.again:
        return None
    if busy.loading and attempt <= _MOST_TRIES_WHILE_LOADING:
        return _LOADING_SECONDS
    if attempt > len(BACK_OFF_SECONDS):
        return None
    told = seconds_of(retry_after)
    if told is None:
        return BACK_OFF_SECONDS[attempt - 1]
    return None if told > LONGEST_WAIT else max(told, 0.1)


def seconds_of(retry_after: str) -> float | None:
    """What a `Retry-After` header means in seconds; None where it says nothing."""
    text = retry_after.strip()
    try:
        return max(0.0, float(text)) if text[:1].isdigit() and "," not in text else _until(text)
    except (ValueError, TypeError, OverflowError):
        return None


def _until(date: str) -> float | None:
    if not date:
        return None
    return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())


def _ordinal(number: int) -> str:
    return _ORDINALS[number - 1] if number <= len(_ORDINALS) else f"{number}th"
