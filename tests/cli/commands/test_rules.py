"""`rules`: what lies beside a notebook, switched on for that text, and what the other commands make of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, code_cell, write_notebook
from tests.support.scripted.server import ScriptedOllama

RULES = "Use polars, not pandas."


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    cells = [code_cell("prices = [1, 2]", "a"), code_cell("%%devstral ask\nWhat is `prices`?", "b")]
    (tmp_path / "work").mkdir()
    return write_notebook(tmp_path / "work" / "a.ipynb", cells)


def test_a_prompt_is_the_same_to_the_byte_until_rules_are_switched_on(cli: Cli, notebook: Path) -> None:
    def prompt() -> bytes:
        return cli("prompt", notebook, "--cell", "b", "--json").out

    before = prompt()
    assert cli("rules", notebook).code == 1
    file = notebook.parent / ".devstral.md"
    file.write_text(RULES)
    assert prompt() == before
    shown = cli("rules", notebook)
    assert (shown.code, RULES in shown.text, "off" in shown.text) == (0, True, True)
    assert prompt() == before
    assert "on: " in cli("rules", notebook.parent, "on").text
    messages = json.loads(prompt())["messages"]
    assert RULES in messages[1]["content"]
    file.write_text(f"{RULES} And then some.")
    assert prompt() == before
    file.write_text(RULES)
    assert prompt() != before
    assert "off: " in cli("rules", notebook, "off").text
    assert prompt() == before


def test_a_run_keeps_to_the_rules_beside_the_notebook(
    cli: Cli, notebook: Path, scripted_ollama: ScriptedOllama
) -> None:
    (notebook.parent / ".devstral.md").write_text(RULES)
    cli("rules", notebook, "on")
    scripted_ollama.replies = ["A list."]
    flag = f"--DevstralConfig.host={scripted_ollama.url}"
    ended = cli("run", notebook, "-o", notebook.with_name("out.ipynb"), flag)
    assert ended.code == 0, ended.err
    assert RULES in scripted_ollama.chats[0].body["messages"][1]["content"]


def test_without_rules_it_is_said_of_what_there_are_none(
    cli: Cli, notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(notebook.parent)
    assert cli("rules", "a.ipynb").text == "There is no .devstral.md beside a.ipynb.\n"
    assert str(notebook.parent) in cli("rules", ".").text
    missing = cli("rules", "b.ipynb")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert "b.ipynb: cannot be read: No such file or directory." in missing.err
