"""The example of tests: by a scripted model, proven, inserted, run, exported, and run by plain pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.cli.conftest import Cli
from tests.support.scripted.server import ScriptedOllama

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

EXAMPLE = Path(__file__).parents[3] / "examples" / "testing.ipynb"
CLIP = """```python
def test_clip():
    assert [clip(n) for n in (-1, 0, 4, 10, 11)] == [0, 0, 4, 10, 10]
    assert clip(4, low=5) == 5
```"""
SHIPPING = """```python
def test_edge():
    assert shipping(50) == 0

def test_cheap():
    assert shipping(49.99) == 4.90
```"""


def test_it_runs_from_top_to_bottom(cli: Cli, tmp_path: Path, scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.replies = [CLIP, SHIPPING]
    out = tmp_path / "out.ipynb"
    ended = cli("run", EXAMPLE, "-o", out, f"--DevstralConfig.host={scripted_ollama.url}")
    # Tests that find something fail the run, as they do with pytest.
    assert ended.code == 1, ended.err
    assert "3 tests: 2 pass, 1 failed" in ended.err
    notebook = nbformat.read(out, as_version=4)
    shown = {cell.id: str(cell.get("outputs")) for cell in notebook.cells}
    assert "1 test, it passes, " in shown["ask-clip"]
    assert "2 tests: 1 pass, 1 failed, " in shown["ask-shipping"]
    assert "is the test wrong, or did it find a bug?" in shown["ask-shipping"]
    assert "3 tests: 2 pass, 1 failed" in shown["own-tests"]
    inserted = [cell for cell in notebook.cells if "devstral" in cell.metadata]
    assert [cell.source.split("\n")[0] for cell in inserted] == ["%%devstral pytest"] * 2
    assert "1 test, it passes" in str(inserted[0].outputs)
    # The failing test stays what it is, and says so.
    assert "# Fails: is this test wrong, or did it find a bug?\ndef test_edge" in inserted[1].source

    assert cli("export-tests", out, "-o", tmp_path / "tests").code == 0
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "tests")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    # The mistake of the example is found once by its own test and once by the model's.
    assert "2 failed, 4 passed" in ran.stdout, ran.stdout


def test_the_prompt_in_a_terminal_is_that_of_the_magic(
    cli: Cli, tmp_path: Path, scripted_ollama: ScriptedOllama
) -> None:
    scripted_ollama.replies = [CLIP, SHIPPING]
    cli("run", EXAMPLE, "-o", tmp_path / "out.ipynb", f"--DevstralConfig.host={scripted_ollama.url}")
    asked = [chat.body["messages"][-1]["content"].rpartition("\n\n")[2] for chat in scripted_ollama.chats]
    for cell, sent in zip(("ask-clip", "ask-shipping"), asked, strict=True):
        assert sent.startswith("Write a new cell that tests")
        assert sent in cli("prompt", EXAMPLE, "--cell", cell).text
