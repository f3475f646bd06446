"""What `%load_ext jupyter_devstral` adds to a bare IPython: seconds and memory, fresh processes in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.row import Row

RUNS = 7

# Both processes build the same shell first; only the second loads the extension between the two readings.
# Kernels and terminals have asyncio before anything is loaded.
SCRIPT = """
import asyncio, json, resource, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("pass")
def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()
before, start = resident(), time.perf_counter()
if sys.argv[1] == "with":
    shell.run_line_magic("load_ext", "jupyter_devstral")
print(json.dumps([time.perf_counter() - start, resident() - before]))
"""


def one(mode: str) -> tuple[float, float]:
    """Seconds and bytes between the two readings of one fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, mode], capture_output=True, text=True, check=True, timeout=60
    )
    seconds, grown = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, grown


def run(shared: Path | None) -> list[Row]:
    """Medians of RUNS processes each, in turn."""
    pairs = [(one("without"), one("with")) for _ in range(RUNS)]
    milliseconds = statistics.median(b[0] - a[0] for a, b in pairs) * 1000
    megabytes = statistics.median(b[1] - a[1] for a, b in pairs) / 1e6
    against = f"bare IPython, median of {RUNS}"
    return [
        Row("%load_ext, added time", f"{milliseconds:.1f} ms", against, "<= 60 ms", milliseconds <= 60),
        Row("%load_ext, added memory", f"{megabytes:.1f} MB", against, "<= 10 MB", megabytes <= 10),
    ]
