"""How long building a prompt takes: unchanged cells and new ones, 300 cells and 3,000."""

from __future__ import annotations

import itertools
import statistics
import time
from pathlib import Path

from benchmarks.row import Row
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.request.tasks import Request, Task

RUNS = 5
BUDGET = 24_000
_fresh = itertools.count()


def notebook(cells: int) -> Notebook:
    """A notebook nobody has seen before: functions, frames, plots, prints and prose, 12 lines a cell."""
    mark = next(_fresh)
    return Notebook(tuple(_cell(index, mark) for index in range(cells)))


def _cell(index: int, mark: int) -> Cell:
    if index % 4 == 3:
        text = f"## Step {index} of {mark}\n" + "What we want to see here is how it depends. " * 5
        return Cell(f"c{index}", index, "markdown", text)
    body = "\n".join(f"    part_{n} = table['column_{n}'].fillna({mark}).rolling(2).mean()" for n in range(8))
    source = (
        f"def step_{index}(table, scale={mark}):\n{body}\n"
        f"    return part_0 * scale + step_{max(index - 9, 0)}(table)\n"
        f"result_{index} = step_{index}(frame_{index % 7})\n"
        f"frame_{index % 7} = result_{index}.dropna()\nresult_{index}"
    )
    table = "   price  region\n" + "\n".join(f"{n}  {n}.5  north {mark}" for n in range(10))
    outputs = (
        Output("stream", f"epoch {index}: loss {mark}\n" * 20),
        Output("result", table, mime="text/html"),
    )
    return Cell(f"c{index}", index, "code", source, outputs)


def milliseconds(cells: int) -> tuple[float, float]:
    """Medians: (cold, unchanged cells)."""
    cold, cached = [], []
    for _ in range(RUNS):
        fresh, redactor = notebook(cells), Redactor()
        for times in (cold, cached):
            start = time.perf_counter()
            build_prompt(Request(Task.ASK, "how is frame_3 made?", fresh), budget=BUDGET, redactor=redactor)
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(cold), statistics.median(cached)


def run(shared: Path | None) -> list[Row]:
    """Needs no shared data."""
    cold, cached = milliseconds(300)
    cold_3000, cached_3000 = milliseconds(3000)
    return [
        Row("context build, 300 cells, cached", f"{cached:.1f} ms", "", "<= 50 ms", cached <= 50),
        Row("context build, 300 cells, cold", f"{cold:.1f} ms", "", "<= 250 ms", cold <= 250),
        Row(
            "context build, 3,000 cells over 300",
            f"cold {cold_3000 / cold:.1f}x, cached {cached_3000 / cached:.1f}x",
            f"{cold_3000:.0f} ms, {cached_3000:.0f} ms",
            "<= 15x (linear: 10x)",
            cold_3000 <= 15 * cold and cached_3000 <= 15 * cached,
        ),
    ]


if __name__ == "__main__":
    for row in run(None):
        print(row)
