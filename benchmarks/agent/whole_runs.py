"""Recorded sessions through the whole loop, the reference answers as the model; and what a step costs.

A question passes where what was kept and run does all that its validators can ask, whichever it names: no
error, the same value, the same printed text, the same variables and files as the reference by itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.kernel.trials import contents, shell
from benchmarks.row import Row
from jupyter_devstral.core.agent.draft import Draft
from jupyter_devstral.core.agent.loop import AgentRun
from jupyter_devstral.core.agent.opening import opening_messages, tokens_of_instructions
from jupyter_devstral.core.agent.steps import AskModel, Heard, Question, Ran, RunCell
from jupyter_devstral.core.agent.tool import all_tools
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.kernel.rehearsal.rehearsal import Rehearsal
from tests.support.sessions import SessionCell, cells_of

_ADDRESS = re.compile(rb"0x[0-9a-f]+")
FRAME_BYTES = 200 * 2**20
FORKS, STEPS = 9, 30


class Counts:
    """What happened in all runs together; times in seconds."""

    def __init__(self) -> None:
        self.failing = self.runs = self.passed = self.asked = self.questions = self.changed = 0
        self.own: list[float] = []
        self.wrong: list[str] = []
        self.fresh = self.appended = 0


def run(shared: Path | None) -> list[Row]:
    """The rows of the table."""
    rows = [*_copies(), _instructions()]
    if shared is None:
        return rows
    counts = Counts()
    for path in sorted((shared / "sessions" / "exercise").glob("*.py")):
        _drive(path.stem, list(cells_of(path)), shared, counts)
    print("\n".join(counts.wrong), end="\n" if counts.wrong else "")
    own = statistics.median(counts.own) * 1000
    ratio = counts.fresh / counts.appended
    return [
        Row(
            "questions of sessions through the whole loop, kept and run: all validators pass",
            f"{counts.passed} of {counts.runs}",
            f"the reference answers run by themselves; {counts.failing} more fail there, too",
            "all",
            counts.passed == counts.runs,
        ),
        Row(
            "namespace, files, random state changed by a rehearsal",
            f"{counts.changed} of {counts.runs} runs",
            "",
            "0",
            not counts.changed,
        ),
        Row(
            "questions in runs without outside effects, beside the review",
            str(counts.questions),
            "",
            "0",
            not counts.questions,
        ),
        Row("own time of a step, beyond model and cell", f"{own:.1f} ms", "", "≤ 10 ms", own <= 10),
        Row("uncached tokens of a step over append-only", f"{ratio:.2f} ×", "", "≤ 1.1 ×", ratio <= 1.1),
        *rows,
    ]


def _drive(name: str, cells: list[SessionCell], shared: Path, counts: Counts) -> None:
    """Run a session by itself, then each of its questions through the loop."""
    with _workplace(shared) as ip:
        expected = [_ran(ip, [cell.source]) for cell in cells]
    with _workplace(shared) as ip:
        known: list[Cell] = []
        for cell, reference in zip(cells, expected, strict=True):
            asked, files = counts.asked, _files()
            sources = _run(ip, known, cell.source, counts) if cell.question else [cell.source]
            ran = _ran(ip, sources)
            # An answer that really writes files is asked about rightly.
            counts.questions += counts.asked - asked if _files() == files else 0
            if cell.question:
                failed = reference["error"] is not None
                counts.failing += failed
                counts.runs += not failed
                wrong = [what for what in reference if ran[what] != reference[what]]
                counts.passed += not failed and not wrong
                if wrong and not failed:
                    counts.wrong.append(f"  differs: {name}: {', '.join(wrong)}: {cell.source[:100]!r}")
            known += [Cell(f"{len(known):08x}", len(known), "code", source) for source in sources]


def _ran(ip: Any, sources: list[str]) -> dict[str, Any]:
    """Run cells for real; returns all that a validator of the sheets can look at."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        results = [ip.run_cell(source) for source in sources]
    error = results[-1].error_before_exec or results[-1].error_in_exec
    return {
        "error": None if error is None else f"{type(error).__name__}: {error}",
        "result": _value(results[-1].result),
        "stream": _ADDRESS.sub(b"", out.getvalue().encode()),
        # Functions are told by their addresses.
        "namespace": {name: _ADDRESS.sub(b"", content) for name, content in contents(ip).items()},
        "files": sorted(str(path.relative_to(Path.cwd())) for path in Path.cwd().rglob("*")),
    }


def _value(value: Any) -> bytes:
    try:
        return pickle.dumps(value)
    except (pickle.PicklingError, TypeError, AttributeError):
        return _ADDRESS.sub(b"", repr(value).encode())


def _run(ip: Any, known: list[Cell], answer: str, counts: Counts) -> list[str]:
    """Play one run; returns the sources of the cells to keep."""
    notebook = Notebook(tuple(known))
    draft = Draft(notebook)
    prompt = build_prompt(Request(Task.CHAT, "", notebook))
    opening = opening_messages(prompt, draft, "The next question.", all_tools(), plan=False, native=True)
    before = _state(ip)
    rehearsal = Rehearsal(ip)
    rehearsal.start()
    # A cell that failed is asked about once more.
    replies = iter([f"```python\n{answer}\n```", "Done.", "Done."])
    steps = AgentRun(draft, opening).steps()
    sent: tuple[Message, ...] = ()
    value: Any = None
    own = time.perf_counter()
    try:
        while True:
            step = steps.send(value)
            counts.own.append(time.perf_counter() - own)
            value = None
            if isinstance(step, AskModel):
                _count_tokens(step.messages, sent, counts)
                sent = step.messages
                value = Heard(next(replies), reply_tokens=1)
            elif isinstance(step, RunCell):
                value = Ran(**vars(rehearsal.run(step.source, step.allowed)))
            elif isinstance(step, Question):
                counts.asked += 1
                value = False
            own = time.perf_counter()
    except StopIteration:
        pass
    finally:
        rehearsal.close()
    counts.changed += _state(ip) != before
    return [cell.source for cell in draft.touched]


def _count_tokens(messages: tuple[Message, ...], before: tuple[Message, ...], counts: Counts) -> None:
    """Count what a prefix cache would have to read, and what was appended."""
    if not before:
        return
    old, new = _text(before), _text(messages)
    pairs = enumerate(zip(old, new, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
    counts.fresh += estimate_tokens(new[same:])
    counts.appended += estimate_tokens(_text(messages[len(before) :]))


def _text(messages: tuple[Message, ...]) -> str:
    return "".join(f"<{message.role}>{message.content}" for message in messages)


def _state(ip: Any) -> Any:
    """Everything of the user's that a rehearsal must leave alone."""
    import numpy

    return contents(ip), _files(), random.getstate(), numpy.random.get_state()[1].tolist()


def _files() -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in Path.cwd().rglob("*"))


@contextlib.contextmanager
def _workplace(shared: Path) -> Iterator[Any]:
    """A shell in a folder that has the data as files of its own."""
    exercise = shared / "sessions" / "exercise"
    quiet = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, shell(exercise) as ip, quiet:
        shutil.copytree(exercise / "_inputs", Path(folder) / "inputs")
        os.chdir(folder)
        yield ip


def _copies() -> list[Row]:
    quiet = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, shell(Path(folder)) as ip, quiet:
        ip.run_cell(f"import numpy as np\nframe = np.ones({FRAME_BYTES // 8})")
        forks, steps = [], []
        for _ in range(FORKS):
            rehearsal = Rehearsal(ip)
            began = time.perf_counter()
            rehearsal.start()
            forks.append((time.perf_counter() - began) * 1000)
            rehearsal.run("x = 0")
            for number in range(STEPS // FORKS + 1):
                began = time.perf_counter()
                rehearsal.run(f"x = {number}\nx")
                steps.append((time.perf_counter() - began) * 1000)
            rehearsal.close()
    fork, step = statistics.median(forks), statistics.median(steps)
    return [
        Row("fork of a kernel with 200 MB", f"{fork:.0f} ms", "", "≤ 100 ms", fork <= 100),
        Row("a step of the copy", f"{step:.1f} ms", "", "≤ 20 ms", step <= 20),
    ]


def _instructions() -> Row:
    tokens = tokens_of_instructions(all_tools(), estimate_tokens)
    as_json = len(json.dumps([tool.wire() for tool in all_tools()]))
    compared = f"tools alone: {as_json:,} characters"
    return Row(
        "system message, instructions and tools", f"{tokens:,} tokens", compared, "≤ 1,300", tokens <= 1_300
    )
