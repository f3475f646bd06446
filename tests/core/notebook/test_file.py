"""Notebook files of every version and state of repair become notebooks, or one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.core.errors import NotebookError
from jupyter_devstral.core.notebook.cells import REPLY_MIME, Turn
from jupyter_devstral.core.notebook.file import find_cell, notebook_from_json, raw_cells, read_notebook_json


def v4(*cells: Any, **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}


def code(source: Any, *outputs: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), **more}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "print(1)",
        "[1, 2]",
        "{}",
        "null",
        '{"cells": 3}',
        b"\xff\xfe\x00garbage",
        b"\x89PNG\r\n\x1a\n",
        "[" * 100_000,
        '{"cells": [',
    ],
)
def test_what_is_not_a_notebook_is_refused_in_one_line_of_advice(text: str | bytes) -> None:
    with pytest.raises(NotebookError) as caught:
        read_notebook_json(text)
    assert "\n" not in str(caught.value)
    assert ".ipynb" in str(caught.value)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    data = json.dumps(v4(code("x = 1"))).encode("utf-8-sig")
    assert notebook_from_json(read_notebook_json(data)).cells[0].source == "x = 1"


def test_sources_are_strings_or_lines() -> None:
    cells = notebook_from_json(v4(code(["a = 1\n", "b = 2"]), code("c = 3\nd"), code(None), code(7))).cells
    assert [cell.source for cell in cells] == ["a = 1\nb = 2", "c = 3\nd", "", ""]


def test_worksheets_of_old_formats() -> None:
    value = {"output_type": "pyout", "text": "1"}
    cells = [{"cell_type": "code", "input": ["x = 1", "x"], "outputs": [value]}]
    more = [{"cell_type": "heading", "level": 2, "source": "Title"}, {"cell_type": "html", "source": "<b>"}]
    data = {"nbformat": 2, "worksheets": [{"cells": cells}, {"cells": more}, {}, 3]}
    first, heading, html = notebook_from_json(data).cells
    assert (first.source, first.outputs[0].kind, first.outputs[0].text) == ("x = 1\nx", "result", "1")
    assert (heading.kind, heading.source, heading.index) == ("markdown", "## Title", 1)
    assert html.kind == "raw"


def test_outputs_become_text_and_never_a_payload() -> None:
    png = {"output_type": "display_data", "data": {"image/png": "iVBOR" * 99, "text/plain": "<Figure>"}}
    table = {
        "output_type": "execute_result",
        "data": {"text/html": "<table>", "text/plain": ["  a\n", "0 1"]},
    }
    error = {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": ["one", "two", 3]}
    stream = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    shown = (
        notebook_from_json(v4(code("", png, table, error, stream, {"output_type": ["odd"]}, 5)))
        .cells[0]
        .outputs
    )
    assert [(o.kind, o.text, o.mime) for o in shown] == [
        ("display", "<Figure>", "image/png"),
        ("result", "  a\n0 1", "text/html"),
        ("error", "one\ntwo", "text/plain"),
        ("stream", "a\nb", "text/plain"),
    ]
    assert (shown[2].ename, shown[2].evalue) == ("KeyError", "'x'")


def test_a_recorded_answer_is_a_turn_and_not_an_output() -> None:
    def answered(data: Any) -> dict[str, Any]:
        return code(
            "%%devstral\nq", {"output_type": "display_data", "data": {REPLY_MIME: data, "text/plain": "A"}}
        )

    bundle = {"turn": {"user_text": "Task: ask\nq"}, "reply": "A <b> {x}"}
    cell = notebook_from_json(v4(answered(bundle))).cells[0]
    assert cell.turn == Turn("Task: ask\nq", "A <b> {x}")
    assert cell.outputs == ()
    for odd in (
        {},
        {"turn": 3},
        {"turn": {"user_text": 1}, "reply": "x"},
        {"turn": {"user_text": "q"}, "reply": " "},
        [],
        "x",
        None,
        {"reply": "x"},
    ):
        assert notebook_from_json(v4(answered(odd))).cells[0].turn is None


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"name": "python3"}}, "python"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"kernelspec": {"name": "julia-1.6"}}, "julia"),
        ({"kernelspec": {"language": "R"}, "language_info": {"name": "x"}}, "r"),
        ({"language_info": {"name": "scala"}}, "scala"),
        ({"kernelspec": 3, "language_info": []}, "python"),
    ],
)
def test_language(metadata: dict[str, Any], language: str) -> None:
    assert notebook_from_json(v4(**metadata)).language == language


def test_a_cell_is_found_by_id_before_index() -> None:
    book = notebook_from_json(v4(code("a", id="1"), code("b", id="x"), code("c")))
    assert find_cell(book, "1").source == "a"
    assert find_cell(book, "x").source == "b"
    assert find_cell(book, "2").source == "c"
    assert find_cell(book, "cell-2").source == "c"


@pytest.mark.parametrize("wanted", ["3", "-1", "nope", "", "²", "9" * 30])
def test_a_cell_that_is_not_there(wanted: str) -> None:
    book = notebook_from_json(v4(code("a"), code("b")))
    with pytest.raises(NotebookError, match="#1 to #2"):
        find_cell(book, wanted)


def test_an_ambiguous_id_names_the_places() -> None:
    book = notebook_from_json(v4(code("a", id="x"), code("b"), code("c", id="x")))
    with pytest.raises(NotebookError, match="#1, #3"):
        find_cell(book, "x")
    with pytest.raises(NotebookError, match="empty"):
        find_cell(notebook_from_json(v4()), "0")


def test_a_cell_is_found_by_what_the_user_sees_beside_it() -> None:
    counts = [None, 3, 7, 7, True, "x"]
    book = notebook_from_json(v4(*(code(f"c{at}", execution_count=n) for at, n in enumerate(counts))))
    assert [cell.sign for cell in book.cells] == ["#1", "[3]", "[7]", "[7]", "#5", "#6"]
    assert find_cell(book, "[3]").index == 1
    assert find_cell(book, "#1").index == 0
    assert find_cell(book, "#2").index == 1
    with pytest.raises(NotebookError):
        find_cell(book, "[7]")


def test_cells_that_are_no_objects_keep_their_place() -> None:
    cells = notebook_from_json(v4(code("a"), None, "text", code("b", id=5))).cells
    assert [cell.index for cell in cells] == [0, 1, 2, 3]
    assert cells[3].source == "b"
    assert cells[3].id == ""


def test_every_collected_notebook_is_read(shared_data: Path) -> None:
    index = json.loads((shared_data / "notebooks" / "index.json").read_text(encoding="utf-8"))
    for entry in index:
        data = read_notebook_json((shared_data / "notebooks" / entry["file"]).read_bytes())
        book = notebook_from_json(data)
        assert len(book.cells) == len(raw_cells(data)) == entry["cells"], entry["file"]
        if entry["language"]:
            assert book.language == entry["language"].lower(), entry["file"]
        assert (
            sum(output.kind == "error" for cell in book.cells for output in cell.outputs) == entry["errors"]
        )


def test_a_cell_that_shows_something_is_called_as_the_screen_does() -> None:
    shown = {
        "output_type": "execute_result",
        "execution_count": 2,
        "data": {"text/plain": "3"},
        "metadata": {},
    }
    failed = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    book = notebook_from_json(
        v4(*(code("x", *outputs, execution_count=2) for outputs in ([], [shown], [failed], [shown, failed])))
    )
    assert [cell.sign for cell in book.cells] == ["[2]"] * 4
    assert {cell.kind for cell in book.cells} == {"code"}
