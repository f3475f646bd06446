"""Trials in recorded sessions: is the verdict right, is the namespace as it was, what does a trial cost?"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from tests.support.sessions import CLEAN_SETS, SessionCell, cells_of

RUNS = 15
GIGABYTE = 2**30


@contextlib.contextmanager
def shell(folder: Path) -> Iterator[Any]:
    """A quiet IPython shell whose working directory has the sessions' data under `inputs`."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    InteractiveShell.clear_instance()
    ip = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as empty:
        os.symlink(folder / "_inputs", Path(empty) / "inputs")
        os.chdir(empty)
        try:
            yield ip
        finally:
            os.chdir(before)
            InteractiveShell.clear_instance()


def contents(ip: Any) -> dict[str, bytes]:
    """Every variable's content, by pickle or else its repr: another way than the trial's own."""
    import pickle

    found = {}
    for name, value in ip.user_ns.items():
        if name[:1] == "_" or name in ip.user_ns_hidden or name in ("In", "Out"):
            continue
        try:
            found[name] = pickle.dumps(value)
        except (pickle.PicklingError, TypeError, AttributeError):
            found[name] = repr(value).encode()
    return found


def tables(ip: Any) -> list[str]:
    """Names of the session's tables, the oldest first."""
    return [
        name for name, value in ip.user_ns.items() if name[:1] != "_" and type(value).__name__ == "DataFrame"
    ]


def verdict_on(ip: Any, source: str) -> Any:
    from jupyter_devstral.kernel.trial.trial import Step, Trial

    trial = Trial(ip, [Step(source)], seconds=20.0)
    trial.start()
    return trial.result()


def judge(ip: Any, cell: SessionCell) -> Counter[str]:
    """The three trials of one question: which verdicts were right, and whether all was left as it was."""
    names = tables(ip)
    existing = names[0] if names else next(n for n, v in ip.user_ns.items() if n[:1] != "_" and _is_module(v))
    raising = f"{existing}['no such column']" if names else f"{existing}.no_such_name"
    changing = f"{existing}.loc[:, 'added'] = 1" if names else f"{existing} = None"
    before, files = contents(ip), sorted(os.listdir())
    clean = verdict_on(ip, cell.source)
    fails = verdict_on(ip, f"{cell.source}\n{raising}")
    changes = verdict_on(ip, f"{cell.source}\n{changing}")
    right = {
        "clean": clean.kind == "clean",
        "fails": fails.kind == "fails" and fails.ename in ("KeyError", "AttributeError"),
        "changes": changes.kind == "clean" and existing in changes.changes,
    }
    if ".to_csv(" in cell.source:
        # The one right verdict on an answer that writes files, whatever else it does.
        verdicts = {"clean": clean, "fails": fails, "changes": changes}
        right = {name: "it writes files" in verdict.reason for name, verdict in verdicts.items()}
    untouched = contents(ip) == before and sorted(os.listdir()) == files
    return Counter(questions=1, untouched=untouched, **right)


def _is_module(value: object) -> bool:
    return type(value).__name__ == "module"


def replay(folder: Path, name: str) -> Counter[str]:
    """One session: every question is tried in three ways, then its answer is run."""
    counts: Counter[str] = Counter()
    with shell(folder) as ip, contextlib.redirect_stdout(io.StringIO()):
        for cell in cells_of(folder / f"{name}.py"):
            if cell.question:
                counts += judge(ip, cell)
            ip.run_cell(cell.source, store_history=True).raise_error()
    return counts


# In a process of its own: its size is part of what is measured. `[seconds, own seconds, fork seconds]`.
COST = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
from jupyter_devstral.kernel.trial.trial import Step, Trial
ip = InteractiveShell.instance()
ip.run_cell("import numpy as np, pandas as pd\\ndf = pd.DataFrame({'a': range(1000)})")
ip.user_ns["large"] = bytearray(int(sys.argv[1]))
times = []
for _ in range(int(sys.argv[2]) + 1):
    began = time.perf_counter()
    trial = Trial(ip, [Step("df.a.sum()")])
    trial.start()
    forked = time.perf_counter() - began
    verdict = trial.result()
    assert verdict.kind == "clean", verdict
    times.append([time.perf_counter() - began, verdict.seconds, forked])
print(json.dumps(times[1:]))
"""


def cost(size: int) -> tuple[float, float]:
    """Medians in milliseconds: a trial beyond the code's own time, and what of it holds the kernel."""
    done = subprocess.run(
        [sys.executable, "-c", COST, str(size), str(RUNS)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    times = json.loads(done.stdout.strip().splitlines()[-1])
    beyond = statistics.median(whole - own for whole, own, _ in times) * 1000
    return beyond, statistics.median(forked for _, _, forked in times) * 1000


def run(shared: Path | None) -> list[Row]:
    """All clean sets, then the cost."""
    if shared is None:
        return [Row("trials in recorded sessions", "no recorded sessions here", "", "100 %", None)]
    folder = shared / "sessions" / "exercise"
    began = time.monotonic()
    counts: Counter[str] = Counter()
    for name in CLEAN_SETS:
        counts += replay(folder, name)
    questions = counts["questions"]
    print(f"  {3 * questions} trials in {time.monotonic() - began:.0f} s", file=sys.stderr)
    rows = [
        Row(f"trials: {what}", f"{counts[key]}/{questions}", "", "100 %", counts[key] == questions)
        for what, key in (
            ("reference answers that run clean", "clean"),
            ("mutated answers that fail, with their error", "fails"),
            ("changed variables that are named", "changes"),
            ("namespace and files as before", "untouched"),
        )
    ]
    for label, size in (("small namespace", 0), ("1 GB namespace", GIGABYTE)):
        beyond, forked = cost(size)
        rows.append(
            Row(
                f"trial beyond the code's own time, {label}",
                f"{beyond:.0f} ms",
                f"median of {RUNS}",
                "",
                None,
            )
        )
        rows.append(Row(f"trial: kernel held, {label}", f"{forked:.1f} ms", f"median of {RUNS}", "", None))
    return rows
