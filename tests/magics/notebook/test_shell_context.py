"""The notebook as the kernel knows it: the file, what was executed since, where the asking cell stands."""

import json
import os
from types import SimpleNamespace

import pytest

from jupyter_devstral.core.errors import NotebookError, UsageError
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.notebook.own_cells import cell_above
from jupyter_devstral.core.request.command import parse_command
from jupyter_devstral.magics.notebook.shell_context import (
    NotebookFile,
    find_asking,
    mentioned,
    merge_executed,
)
from jupyter_devstral.magics.notebook.transcript import ExecutedCell


def executed(*pairs, time=10.0):
    entries, previous = [], None
    for key, source in pairs:
        previous = ExecutedCell(key, source, previous=previous, time=time)
        entries.append(previous)
    return entries


def saved(*pairs):
    return tuple(Cell(key, index, "code", source) for index, (key, source) in enumerate(pairs))


def ids(cells):
    assert [cell.index for cell in cells] == list(range(len(cells)))
    return [(cell.id, cell.source) for cell in cells]


def test_executed_source_is_fresher_than_the_file():
    cells = merge_executed(saved(("a", "old"), ("b", "kept")), executed(("a", "new")))
    assert ids(cells) == [("a", "new"), ("b", "kept")]


def test_unsaved_cells_stand_behind_the_cell_executed_before_them():
    cells = merge_executed(saved(("a", "1"), ("b", "2")), executed(("a", "1"), ("x", "new"), ("y", "newer")))
    assert ids(cells) == [("a", "1"), ("x", "new"), ("y", "newer"), ("b", "2")]


def test_an_unsaved_cell_without_predecessor_is_last():
    assert ids(merge_executed(saved(("a", "1")), executed(("x", "new")))) == [("a", "1"), ("x", "new")]


def test_deleted_cells_do_not_come_back():
    cells = merge_executed(saved(("a", "1")), executed(("a", "1"), ("gone", "2"), time=5.0), saved_at=9.0)
    assert ids(cells) == [("a", "1")]


def test_files_without_ids_are_matched_by_source():
    cells = merge_executed(saved(("", "1"), ("", "2")), executed(("k", "2"), ("m", "3")), saved_at=99.0)
    assert [cell.source for cell in cells] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("key", "source", "index"),
    [
        ("b", "x", 1),  # its id, although the source is another's
        ("gone", "x", 4),  # the last that reads the same
        ("", "x", 2),  # the last without an id that reads the same
        ("", "z", 3),
        ("gone", "nowhere", None),
    ],
)
def test_which_cell_was_executed(key, source, index):
    cells = saved(("a", "x"), ("b", "y"), ("", "x"), ("c", "z"), ("d", "x"))
    found = find_asking(Notebook(cells=cells), ExecutedCell(key, source))
    assert (found.index if found else None) == index


def test_the_cell_above_is_no_question_of_ours():
    cells = (
        *saved(("a", "x = 1"), ("b", "%%devstral ask\nwhy"), ("c", "  ")),
        Cell("m", 3, "markdown", "# t"),
    )
    from jupyter_devstral.core.notebook.cells import Notebook

    notebook = Notebook((*cells, Cell("q", 4, "code", "%%devstral edit\nfaster")))
    focus = find_asking(notebook, ExecutedCell("q", "%%devstral edit\nfaster"))
    assert focus.id == "q"
    assert cell_above(notebook, focus).id == "a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plot @df by month", ["df"]),
        ("plot @df.price, then @df", ["df", "df"]),
        ("@df", ["df"]),
        ("mail me@df.org", []),
        ("use @dataclass and @unknown", []),
        ("@größe?", ["größe"]),
        ("(@df)", ["df"]),
        ("@@df", []),
    ],
)
def test_only_existing_names_are_attached(text, expected):
    from dataclasses import dataclass

    assert mentioned(text, {"df": object(), "dataclass": dataclass, "größe": 1}) == expected


@pytest.fixture
def notebook_file(tmp_path, monkeypatch):
    path = tmp_path / "work.ipynb"

    def write(*pairs, minor=5):
        cells = [
            {
                "cell_type": "code",
                "id": key,
                "source": source,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for key, source in pairs
        ]
        path.write_text(
            json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells}),
            encoding="utf-8",
        )
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        return path

    return write


def request(session, line, body=None):
    return session.context.request(parse_command(line, body), scope="notebook")


def test_the_file_completes_what_was_executed(notebook_file, run, session):
    path = notebook_file(("a", "x = 1"), ("later", "y = x"))
    os.utime(path, (1, 1))
    run("x = 2", "a")
    run("z = 3", "new")
    notebook = session.context.notebook()
    assert ids(notebook.cells) == [("a", "x = 2"), ("new", "z = 3"), ("later", "y = x")]


def test_a_broken_file_is_as_good_as_none(notebook_file, run, session):
    notebook_file().write_text("{not json", encoding="utf-8")
    run("x = 2", "a")
    assert ids(session.context.notebook().cells) == [("a", "x = 2")]


def test_vscode_names_the_file_in_the_namespace(notebook_file, monkeypatch, ip, session):
    path = notebook_file(("a", "x = 1"))
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert session.context.notebook().cells == ()
    ip.user_ns["__vsc_ipynb_file__"] = str(path)
    assert [cell.id for cell in session.context.notebook().cells] == ["a"]


def test_targets_by_id_by_index_and_by_default(run, session):
    run("a = 1", "first")
    run("b = 2", "second")
    assert request(session, "edit faster").target.id == "second"
    assert request(session, "edit --cell first faster").target.id == "first"
    assert request(session, "edit --cell 0 faster").target.id == "first"
    with pytest.raises(NotebookError):
        request(session, "edit --cell 99 faster")


def test_nothing_above_is_said_plainly(session):
    with pytest.raises(UsageError, match="no code cell above"):
        request(session, "refactor")


def test_attached_variables_come_first_and_must_exist(run, session):
    run("alpha = 1\nsales = [1, 2]\nbeta = 2", "a")
    asked = request(session, "ask -v beta about @sales")
    assert asked.attached == ("beta", "sales")
    assert asked.question == "about @sales"
    assert [variable.name for variable in asked.variables[:2]] == ["beta", "sales"]
    with pytest.raises(UsageError, match="Did you mean sales"):
        request(session, "ask -v slaes x")


def test_ipythons_own_names_are_not_described(run, session):
    run("mine = 1", "a")
    names = {variable.name for variable in request(session, "ask x").variables}
    assert "mine" in names
    assert not names & {"In", "Out", "get_ipython", "exit", "_ih", "_"}


def test_pushed_contents_win(run, session):
    run("x = 2", "a")
    cells = [
        {"cell_type": "code", "id": id, "metadata": {}, "outputs": [], "source": source}
        for id, source in (("a", "x = 2"), ("b", "typed, not run"))
    ]
    session.context.pushes.receive({"cell_id": "a", "cells": cells})
    assert ids(session.context.notebook().cells) == [("a", "x = 2"), ("b", "typed, not run")]


def test_mentioning_asks_nothing_of_a_value():
    asked = []

    class Meta(type):
        def __eq__(cls, other):
            asked.append("==")
            return True

        __hash__ = type.__hash__

    class Pretender(metaclass=Meta):
        @property
        def __class__(self):
            asked.append("__class__")
            return type

    assert mentioned("use @thing and @kind", {"thing": Pretender(), "kind": Pretender}) == ["thing"]
    assert not asked


@pytest.mark.parametrize(
    "name", ["a\0b.ipynb", "\ud800.ipynb", "pipe.ipynb", "folder.ipynb", "x" * 300 + ".ipynb"]
)
def test_what_is_no_file_is_no_notebook(tmp_path, name):
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    ip = SimpleNamespace(user_ns={"__vsc_ipynb_file__": f"{tmp_path}/{name}"})
    assert NotebookFile().read(ip) is None
