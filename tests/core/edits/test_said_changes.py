"""A reply of one sentence is carried out where it can mean one thing only."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.edits.said_changes import said_change
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Task

CELL = "prices = load()\nmean = prices['prize'].mean()\nprint(mean, prices)"
FIXED = CELL.replace("prize", "price")


@pytest.mark.parametrize(
    "text",
    [
        "Change `'prize'` to `'price'`.",
        "You should replace `prices['prize']` in cell 2 with `prices['price']`, then it works.",
        "The column is called price: replace the key `'prize'` by the key `'price'`!",
        "Use `prices['price']` instead of `prices['prize']`.",
        "Remplacez `'prize'` par `'price'`.",
        "Ersetze `'prize'` durch `'price'`.",
    ],
)
def test_one_sentence_is_carried_out(text: str) -> None:
    assert said_change(text, CELL) == FIXED


@pytest.mark.parametrize(
    "text",
    [
        # Twice in the cell, nowhere in it, no Python, nothing to do.
        "Change `prices` to `sales`.",
        "Change `'cost'` to `'price'`.",
        "Change `'prize'` to `'price`.",
        "Change `'prize'` to `'prize'`.",
        "`'prize'` should be `'price'`, I think.",
        "Change it. `'prize'` is not the name; go to `'price'`.",
        "Change `riz` to `ric`.",
    ],
)
def test_what_is_not_certain_is_not(text: str) -> None:
    assert said_change(text, CELL) is None


def test_it_becomes_the_edit_of_a_reply_without_code_alone() -> None:
    cell = Cell("c", 0, "code", CELL)

    def edited(reply: str) -> list[str]:
        parser = ReplyParser()
        events = [*parser.feed(reply), *parser.close()]
        notebook = Notebook((cell,))
        edits, _ = propose_edits(
            Task.FIX, events, anchor="", target=cell, language="python", notebook=notebook
        )
        return [edit.source for edit in edits]

    said = "Change `'prize'` to `'price'`."
    assert edited(said) == [FIXED]
    other = FIXED.replace("print", "show")
    assert edited(f"{said}\n```python\n{other}\n```\n") == [other]
