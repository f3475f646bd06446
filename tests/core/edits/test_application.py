"""Edits on notebook files of every version: the cells they name change, nothing else does."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from jupyter_devstral.core.edits.application import apply_edits
from jupyter_devstral.core.edits.edit import Edit
from jupyter_devstral.core.errors import EditRefused


def code_cell(source: Any, **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {"tags": ["a"]},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
        "source": source,
        **more,
    }


def notebook(*cells: Any, minor: Any = 5) -> dict[str, Any]:
    return {
        "cells": list(cells),
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": minor,
    }


def insert(source: str, cell_id: str = "") -> Edit:
    return Edit("insert", cell_id, "", source)


def test_inserting_keeps_order_and_every_other_cell() -> None:
    before = notebook(code_cell("a", id="one"), code_cell("b", id="two"))
    frozen = copy.deepcopy(before)
    after = apply_edits(
        before, [insert("x", "one"), insert("y", "one"), insert("z", "two")], index_of_anchor=0
    )
    assert before == frozen
    assert [cell["source"] for cell in after["cells"]] == ["a", "x", "y", "b", "z"]
    assert after["cells"][0] is before["cells"][0]
    assert after["cells"][3] is before["cells"][1]
    new = after["cells"][1]
    assert {**new, "id": ""} == {
        "cell_type": "code",
        "execution_count": None,
        "id": "",
        "metadata": {},
        "outputs": [],
        "source": "x",
    }
    assert list(new) == sorted(new)
    ids = [cell["id"] for cell in after["cells"]]
    assert len(set(ids)) == 5
    assert all(1 <= len(id) <= 64 and id.replace("-", "").isalnum() for id in ids)


def test_ids_only_where_the_format_has_them() -> None:
    for minor, expected in ((0, False), (4, False), (5, True), (99, True), ("x", False)):
        after = apply_edits(notebook(code_cell("a"), minor=minor), [insert("x")], index_of_anchor=0)
        assert ("id" in after["cells"][1]) is expected
        assert "id" not in after["cells"][0]
    same = apply_edits(notebook(code_cell("a", id="q")), [insert("x")] * 3, index_of_anchor=0)
    assert len({cell["id"] for cell in same["cells"]}) == 4


def test_sources_are_written_as_the_file_writes_them() -> None:
    lines = apply_edits(notebook(code_cell(["a\n", "b"])), [insert("x\ny\n")], index_of_anchor=0)
    assert lines["cells"][1]["source"] == ["x\n", "y\n"]
    text = apply_edits(notebook(code_cell("a\nb")), [insert("x\ny")], index_of_anchor=0)
    assert text["cells"][1]["source"] == "x\ny"
    empty = apply_edits(notebook(), [insert("x\ny")], index_of_anchor=-1)
    assert empty["cells"][0]["source"] == ["x\n", "y"]
    mixed = notebook(code_cell("a", id="a"), code_cell(["b"], id="b"), code_cell(["c"], id="c"))
    replaced = apply_edits(mixed, [Edit("replace", "a", "a", "x\ny")], index_of_anchor=1)
    assert replaced["cells"][0]["source"] == "x\ny"


def test_replacing_clears_the_outputs_of_that_cell_alone() -> None:
    target = code_cell(["a\n", "b"], id="t", attachments={"x": {}}, extra=1)
    before = notebook(code_cell("o", id="o"), target)
    after = apply_edits(before, [Edit("replace", "t", "a\nb", "c")], index_of_anchor=1)
    assert after["cells"][0] is before["cells"][0]
    assert after["cells"][1] == {**target, "source": ["c"], "outputs": [], "execution_count": None}
    assert target["outputs"]


def test_markdown_cells_are_replaced_and_inserted() -> None:
    target = {
        "cell_type": "markdown",
        "id": "m",
        "metadata": {},
        "source": "# A",
        "attachments": {"i.png": {}},
    }
    edits = [Edit("replace", "m", "# A", "# B", "markdown"), Edit("insert", "m", "", "text", "markdown")]
    after = apply_edits(notebook(target), edits, index_of_anchor=0)
    assert after["cells"][0] == {**target, "source": "# B"}
    assert {key for key in after["cells"][1] if key != "id"} == {"cell_type", "metadata", "source"}


def test_deleting_and_several_edits_at_once() -> None:
    before = notebook(code_cell("a", id="a"), code_cell("b", id="b"), code_cell("c", id="c"))
    edits = [Edit("delete", "b", "b", ""), insert("x", "b"), Edit("replace", "c", "c", "d"), insert("y", "c")]
    after = apply_edits(before, edits, index_of_anchor=0)
    assert [cell["source"] for cell in after["cells"]] == ["a", "x", "d", "y"]


@pytest.mark.parametrize(
    "edit",
    [
        Edit("replace", "a", "something else", "x"),
        Edit("delete", "a", "something else", ""),
        Edit("replace", "nowhere", "a", "x"),
        Edit("insert", "nowhere", "", "x"),
        Edit("replace", "cell-9", "a", "x"),
        Edit("explode", "a", "a", "x"),
    ],
)
def test_edits_that_do_not_fit_are_refused_as_a_whole(edit: Edit) -> None:
    before = notebook(code_cell("a", id="a"))
    frozen = copy.deepcopy(before)
    with pytest.raises(EditRefused, match="nothing was changed"):
        apply_edits(before, [insert("x", "a"), edit], index_of_anchor=0)
    assert before == frozen


def test_an_anchor_outside_the_notebook_is_refused() -> None:
    with pytest.raises(EditRefused):
        apply_edits(notebook(code_cell("a")), [insert("x")], index_of_anchor=4)
    with pytest.raises(EditRefused):
        apply_edits(notebook(code_cell("a")), [Edit("replace", "", "a", "x")], index_of_anchor=-1)


def test_cells_without_ids_and_with_the_same_id() -> None:
    plain = notebook(code_cell("a"), code_cell("b"), minor=2)
    after = apply_edits(
        plain, [insert("x", "cell-1"), Edit("replace", "cell-0", "a", "c")], index_of_anchor=1
    )
    assert [cell["source"] for cell in after["cells"]] == ["c", "b", "x"]
    twins = notebook(code_cell("a", id="t"), code_cell("b", id="t"))
    after = apply_edits(twins, [insert("x", "t")], index_of_anchor=1)
    assert [cell["source"] for cell in after["cells"]] == ["a", "b", "x"]
    after = apply_edits(twins, [Edit("replace", "t", "b", "x")], index_of_anchor=1)
    assert [cell["source"] for cell in after["cells"]] == ["a", "x"]


def old_notebook(version: int) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "collapsed": False,
        "input": ["a\n", "b"],
        "language": "python",
        "outputs": [],
    }
    heading = {"cell_type": "heading", "level": 2, "source": ["Title"]}
    sheets = [
        {"cells": [cell, heading]},
        {"cells": [{**cell, "input": "c", "prompt_number": 4}], "metadata": {}},
    ]
    return {"nbformat": version, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}


@pytest.mark.parametrize("version", [2, 3])
def test_old_formats_keep_their_worksheets(version: int) -> None:
    before = old_notebook(version)
    frozen = copy.deepcopy(before)
    edits = [insert("x", "cell-0"), insert("z", "cell-2"), Edit("replace", "cell-2", "c", "d")]
    after = apply_edits(before, edits, index_of_anchor=0)
    assert before == frozen
    first, second = after["worksheets"]
    assert [cell.get("input", cell.get("source")) for cell in first["cells"]] == [
        ["a\n", "b"],
        ["x"],
        ["Title"],
    ]
    assert first["cells"][0] is before["worksheets"][0]["cells"][0]
    new = {"cell_type": "code", "collapsed": False, "input": ["x"], "language": "python", "outputs": []}
    assert first["cells"][1] == (new if version == 2 else {**new, "metadata": {}})
    assert second["cells"][0]["input"] == "d"
    assert "prompt_number" not in second["cells"][0]
    assert second["cells"][1]["input"] == ["z"]
    at_the_top = apply_edits(before, [insert("t")], index_of_anchor=-1)
    assert [len(sheet["cells"]) for sheet in at_the_top["worksheets"]] == [3, 1]


def test_an_old_heading_becomes_markdown_when_it_is_rewritten() -> None:
    after = apply_edits(old_notebook(3), [Edit("replace", "cell-1", "## Title", "## New")], index_of_anchor=1)
    assert after["worksheets"][0]["cells"][1] == {"cell_type": "markdown", "source": ["## New"]}


def test_notebooks_without_any_cells() -> None:
    assert (
        len(apply_edits({"nbformat": 4, "nbformat_minor": 4}, [insert("x")], index_of_anchor=-1)["cells"])
        == 1
    )
    old = apply_edits({"nbformat": 3, "metadata": {}}, [insert("x")], index_of_anchor=-1)
    assert old["worksheets"][0]["cells"][0]["input"] == ["x"]
    empty = {"nbformat": 3, "worksheets": [{"cells": []}]}
    assert len(apply_edits(empty, [insert("x")], index_of_anchor=-1)["worksheets"][0]["cells"]) == 1


def test_cells_that_are_no_cells_stay() -> None:
    before = notebook("junk", code_cell("a", id="a"), {"cell_type": "unknown"}, None)
    after = apply_edits(before, [insert("x", "a")], index_of_anchor=1)
    assert [cell for cell in after["cells"] if cell not in before["cells"]] == [after["cells"][2]]
