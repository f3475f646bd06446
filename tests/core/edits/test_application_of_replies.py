"""A reply applied to every notebook of the shared data: only what it is for changes, files stay valid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat.validator import get_validator

from jupyter_devstral.core.edits.application import apply_edits
from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.errors import NotebookError
from jupyter_devstral.core.notebook.file import notebook_from_json, raw_cells, read_notebook_json
from jupyter_devstral.core.reply.parser import Code, Prose, ReplyParser
from jupyter_devstral.core.request.tasks import Task
from tests.support.sweeps import swept

REPLY = "Here:\n\n```{tag}\nfirst = 1\n\nsecond = 2\n```\n\nand\n\n```{tag}\nthird = 3\n```\n"


def read(reply: str, language: str) -> list[Prose | Code]:
    parser = ReplyParser(language)
    return [*parser.feed(reply), *parser.close()]


@pytest.fixture(scope="module")
def notebooks(shared_data: Path) -> list[tuple[str, dict[str, Any]]]:
    def readable() -> Iterator[tuple[str, dict[str, Any]]]:
        for path in sorted((shared_data / "notebooks").rglob("*.ipynb")):
            try:
                yield path.name, read_notebook_json(path.read_bytes())
            except NotebookError:
                continue

    found = list(readable())
    assert len(found) > 320
    return found


def positions(count: int) -> list[int]:
    return sorted({0, count // 2, count - 1}) if count else []


def test_inserting_into_every_notebook(notebooks: list[tuple[str, dict[str, Any]]]) -> None:
    for name, data in notebooks:
        notebook = notebook_from_json(data)
        language = notebook.language
        frozen = json.dumps(data)
        for index in positions(len(notebook.cells)):
            events = read(REPLY.replace("{tag}", language.replace(" ", "-")), language)
            anchor = notebook.cells[index].key
            edits, _ = propose_edits(Task.WRITE, events, anchor=anchor, target=None, language=language)
            after = apply_edits(data, edits, index_of_anchor=index)
            assert json.dumps(data) == frozen, name
            old, new = raw_cells(data), raw_cells(after)
            assert len(new) == len(old) + len(edits)
            kept = new[: index + 1] + new[index + 1 + len(edits) :]
            assert all(one is other for one, other in zip(kept, old, strict=True)), name
            read_back = notebook_from_json(after).cells[index + 1 : index + 1 + len(edits)]
            assert [(cell.kind, cell.source) for cell in read_back] == [
                ("code", edit.source) for edit in edits
            ]
            assert {**after, "cells": 0, "worksheets": 0} == {**data, "cells": 0, "worksheets": 0}


def test_rewriting_a_cell_of_every_notebook(notebooks: list[tuple[str, dict[str, Any]]]) -> None:
    rewritten = 0
    for name, data in notebooks:
        cells = notebook_from_json(data).cells
        for index in positions(len(cells)):
            target = cells[index]
            lines = "rewritten = 1\n" * max(1, target.source.count("\n") + 1)
            reply = f"```python\n{lines}```\n" if target.kind == "code" else "```markdown\n# Rewritten\n```\n"
            events = read(reply, "python")
            edits, _ = propose_edits(Task.EDIT, events, anchor="", target=target, language="python")
            (edit,) = edits
            after = apply_edits(data, edits, index_of_anchor=index)
            old, new = raw_cells(data), raw_cells(after)
            assert len(old) == len(new)
            assert all(new[i] is old[i] for i in range(len(old)) if i != index), name
            assert notebook_from_json(after).cells[index].source == edit.source
            if isinstance(old[index], dict):
                for key in ("metadata", "id", "attachments"):
                    assert new[index].get(key) == old[index].get(key)
            rewritten += 1
    assert rewritten > 600


def test_valid_notebooks_stay_valid(notebooks: list[tuple[str, dict[str, Any]]]) -> None:
    checked = 0
    for name, data in notebooks:
        if not _is_valid(data) or not raw_cells(data):
            continue
        events = read("```python\nx = 1\n```\n", "python")
        edits, _ = propose_edits(Task.WRITE, events, anchor="", target=None, language="python")
        assert _is_valid(apply_edits(data, edits, index_of_anchor=0)), name
        checked += 1
    assert checked > 250


def _is_valid(data: dict[str, Any]) -> bool:
    version, minor = data.get("nbformat"), data.get("nbformat_minor")
    if not isinstance(version, int) or not isinstance(minor, int):
        return False
    validator = get_validator(version, minor, name="jsonschema")
    return validator is not None and not list(validator.iter_errors(data))


def test_every_reply_can_be_applied(shared_data: Path) -> None:
    """Whatever a model says, for every task: no crash, and rewriting touches one cell at most."""
    target_source = "import pandas as pd\ndf = pd.read_csv('x.csv')\ndf.head()"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# A"},
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [], "source": target_source},
    ]
    data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    notebook = notebook_from_json(data)
    with (shared_data / "replies" / "replies.jsonl").open(encoding="utf-8") as lines:
        replies = swept([json.loads(line)["reply"] for line in lines], every=4)
    inserted = 0
    for reply in replies:
        events = read(reply, "python")
        sources = {event.source for event in events if isinstance(event, Code) and event.verdict == "cell"}
        for task in Task:
            for target in notebook.cells:
                edits, notes = propose_edits(
                    task, events, anchor="cell-1", target=target, language="python", notebook=notebook
                )
                after = apply_edits(data, edits, index_of_anchor=1)
                if task.rewrites:
                    assert len(edits) <= 1
                    assert all(edit.before == target.source for edit in edits)
                    assert edits or notes
                elif task.inserts:
                    assert {edit.source for edit in edits} >= sources
                    assert len(after["cells"]) == 2 + len(edits)
                    inserted += len(edits)
                else:
                    assert not edits
    # Most replies have code: on average more than two cells, over two tasks and two places.
    assert inserted > 2 * len(replies)
