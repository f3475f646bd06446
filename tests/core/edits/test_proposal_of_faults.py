"""Replies that once deleted code, or whose code was not found: each with what is right."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.reply.parser import Code, Prose, ReplyParser
from jupyter_devstral.core.request.tasks import Task


def read(reply: str, size: int) -> list[Prose | Code]:
    parser = ReplyParser()
    events: list[Prose | Code] = []
    for start in range(0, len(reply), size):
        events += parser.feed(reply[start : start + size])
    return [*events, *parser.close()]


def test_no_reply_deletes_what_it_does_not_speak_of(shared_data: Path) -> None:
    paths = sorted((shared_data / "faults").glob("edit-*.json"))
    assert len(paths) > 15
    for path in paths:
        case = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(Cell(f"c{n}", n, "code", source) for n, source in enumerate(case["cells"]))
        for size in range(1, len(case["reply"]) + 1):
            edits, notes = propose_edits(
                Task(case["task"]),
                read(case["reply"], size),
                anchor="",
                target=cells[case["cell"]],
                language="python",
                notebook=Notebook(cells),
            )
            new = {edit.cell_id: edit.source for edit in edits}
            assert [new.get(cell.key, cell.source) for cell in cells] in case["fine"], path.name
            assert new or notes, path.name


def test_code_is_found_and_only_code(shared_data: Path) -> None:
    paths = sorted((shared_data / "faults").glob("write-*.json"))
    assert len(paths) > 8
    for path in paths:
        case = json.loads(path.read_text(encoding="utf-8"))
        for size in range(1, len(case["reply"]) + 1):
            edits, _ = propose_edits(
                Task.WRITE, read(case["reply"], size), anchor="", target=None, language="python"
            )
            assert [edit.source for edit in edits] == case["want"], path.name
