"""A run runs what was reviewed, undoes what it can find, says what is so, and keeps no other run waiting."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.browser.test_run import CELLS, CHANGE, SUM, WRITE, RunSide
from tests.browser.test_run import side as side
from tests.support.jupyter.lab_page import PANEL, LabPage

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

SLOW = """```python
import os, time
while not os.path.exists('go-on') and 'slow' in globals():
    time.sleep(0.05)
```"""
DELETE = '[TOOL_CALLS][{"name":"delete_cell","arguments":{"cell":"bbbb"}}]'
ACTIVE = f"{PANEL}.content.activeCell.model.id"


def reviewed(side: Any, ollama: Any, *replies: str, cells: Any = CELLS) -> str:
    ollama.replies = [*replies, "Done."]
    name = str(side.open(cells))
    side.lab.run(0)
    side.do_for_review("Do it.")
    return name


def test_what_the_user_types_while_kept_cells_run_is_not_run(side, ollama) -> None:
    lab = side.lab
    reviewed(side, ollama, SLOW, CHANGE)
    lab.evaluate_in_kernel("globals().update(slow=1)")
    side.button("keep-run").click()
    # What the kernel did meanwhile is said first.
    side.note("stale").wait_for()
    side.button("keep-run").click()
    side.decided("kept")
    at = lab.sources.index("print('changed')")
    lab.wait("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    lab.set_source(at, "print('changed')\nmine = 1")
    released = lab.server.notebooks / "go-on"
    released.touch()
    side.note("left").wait_for()
    released.unlink()
    assert "Not run: you have changed this cell meanwhile." in side.note("left").inner_text()
    assert lab.sources[at] == "print('changed')\nmine = 1"
    assert lab.output_text(at) == ""
    assert lab.evaluate_in_kernel("'mine' in globals()") == "False"


@pytest.mark.parametrize("is_found", [True, False])
def test_cells_of_a_file_without_ids_are_found_or_said_not_to_be(side, ollama, server, is_found) -> None:
    lab = side.lab
    bare = [{key: value for key, value in cell.items() if key != "id"} for cell in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    old = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": kernel}, "cells": bare}
    (server.notebooks / "old.ipynb").write_text(json.dumps(old))
    lab.open_file("old.ipynb")
    side.show()
    lab.run(0)
    ollama.replies = [SUM, "```python\nprint(total)\n```", "Done."]
    side.do("Add up.")
    side.wait_for_state("review")
    side.button("keep").click()
    side.decided("kept")
    assert len(lab.sources) == 4
    lab.save()
    lab.close_all()
    lab.start()
    lab.open_file("old.ipynb")
    side.show()
    side.button("mode-do").click()
    if not is_found:
        lab.set_source(3, "print(total)  # mine")
    side.button("undo-run").click()
    side.decided("undone")
    assert lab.sources == [cell["source"] for cell in CELLS] + ([] if is_found else ["print(total)  # mine"])
    said = side.run.locator("[data-decision]").inner_text()
    assert ("as it was before the run" in said) is is_found
    assert side.note("left").count() == (0 if is_found else 1)


def test_a_closed_notebook_keeps_no_other_run_waiting(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [WRITE, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.do("Write.")
    side.wait_for_state("asking")
    lab.close_all()
    ollama.forget()
    ollama.replies = [SUM, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.do("Add up.")
    side.wait_for_state("review")


@pytest.mark.parametrize("lock", ["deletable", "editable"])
def test_a_locked_cell_is_left_in_words(side, ollama, lock) -> None:
    lab = side.lab
    ollama.replies = [DELETE if lock == "deletable" else CHANGE, "Done."]
    side.open([CELLS[0], {**CELLS[1], "metadata": {lock: False}}])
    lab.run(0)
    side.do("Do it.")
    if lock == "deletable":
        side.wait_for_state("asking")
        side.button("allow").click()
    side.wait_for_state("review")
    side.button("keep").click()
    side.decided("kept")
    assert lab.sources == [cell["source"] for cell in CELLS]
    assert "Not kept: the cell is locked." in side.note("left").inner_text()
    assert side.run.locator("[data-decision]").inner_text() == "Nothing was kept."


def test_an_undone_run_is_one_step_with_what_its_cells_showed(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [CHANGE, "Done."]
    side.open(CELLS)
    lab.run(0)
    lab.run(1)
    side.do("Change it.")
    side.wait_for_state("review")
    side.button("keep-run").click()
    side.note("same").wait_for()
    assert (lab.sources[1], lab.output_text(1)) == ("print('changed')", "changed\n")
    side.button("undo-run").click()
    side.decided("undone")
    assert (lab.sources[1], lab.output_text(1)) == ("print('mine')", "mine\n")
    lab.command("notebook:undo-cell-action")
    lab.wait_until(lambda: lab.sources[1] == "print('changed')")
    assert lab.output_text(1) == "changed\n"
    # What a run's cell shows is not trusted, in whichever way it comes back.
    assert lab.page.evaluate(f"{PANEL}.content.widgets[1].model.trusted") is False


def test_an_undo_that_leaves_a_cell_does_not_say_that_all_is_as_before(side, ollama) -> None:
    lab = side.lab
    reviewed(side, ollama, SUM, CHANGE)
    side.button("keep").click()
    side.decided("kept")
    # The notebook shows what was kept.
    assert lab.page.evaluate(ACTIVE) in [cell["id"] for cell in lab.cells if cell["id"] != "aaaa0001"]
    lab.set_source(1, "print('changed')  # mine")
    side.button("undo-run").click()
    side.decided("undone")
    assert side.run.locator("[data-decision]").inner_text() == "Undone."
    assert "#2" in side.note("left").inner_text()
    assert "print('changed')  # mine" in lab.sources


def test_what_another_tab_has_kept_is_not_said_to_be_in_this_one(side, ollama) -> None:
    lab = side.lab
    name = reviewed(side, ollama, SUM, CHANGE)
    page = lab.page.context.browser.new_page()
    try:
        beside = RunSide(LabPage(page, lab.server))
        beside.lab.start()
        beside.lab.open_file(name)
        beside.show()
        beside.button("mode-do").click()
        beside.wait_for_state("review")
        side.button("keep").click()
        side.decided("kept")
        beside.button("keep").click()
        beside.decided("kept")
        decided = beside.run.locator("[data-decision]")
        assert decided.inner_text() == "Kept in another tab."
        beside.button("undo-run").click()
        beside.note("left").wait_for()
        assert "you have changed" not in beside.run.inner_text()
        assert decided.get_attribute("data-decision") == "kept"
        assert beside.lab.sources == [cell["source"] for cell in CELLS]
    finally:
        page.close()
    side.button("undo-run").click()
    side.decided("undone")
    assert lab.sources == [cell["source"] for cell in CELLS]


def test_what_is_to_be_decided_is_in_sight(side, ollama) -> None:
    long = "```python\nfor number in range(60):\n    print(number)\n```"
    reviewed(side, ollama, long, long.replace("60", "59"))
    page = side.page
    page.wait_for_function(
        "() => { const { bottom } = document.querySelector(\"[data-action='keep']\").getBoundingClientRect();"
        " return bottom > 0 && bottom < window.innerHeight; }"
    )


def test_a_cell_that_was_refused_and_then_ran_is_not_compared(side, ollama, server) -> None:
    ollama.replies = [WRITE, "Done."]
    side.open(CELLS)
    side.lab.run(0)
    side.do("Write.")
    side.wait_for_state("asking")
    side.button("refuse").click()
    side.wait_for_state("review")
    # How it ended stands above what is to be decided.
    bar, keep = (
        side.panel.locator(one).bounding_box() for one in (".jp-devstral-run-now", "[data-action='keep']")
    )
    assert bar["y"] < keep["y"]
    side.button("keep-run").click()
    side.note("real").wait_for()
    assert "It ran for real, as you allowed." in side.note("real").inner_text()
    assert side.note("differs").count() == 0
    (server.notebooks / "report.txt").unlink()
