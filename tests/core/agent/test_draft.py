"""The notebook of a run: how cells are named and found, and what a user's typing does to it."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.agent.draft import Draft
from jupyter_devstral.core.errors import NotebookError
from jupyter_devstral.core.notebook.cells import Cell, Notebook


def cell(id: str, source: str) -> Cell:
    return Cell(id, 0, "code", source)


def draft(*ids: str) -> Draft:
    return Draft(Notebook(tuple(Cell(id, index, "code", f"x = {index}") for index, id in enumerate(ids))))


def test_a_cell_is_named_by_the_shortest_prefix_that_is_its_alone() -> None:
    one = draft("a1b2c3d4", "a1b2ffff", "c", "cell-1", "cell-10")
    assert [one.short(cell) for cell in one] == ["a1b2c", "a1b2f", "c", "cell-1", "cell-10"]
    for cell in one:
        assert one.find(one.short(cell)) is cell


def test_a_notebook_without_ids_gets_labels_for_the_run() -> None:
    assert [cell.id for cell in draft("", "")] == ["c1", "c2"]


@pytest.mark.parametrize("name", ["0", "1", "a1b", "zzzz", "", "a1b2"])
def test_what_names_no_single_cell_is_an_error_that_lists_them(name: str) -> None:
    with pytest.raises(NotebookError, match="The cells are: a1b2c, a1b2f"):
        draft("a1b2c3d4", "a1b2ffff").find(name)


def test_new_cells_stand_behind_the_last_one_that_was_written() -> None:
    one = draft("aaaa1111", "bbbb2222")
    one.write(one.find("aaaa"), "x = 9", "code")
    new = one.write(None, "y = 1", "code")
    newer = one.write(None, "y = 2", "code")
    assert [cell.id for cell in one.cells] == ["aaaa1111", new.id, newer.id, "bbbb2222"]
    assert [cell.state for cell in one.touched] == ["changed", "new", "new"]


def test_ids_of_new_cells_differ_in_what_they_are_called_by() -> None:
    one = draft()
    for _ in range(300):
        one.write(None, "x", "code")
    beginnings = {cell.id[:4] for cell in one}
    assert len(beginnings) == 300
    assert not any(beginning.isdigit() for beginning in beginnings)


def test_a_source_that_the_user_changed_is_taken_over_but_not_as_shown() -> None:
    one = draft("aaaa1111", "bbbb2222")
    assert one.follow((cell("aaaa1111", "typed"), cell("bbbb2222", "x = 1"))) == []
    changed = one.find("aaaa")
    assert (changed.source, changed.before, changed.shown) == ("typed", "typed", "x = 0")
    assert one.touched == []


def test_cells_that_the_user_adds_stand_where_he_put_them_and_were_not_shown() -> None:
    one = draft("aaaa1111", "bbbb2222")
    new = one.write(one.find("aaaa"), "x = 9", "code")
    now = [cell(id, "x") for id in ("first000", "aaaa1111", "second00", "third000", "bbbb2222")]
    added = one.follow(now)
    assert [each.id for each in one.cells] == [each.id for each in now]
    assert [(each.id, each.shown, each.state) for each in added] == [
        (id, None, "as it was") for id in ("first000", "second00", "third000")
    ]
    assert one.touched == [new]
    assert one.follow(now) == []


def test_a_cell_that_the_user_makes_one_of_text_is_one() -> None:
    one = draft("aaaa1111")
    one.follow((Cell("aaaa1111", 0, "markdown", "x = 0"),))
    assert (one.find("aaaa").kind, one.touched) == ("markdown", [])


def test_a_new_source_has_none_of_the_outputs_of_the_one_before() -> None:
    one = draft("aaaa1111")
    new = one.write(None, "print(1)", "code")
    new.outputs = ({"output_type": "stream", "name": "stdout", "text": "1"},)
    assert one.write(new, "print(2)", "code").outputs == ()
