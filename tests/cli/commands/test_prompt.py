"""`prompt`: the exact messages, from a file alone."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, code_cell, markdown_cell, notebook_of, write_notebook


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(
        tmp_path / "a.ipynb",
        [
            markdown_cell("# Sales", "title"),
            code_cell("prices = [1, 2]", "data"),
            code_cell("total = sum(prices)", "total"),
            code_cell("%%devstral ask\nWhat is `total`?", "question"),
            code_cell("%%devstral refactor --cell data\n", "rewrite"),
            code_cell("%%devstral\n", "empty"),
        ],
    )


def test_json_has_exactly_the_fields(cli: Cli, notebook: Path) -> None:
    data = cli("prompt", notebook, "--cell", "question", "--json").json
    assert list(data) == ["messages", "tokens", "pieces", "dropped"]
    assert [message["role"] for message in data["messages"]] == ["system", "user"]
    assert all(list(message) == ["role", "content"] for message in data["messages"])
    assert all(list(piece) == ["kind", "id", "tokens"] for piece in data["pieces"])
    assert isinstance(data["tokens"], int)
    assert data["dropped"] == []
    last = data["messages"][-1]["content"]
    assert "What is `total`?" in last
    assert "%%devstral" not in last


def test_it_is_byte_identical(cli: Cli, notebook: Path) -> None:
    first = cli("prompt", notebook, "--cell", "question", "--json")
    assert first.code == 0
    assert first.out == cli("prompt", notebook, "--cell", "3", "--json").out


def test_readable_text_has_the_same_messages(cli: Cli, notebook: Path) -> None:
    messages = cli("prompt", notebook, "--cell", "question", "--json").json["messages"]
    text = cli("prompt", notebook, "--cell", "question").text
    for message in messages:
        assert message["content"].strip() in text


def test_no_network_is_touched(cli: Cli, notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert cli("prompt", notebook, "--cell", "question", "--DevstralConfig.engine=embedded").code == 0


def test_task_and_text_of_the_command_line_win(cli: Cli, notebook: Path) -> None:
    last = cli(
        "prompt", notebook, "--cell", "question", "--task", "write", "--text", "plot it", "--json"
    ).json
    asked = last["messages"][-1]["content"]
    own = cli("prompt", notebook, "--cell", "question", "--json").json["messages"][-1]["content"]
    assert "plot it" in asked
    assert "What is" not in asked
    assert asked.replace("plot it", "") != own.replace("What is `total`?", "")


def test_a_magic_rewrites_the_cell_it_names(cli: Cli, notebook: Path) -> None:
    asked = cli("prompt", notebook, "--cell", "rewrite", "--json").json["messages"][-1]["content"]
    assert "cell 1" in asked


def test_a_magic_without_a_prompt_takes_the_text(cli: Cli, notebook: Path) -> None:
    assert cli("prompt", notebook, "--cell", "empty").code == 2
    ended = cli("prompt", notebook, "--cell", "empty", "--text", "say hello", "--json")
    assert "say hello" in ended.json["messages"][-1]["content"]


def test_a_plain_cell_is_what_is_asked_about(cli: Cli, notebook: Path) -> None:
    for options in ([], ["--task", "edit", "--text", "use math.fsum"], ["--text", "and then?"]):
        ended = cli("prompt", notebook, "--cell", "total", "--json", *options)
        assert "total = sum(prices)" in ended.json["messages"][-1]["content"]


def test_the_text_is_taken_literally(cli: Cli, notebook: Path) -> None:
    text = '{x} $HOME %s \\n "quoted" – ü 🎈'
    ended = cli("prompt", notebook, "--cell", "total", "--text", text, "--json")
    assert text in ended.json["messages"][-1]["content"]


def test_the_budget_counts_the_pieces_alone(cli: Cli, notebook: Path) -> None:
    data = cli("prompt", notebook, "--cell", "question", "--budget", "0", "--json").json
    assert data["pieces"] == []
    assert {piece["kind"] for piece in data["dropped"]}
    assert "What is `total`?" in data["messages"][-1]["content"]


def test_secrets_are_replaced_unless_told_otherwise(cli: Cli, tmp_path: Path) -> None:
    secret = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4fG6hJ8"
    path = write_notebook(
        tmp_path / "s.ipynb", [code_cell(f"api_key = '{secret}'", "a"), code_cell("print(1)", "b")]
    )
    assert secret not in cli("prompt", path, "--cell", "b", "--json").text
    assert secret in cli("prompt", path, "--cell", "b", "--json", "--DevstralConfig.redact=False").text


def test_the_notebook_may_come_from_standard_input(cli: Cli) -> None:
    content = json.dumps(notebook_of([code_cell("x = 1", "a")])).encode()
    assert "x = 1" in cli("prompt", "-", "--cell", "0", stdin=content).text


@pytest.mark.parametrize("cell", ["nobody", "99", "-1"])
def test_an_unknown_cell_is_one_line(cli: Cli, notebook: Path, cell: str) -> None:
    ended = cli("prompt", notebook, f"--cell={cell}")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, b"", 1)
    assert cell in ended.err
