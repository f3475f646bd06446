"""What a rewritten cell makes that other cells make for it."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.proposal import propose_edits
from jupyter_devstral.core.edits.readers import remade_names
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.reply.parser import ReplyParser
from jupyter_devstral.core.request.tasks import Task

LOAD = Cell(
    "a", 0, "code", "import pandas as pd\nsales = pd.read_csv('sales.csv')\ndef rate(x):\n    return x / 2"
)
BEFORE = "total = sales['prize'].sum()"


@pytest.mark.parametrize(
    ("after", "names"),
    [
        ("sales = pd.DataFrame({'price': [1, 2]})\ntotal = sales['price'].sum()", ("sales",)),
        ("import pandas as pd\nsales = pd.read_csv('sales.csv')\ntotal = sales['price'].sum()", ("sales",)),
        ("sales = sales.rename(columns={'price': 'prize'})\ntotal = sales['prize'].sum()", ()),
        ("import pandas as pd\ntotal = sales['price'].sum()", ()),
        ("def rate(x):\n    return x / 2\ntotal = rate(sales['price'].sum())", ()),
        ("for sales in [1]:\n    total = 3", ()),
        ("total = sales['price'].sum()", ()),
    ],
)
def test_a_name_that_another_cell_makes_is_named_where_the_fix_makes_it_itself(after, names) -> None:
    assert remade_names(BEFORE, after, [LOAD]) == names


def test_a_name_that_nobody_else_reads_is_of_no_account() -> None:
    other = Cell("a", 0, "code", "fig, ax = subplots()\nax.plot(x)")
    assert remade_names("plot(y)", "fig, ax = subplots()\nax.plot(y)", [other]) == ()
    reader = Cell("b", 1, "code", "ax.legend()")
    assert remade_names("plot(y)", "fig, ax = subplots()\nax.plot(y)", [other, reader]) == ("ax",)


def test_the_edit_says_so() -> None:
    failing = Cell("b", 1, "code", BEFORE)
    parser = ReplyParser()
    reply = "```python\nsales = pd.DataFrame({'prize': [1]})\ntotal = sales['prize'].sum()\n```\n"
    [edit], _ = propose_edits(
        Task.FIX,
        [*parser.feed(reply), *parser.close()],
        anchor="",
        target=failing,
        language="python",
        notebook=Notebook((LOAD, failing)),
    )
    assert str(edit.loss) == "makes `sales` anew"
