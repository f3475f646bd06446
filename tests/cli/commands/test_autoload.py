"""`autoload`: one key of one JSON file, and IPython really loads the magics by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

ASK = "print('devstral' in get_ipython().magics_manager.magics['cell'])"


@pytest.fixture
def path(own_configuration: Path) -> Path:
    return own_configuration / "ipython" / "profile_default" / "ipython_config.json"


def put(path: Path, content: object) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path.read_bytes()


def test_it_says_which_file_it_changed_and_how_to_undo(cli: Cli, path: Path) -> None:
    ended = cli("autoload")
    assert ended.code == 0
    assert str(path) in ended.text
    assert "--off" in ended.text
    assert json.loads(path.read_bytes()) == {"InteractiveShellApp": {"extensions": ["jupyter_devstral"]}}


def test_twice_is_once(cli: Cli, path: Path) -> None:
    cli("autoload")
    before = path.read_bytes()
    assert "already" in cli("autoload").text
    assert path.read_bytes() == before


def test_every_other_key_stays(cli: Cli, path: Path) -> None:
    config = {
        "A": {"b": [1]},
        "InteractiveShellApp": {"matplotlib": "inline", "extensions": ["autoreload"]},
        "ü": None,
    }
    put(path, config)
    cli("autoload")
    changed = json.loads(path.read_bytes())
    assert changed["InteractiveShellApp"].pop("extensions") == ["autoreload", "jupyter_devstral"]
    assert list(changed) == list(config)
    cli("autoload", "--off")
    assert json.loads(path.read_bytes()) == config


def test_off_leaves_no_trace(cli: Cli, path: Path) -> None:
    assert cli("autoload", "--off").code == 0
    cli("autoload")
    assert cli("autoload", "--off").code == 0
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"InteractiveShellApp": 3}', '{"InteractiveShellApp": {"extensions": "autoreload"}}'],
)
@pytest.mark.parametrize("options", [[], ["--off"]])
def test_what_it_does_not_understand_it_does_not_touch(
    cli: Cli, path: Path, content: str, options: list[str]
) -> None:
    before = put(path, content)
    ended = cli("autoload", *options)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, b"", 1)
    assert str(path) in ended.err
    assert path.read_bytes() == before


def test_extensions_of_the_python_file_go_on_loading(cli: Cli, path: Path) -> None:
    put(path.with_suffix(".py"), "c.InteractiveShellApp.extensions = ['autoreload']")
    assert "autoreload" in cli("autoload").text
    assert "True" in terminal(ASK)
    assert "True" in terminal(ASK.replace("devstral", "autoreload").replace("['cell']", "['line']"))
    cli("autoload", "--off")
    assert not path.exists()


def terminal(code: str) -> str:
    """What terminal IPython prints when it executes `code`."""
    command = [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    return ended.stdout + ended.stderr


def kernel(code: str) -> str:
    """What a real kernel prints when it executes `code`."""
    from nbclient import execute
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = execute(new_notebook(cells=[new_code_cell(code)]))
    return "".join(output["text"] for output in notebook.cells[0].outputs)


@pytest.mark.parametrize("shell", [terminal, kernel])
def test_ipython_loads_the_magics_by_itself(cli: Cli, shell) -> None:  # type: ignore[no-untyped-def]
    assert "False" in shell(ASK)
    cli("autoload")
    assert shell(ASK).strip().endswith("True")
    cli("autoload", "--off")
    assert "False" in shell(ASK)
