"""Times of another process, as Linux counts them."""

from __future__ import annotations

import os


def worked(pid: int) -> float:
    """Seconds of processor time of all its threads; 0 where the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            # Behind the name, which may hold anything: fields 14 and 15.
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def starved(pid: int) -> float:
    """Seconds its main thread was ready and had no processor; 0 where the system does not count them."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
            return int(stat.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
