"""The notebook that a newcomer opens first: stripped, and executed with two kinds of model."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from jupyter_devstral.core.wire import MIME
from tests.cli.conftest import Cli
from tests.support.models.embedded_process import EmbeddedProcess
from tests.support.scripted.server import ScriptedOllama

TOUR = Path(__file__).parents[3] / "examples" / "tour.ipynb"
ANSWERS = [
    "```python\ndef total(numbers):\n    return sum(numbers)\n```",
    "A text file of rows, with commas between the values.",
    '```python\ndef revenue(rows):\n    """Total of all rows that have a price."""\n    return 1.004\n```',
    "```python\nprint(round(revenue(sales), 2))\n```",
]


def test_it_has_no_outputs() -> None:
    cells = json.loads(TOUR.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
    nbformat.validate(nbformat.read(TOUR, as_version=4))


def test_it_runs_with_good_answers(cli: Cli, tmp_path: Path, scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.replies = ANSWERS
    out, page = tmp_path / "tour.ipynb", tmp_path / "tour.html"
    ended = cli("run", TOUR, "-o", out, "--html", page, f"--DevstralConfig.host={scripted_ollama.url}")
    assert ended.code == 0, ended.err
    assert len(scripted_ollama.chats) == len(ANSWERS)
    notebook = nbformat.read(out, as_version=4)
    asked = [
        cell
        for cell in notebook.cells
        if any(MIME in each.get("data", {}) for each in cell.get("outputs", ()))
    ]
    assert len(asked) == len(ANSWERS)
    inserted = [cell for cell in notebook.cells if "devstral" in cell.metadata]
    assert len(inserted) == 3
    used = next(cell for cell in notebook.cells if cell.id == "use-total")
    assert used.outputs[0].data["text/plain"] == "81"
    assert "A text file of rows" in page.read_text(encoding="utf-8")


def test_it_runs_with_a_real_small_model(cli: Cli, tmp_path: Path, embedded_server: EmbeddedProcess) -> None:
    out = tmp_path / "tour.ipynb"
    flags = [
        f"--DevstralConfig.host={embedded_server.url}",
        f"--DevstralConfig.model={embedded_server.model}",
    ]
    ended = cli("run", TOUR, "-o", out, "--allow-errors", *flags, "--DevstralConfig.max_reply_tokens=60")
    assert ended.code == 0, ended.err
    notebook = nbformat.read(out, as_version=4)
    answers = [
        each["data"][MIME]
        for cell in notebook.cells
        for each in cell.get("outputs", ())
        if MIME in each.get("data", {})
    ]
    assert len(answers) == len(ANSWERS)
    assert all(answer["reply"].strip() for answer in answers)


@pytest.mark.parametrize("path", sorted(TOUR.parent.glob("*.ipynb")), ids=lambda path: path.name)
def test_every_question_has_a_prompt(cli: Cli, path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert cli("prompt", path, "--cell", cell["id"]).code == 0
