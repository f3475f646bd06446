"""A whole task done by a real small model, as it comes: told as Markdown, right or wrong.

Needs a model: DEVSTRAL_AGENT_GGUF=/path/to/qwen2.5-coder-1.5b.gguf; on two cores it takes minutes. The
transcript is written to `bench-output/real_run.md`; the one that is kept is `benchmarks/REAL_RUN.md`, with
what is to be said of it. DEVSTRAL_AGENT_TASK names one of the tasks below.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat

from benchmarks.row import Row
from jupyter_devstral.core.agent.results import capped, outputs_text
from jupyter_devstral.core.context.cell_text import fenced

OUTPUT = Path("bench-output/real_run.md")
FILES = {
    "north.csv": "order,customer,amount\n1,Ada,120\n2,Ben,80\n2,Ben,80\n",
    "south.csv": "order,customer,amount\n3,Cleo,200\n4,Ada,40\n",
    "west.csv": "order,customer,amount\n5,Dan,60\n6,Ben,95\n",
}
LOAD = "import pandas as pd\nregions = ['north', 'south', 'west']"
# A task, the cells that are there, and what a right result shows.
TASKS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "join": (
        "load the three CSV files, join them, drop repeats, show the total amount per customer",
        (LOAD,),
        ("160", "175", "200", "60"),
    ),
    "column": (
        "add a column with the amount plus 19 % tax, and show its total",
        (f"{LOAD}\ndf = pd.concat([pd.read_csv(name + '.csv') for name in regions])", "df.head()"),
        ("803.25",),
    ),
    "mend": (
        "find and fix what is wrong in cell 2",
        (
            f"{LOAD}\ndf = pd.concat([pd.read_csv(name + '.csv') for name in regions])",
            "mean = df['amount'].sum() / len(regions)\nprint('mean amount of an order:', mean)",
        ),
        ("96.4",),
    ),
}
# A choice of the seed that is not made by looking at what comes.
_FLAGS = ("--DevstralConfig.seed=1", "--DevstralConfig.temperature=0", "--DevstralConfig.host=")
_LONGEST_REPLY, _LONGEST_OUTPUT = 1_500, 700


def run(shared_data: Path | None) -> list[Row]:
    """One row, without a bar: what such a model can do is no promise of ours."""
    gguf = os.environ.get("DEVSTRAL_AGENT_GGUF", "")
    if not gguf:
        return [Row("a whole task of a real small model", "", "", "", None)]
    from tests.support.models.embedded_process import start_embedded

    chosen = os.environ.get("DEVSTRAL_AGENT_TASK", "join")
    with start_embedded(Path(gguf), "small", "--threads", "2") as server:
        text, measured = carried_out(chosen, server.url)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(text, encoding="utf-8")
    return [Row(f"a real small model: {TASKS[chosen][0]}", measured, str(OUTPUT), "", None)]


def carried_out(chosen: str, url: str) -> tuple[str, str]:
    """Have a task done as a user does; gives the transcript, and how it ended in words."""
    task, cells, right = TASKS[chosen]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in FILES.items():
            (folder / file).write_text(content)
        made = [nbformat.v4.new_code_cell(source, id=f"given-{at}") for at, source in enumerate(cells, 1)]
        nbformat.write(nbformat.v4.new_notebook(cells=made), folder / "sales.ipynb")
        *flags, host = _FLAGS
        command = [sys.executable, "-m", "jupyter_devstral.cli", "do", "sales.ipynb", task, "-o", "out.ipynb"]
        data = folder / "data"
        environment = {**os.environ, "JUPYTER_DATA_DIR": str(data), "JUPYTER_CONFIG_DIR": str(data)}
        environment["PYTHONPATH"] = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
        command += ["--DevstralConfig.model=small", *flags, f"{host}{url}"]
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        out = nbformat.read(folder / "out.ipynb", 4)
        (record,) = (data / "jupyter_devstral" / "runs").glob("*.jsonl")
        entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    shown = "\n".join(outputs_text(cell.outputs) for cell in out.cells if cell.cell_type == "code")
    is_right = all(value in shown for value in right)
    sentence = (
        f"exit status {ended.returncode}; {facts(entries)}; right result shown: {'yes' if is_right else 'no'}"
    )
    return "\n\n".join([f"Task: *{task}*", *transcript(entries), sentence]) + "\n", sentence


def facts(entries: list[dict[str, Any]]) -> str:
    """Count steps, tokens and minutes."""
    replies = [entry for entry in entries if entry["what"] == "reply"]
    read, written = (sum(entry[f"{kind}_tokens"] for entry in replies) for kind in ("prompt", "reply"))
    seconds = entries[-1]["at"] - entries[0]["at"]
    return (
        f"{len(replies)} steps, {read:,} tokens read (cached ones too), {written:,} written, {seconds:.0f} s"
    )


def transcript(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Tell a run from its record, long parts shortened by marks."""
    for entry in entries:
        if entry["what"] == "reply":
            counted = f"{entry['prompt_tokens']} tokens read, {entry['reply_tokens']} written"
            ended = f"; ended early: {entry['ended']}" if entry.get("ended") else ""
            yield f"**Step {entry['step']}** ({counted}{ended}). The model:"
            yield fenced(capped(entry["text"].strip() or "(nothing)", _LONGEST_REPLY), "text")
        elif entry["what"] == "cell":
            ran = entry["ran"]
            became = ran["problem"] or ran["refused"] or ran["error"] or "ran"
            yield f"Cell `{entry['cell'][:4]}` in the copy: {became}"
            shown = "" if ran["error"] else capped(outputs_text(ran["outputs"]), _LONGEST_OUTPUT)
            hints = "\n".join(f"Hint: {hint}" for hint in ran["hints"])
            if text := f"{shown}\n{hints}".strip("\n"):
                yield fenced(text, "text")
        elif entry["what"] == "said":
            yield f"*{entry['words']}*"
        elif entry["what"] == "end":
            yield f"**End**: {entry['how']}{': ' if entry['reason'] else ''}{entry['reason']}."
