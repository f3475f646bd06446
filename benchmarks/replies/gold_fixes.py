"""49 recorded crashes whose repair by hand is known, replayed through the reply path in twelve formats."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from jupyter_devstral.core.edits.application import apply_edits
from jupyter_devstral.core.edits.edit import Edit
from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.notebook.file import notebook_from_json
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Task

Block = tuple[int, str]
FORMATS = 12
_CHUNK = 7
LEAD = "The call gets a value of the wrong shape, because of what an earlier step did."


def crashes(shared: Path) -> Iterator[dict[str, Any]]:
    """The recorded crashes, in order of their names."""
    for path in sorted((shared / "crashes" / "cases").glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def notebook_json(sources: Sequence[str]) -> dict[str, Any]:
    """A notebook file of code cells `c0`, `c1` …"""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": s,
        }
        for n, s in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def gold_blocks(crash: dict[str, Any]) -> list[Block]:
    """The cells that the repair by hand changes, with their new sources; the crashing one is the last."""
    fix = crash["fix"]
    blocks = [(change["cell"], fix["cells"][change["fixed_cell"]]) for change in fix["changes"]]
    if fix["crashing_cell"] != crash["crashing_cell"]:
        blocks.append((len(crash["cells"]), fix["crashing_cell"]))
    return blocks


def named(blocks: Sequence[Block], dress: Callable[[str], str], crashing: int) -> str:
    """One part for each block; a cell is named unless the crashing one alone is changed."""
    alone = len(blocks) == 1 and blocks[0][0] == crashing
    return "\n\n".join(("" if alone else f"[cell {n}]\n") + dress(source) for n, source in blocks)


def fence(source: str, opening: str = "```python", closing: str = "```") -> str:
    return f"{opening}\n{source}\n{closing}"


def transcript(source: str) -> str:
    """The source as typed at a Python prompt."""
    try:
        starts = {line for node in ast.parse(source).body for line in _first_lines(node)}
    except SyntaxError:
        starts = set()
    lines = source.split("\n")
    shown, inside = [], False
    for number, line in enumerate(lines, 1):
        first = number in starts or (not inside and not line.startswith((" ", "\t", ")", "]", "}")))
        inside = inside or number in starts
        if line.strip() and first:
            inside = True
        shown.append((">>> " if first or not shown else "... ") + line)
    return "\n".join(line.rstrip() if line.strip() in (">>>", "...") else line for line in shown)


def _first_lines(node: ast.stmt) -> list[int]:
    decorators = getattr(node, "decorator_list", [])
    return [min([node.lineno, *(each.lineno for each in decorators)])]


def formats(blocks: Sequence[Block], crashing: int) -> dict[str, str]:
    """The same repair as twelve models might write it."""

    def reply(dress: Callable[[str], str]) -> str:
        return f"{LEAD}\n\n{named(blocks, dress, crashing)}\n"

    plain = reply(fence)
    listed = "\n".join(
        f"{number}. Change it:\n\n" + "\n".join(f"   {line}" for line in part.split("\n")) + "\n"
        for number, part in enumerate((named([b], fence, crashing) for b in blocks), 1)
    )
    wrapped = f"````markdown\n{plain}````\n"
    return {
        "plain": plain,
        "untagged": reply(lambda source: fence(source, "```")),
        "{python}": reply(lambda source: fence(source, "```{python}")),
        "four ticks": reply(lambda source: fence(source, "````python", "````")),
        "tilde": reply(lambda source: fence(source, "~~~python", "~~~")),
        "in a list": f"{LEAD}\n\n{listed}",
        "unclosed": plain.rstrip()[:-3].rstrip("\n") + "\n",
        "CRLF": plain.replace("\n", "\r\n"),
        ">>>": reply(lambda source: fence(transcript(source))),
        "glued": reply(lambda source: f"Use this:{fence(source)}That is all."),
        "output around": f"It printed:\n```\nTraceback (most recent call last):\nValueError: 3\n```\n"
        f"{plain}\nOutput:\n```\n   price  n\n0    1.0  2\n```\n",
        "nested": wrapped,
    }


def applied(crash: dict[str, Any], reply: str) -> tuple[list[str], tuple[Edit, ...]]:
    """The cells after the reply's proposal was accepted."""
    data = notebook_json([*crash["cells"], crash["crashing_cell"]])
    notebook = notebook_from_json(data)
    parser = ReplyParser()
    chunks = [reply[at : at + _CHUNK] for at in range(0, len(reply), _CHUNK)]
    events = [*(event for chunk in chunks for event in parser.feed(chunk)), *parser.close()]
    target = notebook.cells[-1]
    edits, _ = propose_edits(
        Task.FIX, events, anchor=target.key, target=target, language="python", notebook=notebook
    )
    after = apply_edits(data, edits, index_of_anchor=target.index)
    return [cell.source for cell in notebook_from_json(after).cells], edits


def replayed(shared: Path) -> Iterator[tuple[str, str, bool, bool]]:
    """(crash, format, all cells exactly as repaired by hand, the repair touches another cell)."""
    for crash in crashes(shared):
        blocks = gold_blocks(crash)
        crashing = len(crash["cells"])
        expected = [*crash["cells"], crash["crashing_cell"]]
        for index, source in blocks:
            expected[index] = source
        elsewhere = any(index != crashing for index, _ in blocks)
        for name, reply in formats(blocks, crashing).items():
            cells, _ = applied(crash, reply)
            yield crash["id"], name, cells == expected, elsewhere


def run(shared: Path | None) -> list[Row]:
    """Every crash in every format."""
    if shared is None:
        return [Row("gold fixes replayed", "no recorded crashes here", "", "100 %", None)]
    results = list(replayed(shared))
    right = sum(exact for _, _, exact, _ in results)
    other = [exact for _, _, exact, elsewhere in results if elsewhere]
    return [
        Row(
            "gold fixes: right cell exact, others untouched",
            f"{right}/{len(results)}",
            "",
            "100 %",
            right == len(results),
        ),
        Row("gold fixes that touch another cell", f"{sum(other)}/{len(other)}", "", "100 %", all(other)),
    ]
