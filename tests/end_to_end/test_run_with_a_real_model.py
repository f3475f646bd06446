"""`jupyter devstral run` as a user types it: its own process, the embedded engine, a real small model.

Only the path is asserted: what such a model writes is poor, and not the same on every machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from jupyter_devstral.core.wire import MIME
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.ipynb"))
SALES = "month,price,units\n2026-01,4.50,12\n2026-02,,20\n2026-03,9.00,3\n"
# What `make demo` gives, and a shorter leash.
FLAGS = [
    "--DevstralConfig.engine=embedded",
    "--DevstralConfig.seed=7",
    "--DevstralConfig.max_reply_tokens=80",
]
MARK = "JUPYTER_DEVSTRAL_TEST_RUN"

Run = Callable[..., tuple[nbformat.NotebookNode, str]]


@pytest.fixture
def run(tmp_path: Path, smol_gguf: Path) -> Run:
    """Runs a notebook; the finished one, and what the command printed. No process may outlive it."""
    pytest.importorskip("xllamacpp")

    def run(path: Path, *flags: str) -> tuple[nbformat.NotebookNode, str]:
        mark = uuid.uuid4().hex
        environment = {name: value for name, value in os.environ.items() if name != "OLLAMA_HOST"}
        environment |= {
            "JUPYTER_CONFIG_DIR": str(tmp_path),
            "IPYTHONDIR": str(tmp_path / "ipython"),
            MARK: mark,
        }
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        out, page = tmp_path / "out.ipynb", tmp_path / "out.html"
        command = [
            "jupyter",
            "devstral",
            "run",
            str(path),
            "-o",
            str(out),
            "--html",
            str(page),
            "--allow-errors",
        ]
        ended = subprocess.run(
            [*command, *FLAGS, *flags], env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        assert eventually(lambda: not started_by(mark)), started_by(mark)
        assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        notebook = nbformat.read(out, as_version=4)
        nbformat.validate(notebook)
        return notebook, ended.stdout

    return run


def started_by(mark: str) -> list[str]:
    """The command lines of the processes that carry the mark in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def bundles(cell: nbformat.NotebookNode) -> list[dict[str, Any]]:
    return [each["data"][MIME] for each in cell.get("outputs", ()) if MIME in each.get("data", {})]


def asks(cell: nbformat.NotebookNode) -> bool:
    """Whether the cell puts a question to the model."""
    first = cell.source.split("\n")[0]
    words = [word for word in first.split()[1:2] if not word.startswith("-")]
    questions = ("write", "ask", "edit", "refactor", "doc", "test")
    return cell.cell_type == "code" and (
        (first.startswith("%%devstral") and words != ["pytest"])
        or (first.startswith("%devstral") and words[0] in questions)
    )


def check_answers(notebook: nbformat.NotebookNode) -> None:
    """Each question has one answer with its receipt; new cells stand below, executed."""
    questions = [cell for cell in notebook.cells if asks(cell) and "devstral" not in cell.metadata]
    assert questions
    for cell in questions:
        (bundle,) = bundles(cell)
        assert bundle["reply"].strip()
        assert bundle["usage"]["reply_tokens"] > 0
        for words in ("smollm2", "sent ", "tokens", "first token", "tokens/s"):
            assert words in bundle["receipt"], bundle["receipt"]
    latest = ""
    for cell in notebook.cells:
        if "devstral" not in cell.metadata:
            latest = cell.id
            continue
        assert cell.metadata["devstral"]["inserted_by"] == latest
        assert cell.cell_type != "code" or cell.execution_count is not None


def fails(cell: nbformat.NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", ()))


def check_explanations(notebook: nbformat.NotebookNode) -> None:
    """Each cell that failed, but was not meant to, has a finished explanation behind its traceback."""
    failed = [cell for cell in notebook.cells if fails(cell)]
    meant = [cell for cell in failed if "raises-exception" in cell.metadata.get("tags", ())]
    assert [bundles(cell) for cell in meant] == [[] for _ in meant]
    explained = [cell for cell in failed if cell not in meant]
    assert len(explained) > 2
    for cell in explained:
        assert cell.outputs[0].output_type == "error"
        (bundle,) = bundles(cell)
        index = notebook.cells.index(cell)
        assert bundle["card"]["failed"] == {"cell_id": cell.id, "index": index}
        assert bundle["card"]["state"] == "done"
        assert bundle["reply"].strip()
        assert bundle["usage"]["reply_tokens"] > 0
        assert f"explaining cell [{cell.execution_count}]" in bundle["receipt"], bundle["receipt"]


def check_tests(notebook: nbformat.NotebookNode) -> None:
    """What became of the tests is said below each question; what was inserted is a cell of tests, and ran."""
    told = 0
    for cell in notebook.cells:
        if not cell.source.startswith("%devstral test"):
            continue
        shown = "".join(each["data"].get("text/markdown", "") for each in cell.outputs if "data" in each)
        inserted = [
            one for one in notebook.cells if one.metadata.get("devstral", {}).get("inserted_by") == cell.id
        ]
        if inserted:
            assert " test" in shown
            assert ("mutants caught" in shown) or ("fails: *is the test wrong" in shown)
            assert all(one.source.startswith("%%devstral pytest\n") for one in inserted)
            assert all("text/markdown" in one.outputs[0]["data"] for one in inserted)
        else:
            assert any(words in shown for words in ("nserted", "prove nothing", "not proven")), shown
        told += 1
    assert told == 2
    [own] = [cell for cell in notebook.cells if cell.id == "own-tests"]
    assert "3 tests: 2 pass, 1 failed" in own.outputs[0]["data"]["text/markdown"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example(run: Run, path: Path) -> None:
    explains, tests = path.name == "debugging.ipynb", path.name == "testing.ipynb"
    # Of tests that are cut nothing is proven.
    flags = ["--explain"] if explains else ["--DevstralConfig.max_reply_tokens=400"] if tests else []
    notebook, said = run(path, *flags)
    given = nbformat.read(path, as_version=4)
    kept = [cell for cell in notebook.cells if "devstral" not in cell.metadata]
    assert [(cell.id, cell.source) for cell in kept] == [(cell.id, cell.source) for cell in given.cells]
    check_explanations(notebook) if explains else check_answers(notebook)
    if tests:
        check_tests(notebook)
    assert "consent" in said


def test_the_first_question_of_the_readme(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    question = "%%devstral\nload sales.csv, drop rows without a price and plot revenue per month"
    new = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in ("%load_ext jupyter_devstral", question)]
    )
    nbformat.write(new, tmp_path / "given.ipynb")
    notebook, _ = run(tmp_path / "given.ipynb")
    check_answers(notebook)
    assert notebook.cells[1].source == question
