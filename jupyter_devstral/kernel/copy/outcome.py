"""The end of a forked copy, what the copy had said until then, and words for an end by the clock."""

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


@dataclass(frozen=True)
class Outcome:
    """The end of a forked function.

    Attributes:
        ended: RETURNED, DIED (the process ended before the function did), TIME (it computed for all of its
            time), UNDECIDED (it waited, or the machine was busy elsewhere), FULL (its folder is), CANCELLED.
        sent: the messages of the child, in order, whatever the end was.
        refused: the first thing that confinement refused, as a phrase; "" for nothing.
        refused_last: the first that was since the last message of the child; "" for nothing.
        status: exit status, or minus the number of the signal that ended the child; 0 where it is not known.
        seconds: from the fork until the end was seen.
        starved: those of them that it was ready to work and had no processor.
    """

    ended: str
    sent: tuple[dict[str, Any], ...] = ()
    refused: str = ""
    refused_last: str = ""
    status: int = 0
    seconds: float = 0.0
    starved: float = 0.0

    @property
    def is_late(self) -> bool:
        """Whether only the clock ended it."""
        return self.ended in (TIME, UNDECIDED)


def late(outcome: Outcome, seconds: float) -> str:
    """Word the end of a copy whose time was up."""
    return f"timed out after {seconds:g} s" if outcome.ended == TIME else f"not decided in {seconds:g} s"
