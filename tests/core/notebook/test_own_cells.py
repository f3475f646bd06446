"""The cell above: the user's own code, whatever stands between."""

from __future__ import annotations

from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.notebook.own_cells import cell_above


def notebook(*sources: str) -> Notebook:
    return Notebook(tuple(Cell(f"c{n}", n, "code", source) for n, source in enumerate(sources)))


def test_cells_that_only_talk_to_us_are_passed_over() -> None:
    cells = notebook(
        "x = 1", "%load_ext jupyter_devstral", "%devstral status", "", "%%devstral\nq", "%%devstral edit\nq"
    )
    assert cell_above(cells, cells.cells[5]) is cells.cells[0]


def test_without_an_asking_cell_it_is_the_last_one() -> None:
    cells = notebook("x = 1", "y = 2\n%devstral ask why")
    assert cell_above(cells, None) is cells.cells[1]


def test_markdown_is_no_code_and_nothing_is_nothing() -> None:
    title = Cell("t", 0, "markdown", "# Title")
    assert cell_above(Notebook((title,)), None) is None
