"""Replies with diffs, with gaps, and in the language of a cell magic, from their words to the edit."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Task

CELLS = tuple(
    Cell(f"c{at}", at, "code", source)
    for at, source in enumerate(
        ["prices = load('prices.csv')\nprices = prices.drop_na()", "mean = prices.men()\nprint(mean)"]
    )
)
BASH = Cell("b", 2, "code", "%%bash\nlss -la")


def proposed(
    reply: str, target: Cell = CELLS[1], task: Task = Task.FIX
) -> tuple[dict[str, str], tuple[str, ...]]:
    parser = ReplyParser()
    events = [*parser.feed(reply), *parser.close()]
    edits, notes = propose_edits(
        task, events, anchor="", target=target, language="python", notebook=Notebook((*CELLS, BASH))
    )
    return {edit.cell_id: edit.source for edit in edits}, notes


@pytest.mark.parametrize("tag", ["diff", "python", ""])
def test_a_diff_becomes_an_edit_and_says_so(tag: str) -> None:
    edits, notes = proposed(f"Change it:\n\n```{tag}\n-mean = prices.men()\n+mean = prices.mean()\n```\n")
    assert edits == {"c1": "mean = prices.mean()\nprint(mean)"}
    assert notes == (
        "The reply shows only a part of cell #2: it was put in its place there, and the rest is kept.",
    )


def test_a_diff_of_another_cell_is_for_that_one() -> None:
    reply = "```diff\n-prices = prices.drop_na()\n+prices = prices.dropna()\n```\n"
    assert proposed(reply)[0] == {"c0": "prices = load('prices.csv')\nprices = prices.dropna()"}
    # Who edits a cell means that cell.
    assert proposed(reply, task=Task.EDIT) == (
        {},
        (
            "A diff block was not used.",
            "The reply has no code that can replace the cell, so nothing was changed.",
        ),
    )


def test_two_diffs_of_one_cell_are_both_carried_out() -> None:
    one, other = "-mean = prices.men()\n+mean = prices.mean()", "-print(mean)\n+show(mean)"
    reply = f"```diff\n{one}\n```\nand\n```diff\n{other}\n```\n"
    assert proposed(reply)[0] == {"c1": "mean = prices.mean()\nshow(mean)"}


def test_the_whole_cell_beside_a_diff_is_taken() -> None:
    reply = (
        "```diff\n-mean = prices.men()\n+mean = 1\n```\n```python\nmean = prices.mean()\nprint(mean)\n```\n"
    )
    assert proposed(reply)[0] == {"c1": "mean = prices.mean()\nprint(mean)"}


def test_gaps_are_filled() -> None:
    edits, notes = proposed("```python\nmean = prices.mean()\n# ... rest of the code unchanged\n```\n")
    assert edits == {"c1": "mean = prices.mean()\nprint(mean)"}
    assert "put in its place" in notes[0]


@pytest.mark.parametrize("reply", ["```bash\nls -la\n```\n", "```sh\n%%bash\nls -la\n```\n"])
def test_a_block_in_the_language_of_the_cells_magic_is_the_cell(reply: str) -> None:
    assert proposed(reply, BASH)[0] == {"b": "%%bash\nls -la"}
    # In a cell of Python it stays a command.
    assert proposed(reply)[0] == {}


def test_comments_that_were_left_out_are_no_block_of_their_own() -> None:
    _, notes = proposed("```python\n# This mends it\nmean = prices.mean()\n# as before\nprint(mean)\n```\n")
    assert not [note for note in notes if "other code block" in note]
