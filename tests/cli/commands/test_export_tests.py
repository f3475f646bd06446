"""`export-tests`: the modules it writes pass with plain pytest, and hold what the tests need alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, code_cell, markdown_cell, write_notebook

CELLS = [
    markdown_cell("# Sales", "title"),
    code_cell("%load_ext jupyter_devstral\nimport math\nfrom json import dumps as to_json", "imports"),
    code_cell("raise RuntimeError('loading what is not there')\ndata = open('none.csv')", "load"),
    code_cell("RATE = 2\nUNUSED = data", "constants"),
    code_cell("def area(radius):\n    return 0", "old"),
    code_cell("def area(radius):\n    # Rounded.\n    return RATE * math.floor(radius)", "area"),
    code_cell(
        "%time area(3)\nclass Box:\n    side = 4\n    def area(self):\n        return area(self.side)", "box"
    ),
    code_cell(
        "%%devstral pytest\nimport pytest\nEXPECTED = 8\n\n@pytest.fixture\ndef box():\n    return Box()\n\n"
        "@pytest.mark.parametrize('radius', [1, 1.5])\ndef test_area(radius):\n"
        "    assert area(radius) == 2\n\n"
        "def test_box(box):\n    assert box.area() == EXPECTED\n",
        "tests",
    ),
    code_cell("def test_json():\n    assert to_json([1]) == '[1]'\n", "plain"),
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "My sales 2.ipynb", CELLS)


def test_plain_pytest_passes_what_was_exported(cli: Cli, notebook: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "tests"
    done = cli("export-tests", str(notebook), "-o", str(folder))
    assert done.code == 0, done.err
    assert sorted(path.name for path in folder.iterdir()) == ["my_sales_2_notebook.py", "test_my_sales_2.py"]
    code = (folder / "my_sales_2_notebook.py").read_text()
    assert "RuntimeError" not in code
    assert "UNUSED" not in code
    assert "return 0" not in code
    assert "# Rounded." in code
    assert "3 tests" in done.err
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "4 passed" in ran.stdout


def test_a_file_that_was_edited_is_not_overwritten(cli: Cli, notebook: Path, tmp_path: Path) -> None:
    arguments = ("export-tests", str(notebook), "-o", str(tmp_path))
    assert cli(*arguments).code == 0
    assert cli(*arguments).code == 0
    edited = tmp_path / "test_my_sales_2.py"
    edited.write_text("mine")
    refused = cli(*arguments)
    assert refused.code != 0
    assert "--force" in refused.err
    assert edited.read_text() == "mine"
    assert cli(*arguments, "--force").code == 0
    assert "def test_json" in edited.read_text()


def test_a_notebook_without_tests(cli: Cli, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "a.ipynb", [code_cell("x = 1", "a")])
    done = cli("export-tests", str(path), "-o", str(tmp_path / "out"))
    assert done.code != 0
    assert "No cell has tests" in done.err
    assert not (tmp_path / "out").exists()


def test_a_test_that_another_one_replaces_is_named(cli: Cli, tmp_path: Path) -> None:
    cells = [
        code_cell("def test_a():\n    pass", "mine"),
        code_cell("%%devstral pytest\ndef test_a():\n    assert 1\ndef test_b():\n    pass", "tests"),
    ]
    ended = cli("export-tests", write_notebook(tmp_path / "n.ipynb", cells), "-o", tmp_path / "out")
    assert ended.code == 0
    assert "test_a is defined more than once: the last one is exported." in ended.text + ended.err
    assert "test_b is" not in ended.text + ended.err
