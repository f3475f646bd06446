"""The user's names of cells, in a prompt that has names of its own."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.prompt.named_cells import names_note
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.request.tasks import Request, Task

# On the screen: a heading, [2], [1], one that did not run, [12].
NOTEBOOK = Notebook(
    (
        Cell("a", 0, "markdown", "# Text"),
        Cell("b", 1, "code", "x = 1", count=2),
        Cell("c", 2, "code", "y = 2", count=1),
        Cell("d", 3, "code", "z = 3"),
        Cell("e", 4, "code", "u = 4", count=12),
    )
)


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("Empty cell 2", "`2` is cell 1"),
        ("empty cell [2]", "`2` is cell 1"),
        ("why does [12] fail?", "`12` is cell 4"),
        ("compare In [2] and In [1]", "`2` is cell 1, `1` is cell 2"),
        ("join cells 2, 1 and 12", "`2` is cell 1, `1` is cell 2, `12` is cell 4"),
        ("vide la cellule 12", "`12` is cell 4"),
        ("was macht Zelle [1]?", "`1` is cell 2"),
        # No cell shows that number: the place of one.
        ("cell #4", "`#4` is cell 3"),
        ("delete cell 5", "`5` is cell 4"),
        ("nothing of cells", ""),
        ("cell 99", ""),
        ("take x[2] and [7, 8], and [2](link)", ""),
        ("`[2]` as a list", ""),
        ("2 rows", ""),
    ],
)
def test_a_cell_that_is_named_as_the_screen_does_is_told_by_the_name_of_the_prompt(
    question: str, note: str
) -> None:
    assert names_note(question, NOTEBOOK) == (f"By the numbers on my screen {note}." if note else "")


def test_where_both_say_the_same_nothing_is_told() -> None:
    same = Notebook((Cell("a", 0, "markdown", ""), Cell("b", 1, "code", "x", count=1)))
    assert names_note("cell 1", same) == ""


def test_the_note_stands_before_the_question() -> None:
    prompt = build_prompt(Request(Task.CHAT, "Empty cell 2", NOTEBOOK))
    last = prompt.messages[-1].content
    assert "`2` is cell 1" in prompt.user_text
    assert last.index("Cell 1:") < last.index("`2` is cell 1") < last.index("Empty cell 2")
    assert last.endswith("Empty cell 2")
