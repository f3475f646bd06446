"""Sessions and notebooks in real kernels: does a cell show in the copy what it shows for real?"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from jupyter_devstral.cli.run.kernel_stage import KernelStage
from jupyter_devstral.core.agent.steps import Ran
from jupyter_devstral.core.python.source import names_of
from tests.support.sessions import cells_of

# Of the notebooks of the recorded data those whose packages are everywhere.
NOTEBOOKS = ("handson-ml3/tools_numpy.ipynb", "handson-ml3/tools_pandas.ipynb", "nbclient/Factorials.ipynb")
LEAST_CELLS = 150
# What differs between two runs of anything: addresses, and the folder that is named for the process.
_VARYING = re.compile(r"0x[0-9a-f]+|ipykernel_\d+/\d+\.py")


@dataclass
class Compared:
    """Counts of cells.

    Attributes:
        same, different: of those that showed the same in two real runs and were refused nothing.
        unsteady: showed something else in the second real run.
        refused: were refused something in the copy, or read what such a cell would have made.
    """

    same: int = 0
    different: int = 0
    unsteady: int = 0
    refused: int = 0


def run(shared: Path | None) -> list[Row]:
    """The row of the table."""
    what, bar = "rehearsed output = real output", f"≥ 99.5 % of at least {LEAST_CELLS} cells"
    if shared is None:
        return [Row(what, "", "", bar, None)]
    compared = Compared()
    for name, cells in _documents(shared):
        _compare(name, cells, shared, compared)
    judged = compared.same + compared.different
    share = compared.same / max(1, judged)
    return [
        Row(
            what,
            f"{compared.same} of {judged} cells ({share:.1%})",
            f"{compared.unsteady} differ between two real runs, {compared.refused} refused",
            bar,
            share >= 0.995 and judged >= LEAST_CELLS,
        )
    ]


def _documents(shared: Path) -> Iterator[tuple[str, list[str]]]:
    for path in sorted((shared / "sessions" / "exercise").glob("*.py")):
        yield path.stem, [cell.source for cell in cells_of(path)]
    for name in NOTEBOOKS:
        data = json.loads((shared / "notebooks" / name).read_text(encoding="utf-8"))
        sources = ["".join(cell["source"]) for cell in data["cells"] if cell["cell_type"] == "code"]
        yield name, [source for source in sources if source.strip()]


def _compare(name: str, cells: list[str], shared: Path, compared: Compared) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(shared / "sessions" / "exercise" / "_inputs", Path(folder) / "inputs")
        with KernelStage("python3", Path(folder), seconds=120) as first:
            once = [first.run_for_real(cell) for cell in cells]
        with KernelStage("python3", Path(folder), seconds=120) as second:
            second.set_up({}, load=False)
            second.begin()
            copied = [second.run(cell, ()) for cell in cells]
            second.end()
            twice = [second.run_for_real(cell) for cell in cells]
    missing: set[str] = set()
    for index, runs in enumerate(zip(once, twice, copied, strict=True)):
        real, again, rehearsed = runs
        names = names_of(cells[index])
        is_refused = bool(rehearsed.refused or rehearsed.problem or names.loads & missing)
        if is_refused:
            missing |= names.binds
        if _shown(real) != _shown(again):
            compared.unsteady += 1
        elif is_refused:
            compared.refused += 1
        elif _shown(real) == _shown(rehearsed):
            compared.same += 1
        else:
            compared.different += 1
            print(f"  differs: {name}, cell {index}: {_shown(real)[:200]} | {_shown(rehearsed)[:200]}")


def _shown(ran: Ran) -> str:
    """Give all that a cell showed as one text; of an error its class and its words."""
    parts: list[Any] = []
    # In which order two streams arrive from a kernel is a matter of when they are flushed.
    streams: dict[str, str] = {}
    for output in ran.outputs:
        if output["output_type"] == "error":
            parts.append((output["ename"], output["evalue"]))
        elif output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            parts.append((output["output_type"], sorted(output["data"].items())))
    return _VARYING.sub("…", str([sorted(streams.items()), parts]))
