"""The time limit of a copy, counted in processor time, so that a busy machine decides nothing."""

from __future__ import annotations

import os

from .outcome import TIME, UNDECIDED

# The share of its time that a copy must have computed for its end to say something about its code.
_WORKED = 0.8
# How long a copy is waited for that the machine gives no processor: times its seconds, and seconds at least.
_PATIENCE, _LEAST_PATIENCE = 4, 8.0


def end_of_time(elapsed: float, *, worked: float, starved: float, seconds: float) -> str:
    """Decide whether a copy's time is up: TIME, UNDECIDED, or "" where some is left.

    Args:
        elapsed: seconds of the clock, since the fork.
        worked: seconds of the processor, by all threads of the copy.
        starved: seconds spent ready to work, without a processor to do it on.
        seconds: that the copy was given.
    """
    if elapsed < seconds:
        return ""
    if worked >= _WORKED * seconds:
        return TIME
    return UNDECIDED if elapsed - starved >= seconds or elapsed >= patience(seconds) else ""


def patience(seconds: float) -> float:
    """The seconds of the clock after which a copy is ended in any case."""
    return max(_PATIENCE * seconds, _LEAST_PATIENCE)


def worked(pid: int) -> float:
    """Seconds of processor time that all threads of a process have had; 0 where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            # Behind the name, which may hold anything: fields 14 and 15.
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def starved(pid: int) -> float:
    """Seconds that a process's main thread was ready and had no processor; 0 where nobody counts them."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
            return int(stat.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
