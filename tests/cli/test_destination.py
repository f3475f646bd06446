"""Results go where the user said, or the command says at once that they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

NOTEBOOK = Path(__file__).parents[2] / "examples" / "tour.ipynb"


@pytest.mark.parametrize("command", [("run", NOTEBOOK), ("do", NOTEBOOK, "sum it up")])
def test_a_folder_that_is_not_there_is_not_made(
    cli: Cli, tmp_path: Path, command: tuple[object, ...]
) -> None:
    folder = tmp_path / "mistyped" / "dir"
    ended = cli(*command, "-o", folder / "out.ipynb")
    assert ended.code == 2
    assert f"the folder {folder} does not exist" in ended.err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("x")
    assert "is no folder" in cli(*command, "-o", tmp_path / "file" / "out.ipynb").err


def test_a_page_needs_its_folder_too(cli: Cli, tmp_path: Path) -> None:
    ended = cli("run", NOTEBOOK, "-o", tmp_path / "out.ipynb", "--html", tmp_path / "pages" / "out.html")
    assert ended.code == 2
    assert "pages does not exist" in ended.err
    assert list(tmp_path.iterdir()) == []
