"""The end of a forked copy: how it came, what the copy had said, and words for an end by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .private_folder import BYTES

RETURNED, DIED, TIME, UNDECIDED, FULL, CANCELLED = (
    "returned",
    "died",
    "time",
    "undecided",
    "full",
    "cancelled",
)
TOO_MANY_FILES = f"it writes more than {BYTES >> 20} MB of temporary files"

# The share of its time that a copy must have computed for its end to say something about its code.
_WORKED = 0.8
# How much longer than `seconds` a copy is waited for that the machine gives no processor.
PATIENCE = 4


@dataclass(frozen=True)
class Outcome:
    """How a forked function ended.

    Attributes:
        ended: RETURNED, DIED (the process ended before the function did), TIME (it computed for all of its
            time), UNDECIDED (it waited, or the machine was busy elsewhere), FULL (its folder is), CANCELLED.
        sent: the messages of the child, in order, whatever the end was.
        refused: the first thing that confinement refused, as a phrase; "" for nothing.
        status: exit status, or minus the number of the signal that ended the child; 0 where it is not known.
        seconds: from the fork until the end was seen.
    """

    ended: str
    sent: tuple[dict[str, Any], ...] = ()
    refused: str = ""
    status: int = 0
    seconds: float = 0.0

    @property
    def is_late(self) -> bool:
        """Whether only the clock ended it."""
        return self.ended in (TIME, UNDECIDED)


def late(outcome: Outcome, seconds: float) -> str:
    """The phrase for a copy that its time ended."""
    return f"timed out after {seconds:g} s" if outcome.ended == TIME else f"not decided in {seconds:g} s"


def end_of_time(elapsed: float, *, worked: float, starved: float, seconds: float) -> str:
    """TIME or UNDECIDED for a copy whose time is up, "" for one that has some left; all in seconds.

    Args:
        elapsed: of the clock, since the fork.
        worked: of the processor, by all threads of the copy.
        starved: spent ready to work, without a processor to do it on.
        seconds: what the copy was given.
    """
    if elapsed < seconds:
        return ""
    if worked >= _WORKED * seconds:
        return TIME
    return UNDECIDED if elapsed - starved >= seconds or elapsed >= PATIENCE * seconds else ""
