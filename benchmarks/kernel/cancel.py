"""Interrupting a cell (■): when the server sees the connection close, and when the kernel is free again."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.kernel.connected import kernel
from benchmarks.row import Row
from tests.support.jupyter.kernel import Kernel
from tests.support.scripted.server import ScriptedOllama

RUNS = 7
WORDS = [f"word{number} " for number in range(2000)]


def interrupt(k: Kernel, server: ScriptedOllama, after: float) -> tuple[float, float]:
    """Seconds from the interrupt to the closed connection, and to the idle kernel."""
    message_id = k.start("%%devstral ask\ncount to two thousand")
    time.sleep(after)
    # The same clock as the server's: both read time.monotonic of this machine.
    start = time.monotonic()
    k.interrupt()
    closed = server.wait_closed(timeout=10)
    k.finish(message_id)
    return closed - start, time.monotonic() - start


def measure(streaming: bool) -> tuple[float, float]:
    """Medians in milliseconds: connection closed, cell back."""
    pace = {"piece_delay": 0.02} if streaming else {"first_byte_delay": 30.0}
    with ScriptedOllama(replies=[WORDS] * (RUNS + 1), **pace) as server, kernel(server.url) as k:
        times = [interrupt(k, server, after=1.0) for _ in range(RUNS + 1)][1:]
    return tuple(statistics.median(column) * 1000 for column in zip(*times, strict=True))  # type: ignore[return-value]


def run(shared: Path | None) -> list[Row]:
    """Medians of RUNS interrupts in one kernel, after one that is not counted."""
    rows = []
    for name, streaming in (("while streaming", True), ("before the first byte", False)):
        closed, back = measure(streaming)
        against = f"the interrupt; median of {RUNS}"
        rows.append(
            Row(f"cancel {name}: connection closed", f"{closed:.0f} ms", against, "<= 50 ms", closed <= 50)
        )
        rows.append(Row(f"cancel {name}: cell back", f"{back:.0f} ms", against, "<= 150 ms", back <= 150))
    return rows
