"""`apply`: a raw reply on standard input, a notebook on standard output, and nothing else changed."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, code_cell, markdown_cell, notebook_of, write_notebook

REPLY = b"Sure.\n\n```python\nx = 2\n```\n\nDone.\n"
TWO = b"```python\na = 1\n```\nand\n```python\nb = 2\n```\n"
OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}


@pytest.fixture
def cells() -> list[dict[str, Any]]:
    return [
        markdown_cell("# Title – ü", "title"),
        code_cell("x = 1", "first", execution_count=3, outputs=[OUTPUT], metadata={"tags": ["t"]}),
        code_cell("%%devstral\nset x to 2", "write"),
        code_cell("%%devstral edit\nset x to 2", "edit"),
        code_cell("print(x)", "last"),
    ]


@pytest.fixture
def notebook(tmp_path: Path, cells: list[dict[str, Any]]) -> Path:
    return write_notebook(tmp_path / "a.ipynb", cells)


def sources(data: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in data["cells"]]


def test_write_inserts_below(cli: Cli, notebook: Path, cells: list[dict[str, Any]]) -> None:
    ended = cli("apply", notebook, "--cell", "write", stdin=REPLY)
    assert (ended.code, ended.err) == (0, "")
    data = ended.json
    assert sources(data)[3] == "x = 2"
    assert data["cells"][:3] + data["cells"][4:] == cells
    new = data["cells"][3]
    assert (new["cell_type"], new["outputs"], new["execution_count"]) == ("code", [], None)
    assert new["id"] not in {cell["id"] for cell in cells}


def test_several_blocks_become_several_cells(cli: Cli, notebook: Path) -> None:
    data = cli("apply", notebook, "--cell", "last", "--task", "test", stdin=TWO).json
    assert sources(data)[-3:] == ["print(x)", "a = 1", "b = 2"]


def test_doc_takes_comments_and_no_other_code(cli: Cli, notebook: Path) -> None:
    doc = cli("apply", notebook, "--cell", "1", "--task", "doc", stdin=b"```python\n# One.\nx = 1\n```\n")
    assert sources(doc.json)[1] == "# One.\nx = 1"
    other = cli("apply", notebook, "--cell", "1", "--task", "doc", stdin=REPLY)
    assert sources(other.json)[1] == "x = 1"


@pytest.mark.parametrize("task", ["edit", "refactor", "fix"])
def test_rewriting_replaces_the_cell(
    cli: Cli, notebook: Path, cells: list[dict[str, Any]], task: str
) -> None:
    data = cli("apply", notebook, "--cell", "1", "--task", task, stdin=REPLY).json
    assert sources(data)[1] == "x = 2"
    assert len(data["cells"]) == len(cells)
    assert data["cells"][1]["id"] == "first"
    assert data["cells"][1]["metadata"] == {"tags": ["t"]}
    del data["cells"][1], cells[1]
    assert data["cells"] == cells


def test_a_magic_that_rewrites_replaces_the_cell_above(cli: Cli, notebook: Path) -> None:
    data = cli("apply", notebook, "--cell", "edit", stdin=REPLY).json
    assert sources(data)[1] == "x = 2"
    assert sources(data)[3] == "%%devstral edit\nset x to 2"


@pytest.mark.parametrize("reply", [b"", b"No code here.", b"```bash\nls\n```", b"```python\nx = = 1\n```"])
@pytest.mark.parametrize("task", ["write", "edit"])
def test_a_reply_that_cannot_be_used_leaves_the_notebook(
    cli: Cli, notebook: Path, task: str, reply: bytes
) -> None:
    ended = cli("apply", notebook, "--cell", "first", "--task", task, stdin=reply)
    assert ended.code == 0
    assert ended.json == json.loads(notebook.read_bytes())
    assert "unchanged" in ended.err


@pytest.mark.parametrize("task", ["ask", "explain"])
def test_an_answer_changes_nothing(cli: Cli, notebook: Path, task: str) -> None:
    ended = cli("apply", notebook, "--cell", "first", "--task", task, stdin=REPLY)
    assert ended.json == json.loads(notebook.read_bytes())
    assert task in ended.err


def test_the_file_is_written_as_jupyter_writes_it(cli: Cli, tmp_path: Path) -> None:
    data = notebook_of([code_cell("s = 'ü🎈'", "b")])
    data = {
        "nbformat": 4,
        "metadata": data["metadata"],
        "zzz": 1.0,
        "cells": data["cells"],
        "nbformat_minor": 5,
    }
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert cli("apply", path, "--cell", "0", stdin=b"no code").out == path.read_bytes()
    assert list(cli("apply", path, "--cell", "0", stdin=REPLY).json) == list(data)


def test_a_reply_that_is_not_utf8_is_noted(cli: Cli, notebook: Path) -> None:
    ended = cli("apply", notebook, "--cell", "write", stdin=b"```python\nx = '\xff'\n```")
    assert ended.code == 0
    assert "not UTF-8" in ended.err
    assert "x = '\N{REPLACEMENT CHARACTER}'" in sources(ended.json)


def test_half_a_surrogate_pair_survives(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(notebook_of([code_cell("s = '\ud83d'", "a")])))
    ended = cli("apply", path, "--cell", "a", stdin=REPLY)
    assert ended.code == 0
    assert sources(ended.json) == ["s = '\ud83d'", "x = 2"]
    assert cli("prompt", path, "--cell", "a").code == 0


def test_a_line_the_magic_refuses_is_a_usage_error(cli: Cli, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", [code_cell("%%devstral --bogus\nhello", "a")])
    ended = cli("apply", path, "--cell", "a", stdin=REPLY)
    assert (ended.code, ended.out) == (2, b"")
    assert "--bogus" in ended.err


def test_the_input_is_never_changed(cli: Cli, notebook: Path) -> None:
    before = notebook.read_bytes()
    cli("apply", notebook, "--cell", "1", "--task", "edit", stdin=REPLY)
    assert notebook.read_bytes() == before


def test_old_formats_stay_old(cli: Cli, tmp_path: Path) -> None:
    cell = {"cell_type": "code", "input": ["x = 1"], "language": "python", "outputs": [], "metadata": {}}
    data = {
        "metadata": {},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [cell], "metadata": {}}],
    }
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(data))
    applied = cli("apply", path, "--cell", "0", stdin=REPLY).json
    assert applied["nbformat"] == 3
    cells = applied["worksheets"][0]["cells"]
    assert cells[0] == copy.deepcopy(cell)
    assert "".join(cells[1]["input"]) == "x = 2"


def test_the_secrets_that_prompt_hides_are_put_back(cli: Cli, tmp_path: Path) -> None:
    key = "sk-proj-" + "Zq8vT3mWx1Lr5KpYc7Nd" * 2
    cells = [code_cell("import openai", "a"), code_cell(f"client = OpenAI(api_key='{key}')", "b")]
    path = write_notebook(tmp_path / "a.ipynb", cells)
    asked = cli("prompt", path, "--cell", "b", "--task", "edit", "--text", "add a timeout", "--json")
    assert key not in asked.text
    assert "<SECRET_1>" in asked.text
    reply = b"```python\nclient = OpenAI(api_key='<SECRET_1>', timeout=9)\n```\n"
    data = cli("apply", path, "--cell", "b", "--task", "edit", stdin=reply).json
    assert sources(data)[1] == f"client = OpenAI(api_key='{key}', timeout=9)"
    plain = cli("apply", path, "--cell", "b", "--task", "edit", "--DevstralConfig.redact=False", stdin=reply)
    assert "<SECRET_1>" in sources(plain.json)[1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_cannot_be_written_is_one_line(notebook: Path) -> None:
    ended = in_shell(f'apply "{notebook}" --cell 0 </dev/null >/dev/full')
    assert ended.returncode == 1
    assert "Standard output cannot be written" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="file descriptors as on Unix")
def test_closed_streams_are_empty(notebook: Path) -> None:
    ended = in_shell(f'apply "{notebook}" --cell 0 <&-')
    assert (ended.returncode, "unchanged" in ended.stderr) == (0, True)
    assert json.loads(ended.stdout) == json.loads(notebook.read_text(encoding="utf-8"))
    ended = in_shell(f'apply "{notebook}" --cell 0 </dev/null >&- 2>&-')
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def in_shell(arguments: str) -> subprocess.CompletedProcess[str]:
    command = f'"{sys.executable}" -m jupyter_devstral.cli {arguments}'
    return subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
