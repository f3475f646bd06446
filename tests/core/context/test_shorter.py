"""A table's description in fewer tokens, and a prompt in which only that fits."""

from __future__ import annotations

import pandas as pd
import pytest

from jupyter_devstral.core.context.shorter import shortened_description
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.variables.namespace import describe_variable

WIDE = pd.DataFrame({f"column_{n}": [n] for n in range(60)} | {"unit price": [1.5], "region": ["a"]})
DESCRIBED = describe_variable("sales", WIDE)


@pytest.mark.parametrize("room", [40, 80, 160])
def test_a_shorter_description_fits_and_keeps_what_is_wanted(room: int) -> None:
    narrow = WIDE[[*list(WIDE.columns)[-2:], *list(WIDE.columns)[:38]]]
    text = describe_variable("sales", narrow[sorted(narrow.columns)]).text
    shorter = shortened_description(text, {"region", "price"}, room, estimate_tokens)
    assert estimate_tokens(shorter) <= room
    assert shorter.split("\n")[0] == text.split("\n")[0]
    assert "region: " in shorter
    assert "'unit price': float64" in shorter
    assert "more" in shorter.split("\n")[-1]


def test_a_description_that_fits_is_whole_and_the_count_is_of_all_columns() -> None:
    shorter = shortened_description(DESCRIBED.text, set(), 10_000, estimate_tokens)
    assert shorter.split("\n")[:-1] == DESCRIBED.text.split("\n")[:-1]
    assert shorter.endswith("  … and 22 more")
    assert shortened_description(DESCRIBED.text, set(), 5, estimate_tokens) == ""


def test_the_wide_table_on_the_failing_line_is_shortened_rather_than_dropped() -> None:
    cells = tuple(Cell(f"c{n}", n, "code", f"step_{n} = sales['column_{n}'].sum() + {n}") for n in range(30))
    asked = Cell("c30", 30, "code", "sales['column_7'] / step_29")
    request = Request(
        Task.EXPLAIN, "", Notebook((*cells, asked)), focus=asked, target=asked, variables=(DESCRIBED,)
    )
    prompt = build_prompt(request, budget=200)
    (table,) = [piece for piece in prompt.pieces if piece.kind == "variable"]
    assert table.text.startswith("sales: pandas DataFrame, 1 row × 62 columns")
    assert "column_7" in table.text
    assert sum(piece.tokens for piece in prompt.pieces) <= 200
