"""How the command begins and ends: help, usage errors, exit codes, a reader that goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_devstral import __version__
from jupyter_devstral.cli.arguments import SUBCOMMANDS
from tests.cli.conftest import Cli, code_cell, write_notebook

COMMAND = [sys.executable, "-m", "jupyter_devstral.cli"]


def test_version_and_help(cli: Cli) -> None:
    assert cli("--version").text.split() == ["jupyter-devstral", __version__]
    help = cli("--help")
    assert help.code == 0
    for word in SUBCOMMANDS:
        assert f"    {word} " in help.text
        assert cli(word, "--help").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["bogus"],
        ["prompt"],
        ["prompt", "x.ipynb"],
        ["prompt", "x.ipynb", "--cell", "0", "--budget", "-1"],
        ["prompt", "x.ipynb", "--cell", "0", "--task", "bogus"],
        ["run", "x.ipynb"],
        ["run", "x.ipynb", "-o", "y.ipynb", "--timeout", "0"],
        ["serve", "--gguf", "x", "--port", "70000"],
        ["models", "--DevstralConfig.model"],
        ["apply", "-", "--cell", "0"],
    ],
)
def test_what_is_typed_wrongly_exits_with_2(cli: Cli, arguments: list[str]) -> None:
    ended = cli(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--DevstralConfig.modle=x", "'model'"),
        ("--DevstralConfig.num_ctx=many", "num_ctx"),
        ("--DevstralConfig.context=everything", "context"),
        ("--DevstralConfig.host=http://a b", "host"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(cli: Cli, tmp_path: Path, flag: str, said: str) -> None:
    path = write_notebook(tmp_path / "a.ipynb", [code_cell("1", "a")])
    ended = cli(flag, "prompt", path, "--cell", "a")
    assert (ended.code, ended.out) == (1, b"")
    assert said in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "not JSON"),
        (b'{"cells": [', "not JSON"),
        (b"[1, 2]", "not a notebook"),
        (b'{"a": 1}', "not a notebook"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
@pytest.mark.parametrize("subcommand", ["prompt", "apply", "run"])
def test_an_unreadable_notebook_is_one_line(
    cli: Cli, tmp_path: Path, subcommand: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / "a.ipynb"
    if content is not None:
        path.write_bytes(content)
    options = ["-o", str(tmp_path / "out.ipynb")] if subcommand == "run" else ["--cell", "0"]
    ended = cli(subcommand, path, *options, stdin=b"```python\n1\n```")
    assert (ended.code, ended.out) == (1, b"")
    assert said in ended.err
    assert str(path) in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out.ipynb").exists()


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", [code_cell("x = '" + "a" * 3_000_000 + "'", "a")])
    command = subprocess.Popen(
        [*COMMAND, "prompt", str(path), "--cell", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.read(10)
    command.stdout.close()
    with command.stderr:
        assert command.stderr.read() == b""
    command.wait(20)


def test_ctrl_c_ends_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    os.mkfifo(path)
    command = subprocess.Popen(
        [*COMMAND, "prompt", str(path), "--cell", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    # Opening returns when the command opens its end; then it waits for a notebook that does not come.
    with path.open("wb"):
        os.kill(command.pid, signal.SIGINT)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 130
    assert out == b""
    assert b"Traceback" not in err
