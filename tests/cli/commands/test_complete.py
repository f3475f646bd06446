"""`complete`: what is asked at a cursor and what comes, from a file and a model server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, code_cell, markdown_cell, write_notebook
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ScriptedOllama]:
    # Chats of other processes of this user would stand in the notes.
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with ScriptedOllama(["head()"], models=[devstral_card(), fim_card()]) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        yield server


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    cells = [
        markdown_cell("# 🎈", "title"),
        code_cell("import pandas as pd", "imports"),
        code_cell("s = '🎈🎈'\ndf.", "here"),
        code_cell("x = 'a", "string"),
    ]
    return write_notebook(tmp_path / "a.ipynb", cells)


def test_json_has_exactly_the_fields(cli: Cli, server: ScriptedOllama, notebook: Path) -> None:
    data = cli("complete", notebook, "--cell", "here", "--offset", 12, "--json").json
    assert list(data) == ["text", "reply", "request", "model", "dropped", "notes"]
    assert (data["text"], data["reply"], data["dropped"], data["notes"]) == ("head()", "head()", None, [])
    assert data["model"] == "qwen2.5-coder:1.5b-base"
    assert data["request"] == server.completions[-1].body
    assert data["request"]["prompt"].endswith("s = '🎈🎈'\n<|fim_suffix|><|fim_middle|>df.")


def test_it_is_asked_by_hand_whatever_would_stop_it(cli: Cli, server: ScriptedOllama, notebook: Path) -> None:
    server.set_loaded(None)
    server.replies = [Script(["b'"], logprobs=[-20.0])]
    data = cli("complete", notebook, "--cell", "3", "--offset", 6, "--json").json
    assert (data["text"], data["dropped"]) == ("b'", None)
    assert len(data["notes"]) == 3


def test_nothing_offered_has_a_reason(cli: Cli, server: ScriptedOllama, notebook: Path) -> None:
    server.replies = ["x <SECRET_1>"]
    data = cli("complete", notebook, "--cell", "here", "--offset", 12, "--json").json
    assert data["text"] == ""
    assert "placeholder" in data["dropped"]


def test_readable_text_shows_prompt_answer_and_offer(
    cli: Cli, server: ScriptedOllama, notebook: Path
) -> None:
    text = cli("complete", notebook, "--cell", "here", "--offset", 12).text
    assert "<|fim_middle|>df." in text
    assert text.endswith("──── offered ────\nhead()\n")


@pytest.mark.parametrize(
    ("cell", "offset", "code"), [("here", 13, 2), ("title", 0, 2), ("nobody", 0, 1), ("here", -1, 2)]
)
def test_a_wrong_place_is_one_line(
    cli: Cli, server: ScriptedOllama, notebook: Path, cell: str, offset: int, code: int
) -> None:
    ended = cli("complete", notebook, "--cell", cell, f"--offset={offset}")
    assert (ended.code, ended.out) == (code, b"")
    assert server.completions == []


def test_a_missing_model_is_advice(cli: Cli, server: ScriptedOllama, notebook: Path) -> None:
    flag = "--DevstralConfig.completion_model=starcoder2:3b"
    ended = cli("complete", notebook, "--cell", "here", "--offset", 12, flag)
    assert ended.code == 1
    assert "starcoder2:3b" in ended.err


def test_secrets_are_not_sent(cli: Cli, server: ScriptedOllama, tmp_path: Path) -> None:
    secret = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4fG6hJ8"
    path = write_notebook(tmp_path / "s.ipynb", [code_cell(f"key = '{secret}'", "a"), code_cell("x = ", "b")])
    ended = cli("complete", path, "--cell", "b", "--offset", 4, "--json")
    assert secret not in ended.text
    assert secret not in str(server.completions[-1].body)
