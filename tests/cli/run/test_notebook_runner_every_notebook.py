"""Every notebook of the shared data through `prompt` and `apply`: no crash, no other cell changed.

A seventh of them where this is no soak, each seventh for another reply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_devstral.cli.notebook_input import read_notebook
from jupyter_devstral.cli.run.executable_notebook import runnable_notebook
from tests.cli.conftest import Cli, Ended
from tests.support.sweeps import swept

REPLIES = {
    "one": b"Here:\n\n```python\nvalue = 1\n```\n",
    "several": b"```python\nimport math\n```\ntext\n~~~~python\nprint('```')\n~~~~\n",
    "none": b"I would not change anything.",
    "mixed": b"```bash\npip install x\n```\n```python\n# ... rest of the code\n```\n```\n>>> 1\n1\n```",
    "cut": b"```python\nfor i in range(3):\n    print(i",
    "foreign": b"```r\nx <- 1\n```\n```{python}\ny = 1\n```\n",
}
# Not a notebook at all for any reader; everything else is worked with as far as it makes sense.
EMPTY_IS_FINE = "the notebook is empty"
SHARE = 7


@pytest.fixture(scope="module")
def notebooks(shared_data: Path) -> list[Path]:
    found = sorted((shared_data / "notebooks").rglob("*.ipynb"))
    assert len(found) > 300
    return found


def cells_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    if isinstance(data.get("cells"), list):
        return data["cells"]
    return [cell for sheet in data.get("worksheets", ()) for cell in sheet.get("cells", ())]


def some_cells(count: int) -> Iterator[int]:
    """First, last and a few between them."""
    yield from sorted(
        {index for index in (0, 1, count // 3, count // 2, count - 2, count - 1) if 0 <= index < count}
    )


def refused(ended: Ended) -> bool:
    assert (ended.code, ended.out) == (1, b"")
    assert ended.err.count("\n") == 1
    return True


def source_of(cell: dict[str, Any]) -> Any:
    return cell.get("source", cell.get("input"))


def without_id(cell: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cell.items() if key != "id"}


def check_inserted(before: list[dict[str, Any]], after: list[dict[str, Any]], at: int) -> None:
    added = len(after) - len(before)
    assert added >= 0
    kept = after[: at + 1] + after[at + 1 + added :]
    assert [without_id(cell) for cell in kept] == [without_id(cell) for cell in before]


def check_replaced(before: list[dict[str, Any]], after: list[dict[str, Any]], at: int) -> None:
    assert len(after) == len(before)
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if index != at:
            assert without_id(new) == without_id(old)
    # The old format's heading cells hold one line; rewritten, they are Markdown.
    assert after[at]["cell_type"] in (
        before[at]["cell_type"],
        before[at]["cell_type"].replace("heading", "markdown"),
    )
    assert after[at].get("metadata") == before[at].get("metadata")


@pytest.mark.parametrize("task", ["write", "edit"])
@pytest.mark.parametrize("reply", REPLIES)
def test_apply_changes_no_other_cell(cli: Cli, notebooks: list[Path], reply: str, task: str) -> None:
    applied = 0
    sample = swept(notebooks[list(REPLIES).index(reply) :], SHARE)
    for number, path in enumerate(sample):
        before = json.loads(path.read_bytes())
        stored = cells_of(before)
        cells = list(some_cells(len(stored)))
        # Each notebook sees each reply at one cell or two; all cells are reached over the replies.
        for at in cells[number % 2 :: 3] or [0]:
            ended = cli("apply", path, "--cell", at, "--task", task, stdin=REPLIES[reply])
            if ended.code:
                assert refused(ended)
                continue
            applied += 1
            after = ended.json
            check = check_inserted if task == "write" else check_replaced
            check(stored, cells_of(after), at)
            assert {
                key: value
                for key, value in after.items()
                if key not in ("cells", "worksheets", "nbformat_minor")
            } == {
                key: value
                for key, value in before.items()
                if key not in ("cells", "worksheets", "nbformat_minor")
            }
    assert applied > 0.9 * len(sample)


def test_prompt_reads_all_of_them(cli: Cli, notebooks: list[Path]) -> None:
    for path in swept(notebooks, SHARE):
        stored = cells_of(json.loads(path.read_bytes()))
        for at in some_cells(len(stored)):
            ended = cli("prompt", path, "--cell", at, "--budget", 500, "--json")
            data = ended.json
            assert sum(piece["tokens"] for piece in data["pieces"]) <= 500
            assert ";base64," not in ended.text
        if not stored:
            ended = cli("prompt", path, "--cell", 0)
            assert refused(ended)
            assert EMPTY_IS_FINE in ended.err


def test_run_can_begin_with_all_of_them(notebooks: list[Path]) -> None:
    invalid = set()
    for path in notebooks:
        notebook, _ = runnable_notebook(read_notebook(str(path)))
        again, _ = runnable_notebook(read_notebook(str(path)))
        ids = [cell["id"] for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        assert ids == [cell["id"] for cell in again.cells]
        try:
            nbformat.validate(notebook)
        except nbformat.ValidationError:
            invalid.add(path.name)
    # What is wrong in these has nothing to do with executing them.
    assert len(invalid) < 10
