"""What the kernel does while a run goes on, and while its review is open: said before anything is kept."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.browser.sidebar.test_sidebar import findings_of_axe
from tests.browser.test_run import CELLS, SUM, WRITE, reload
from tests.browser.test_run import side as side
from tests.support.jupyter.server import code

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

OPEN_BESIDE = """async ([path, id]) => {
    const options = { path, factory: 'Notebook', kernel: { id } };
    const widget = await window.jupyterapp.commands.execute('docmanager:open', options);
    await widget.context.ready;
    await widget.revealed;
}"""
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.id"


def said(side: Any) -> str:
    return side.note("stale").inner_text()


def test_what_the_user_ran_before_stop_is_named(side, ollama) -> None:
    lab = side.lab
    side.do_for_ever(ollama)
    lab.set_source(0, "prices = [10]")
    lab.run(0)
    side.button("stop-run").click()
    side.wait_for_state("review")
    side.note("stale").wait_for()
    assert "Cells that ran meanwhile: #1" in said(side)
    assert "Variables that changed meanwhile: prices" in said(side)
    assert side.button("again").count() == 1


def test_what_is_run_while_the_review_is_open_is_said_at_once_and_after_a_reload(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, "Done.", SUM, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.do_for_review("Add up.")
    assert side.note("stale").count() == 0
    lab.set_source(0, "prices = [10]")
    lab.run(0)
    side.note("stale").wait_for()
    assert "Cells that ran meanwhile: #1" in said(side)
    lab.run(1)
    lab.wait_until(lambda: "#1, #2" in said(side))
    assert findings_of_axe(lab) == []
    lab.save()
    reload(side)
    side.button("mode-do").click()
    side.wait_for_state("review")
    lab.wait_until(lambda: side.note("stale").count() == 1 and "#1, #2" in said(side))
    # What was said is no reason to say it again.
    side.button("again").click()
    lab.wait_until(lambda: side.run.count() == 1 and "10" in side.cell(0).inner_text())
    side.wait_for_state("review")
    assert side.note("stale").count() == 0
    side.button("keep-run").click()
    side.decided("kept")
    side.note("same").wait_for()
    assert side.note("stale").count() == 0


@pytest.mark.parametrize("action", ["keep", "keep-run"])
def test_what_no_cell_told_of_is_said_before_it_is_kept(side, ollama, action) -> None:
    lab = side.lab
    ollama.replies = [SUM, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.do_for_review("Add up.")
    # As a widget or a thread does it.
    lab.evaluate_in_kernel("globals().update(prices=[9])")
    side.button(action).click()
    side.note("stale").wait_for()
    assert "Variables that changed meanwhile: prices" in said(side)
    assert "Cells that ran" not in said(side)
    lab.page.get_by_text("Nothing is kept yet").wait_for()
    assert lab.sources == [one["source"] for one in CELLS]
    side.button(action).click()
    side.decided("kept")
    lab.wait_until(lambda: len(lab.sources) == 3)


def test_a_cell_that_is_at_work_is_said_before_it_is_kept(side, ollama) -> None:
    lab = side.lab
    wait = "import os, time\nwhile not os.path.exists('go-on'):\n    time.sleep(0.05)"
    ollama.replies = [SUM, "Done."]
    side.open([*CELLS, code("cccc0003", wait)])
    lab.run(0)
    side.do_for_review("Add up.")
    lab.start_cell(2)
    lab.wait("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    side.button("keep").click()
    side.note("stale").wait_for()
    assert "A cell runs in the kernel just now" in said(side)
    assert len(lab.sources) == 3
    released = lab.server.notebooks / "go-on"
    released.touch()
    # Its end is heard of, and what it has made.
    lab.wait_until(lambda: "Cells that ran meanwhile: #3" in said(side))
    released.unlink()
    side.button("keep").click()
    side.decided("kept")


def test_a_restart_behind_the_run_is_said_before_it_is_kept(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.do_for_review("Add up.")
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    lab.wait_idle()
    # It answers again.
    assert lab.evaluate_in_kernel("1") == "1"
    side.button("keep-run").click()
    side.note("stale").wait_for()
    lab.wait_until(lambda: "The kernel was restarted" in said(side))
    assert lab.sources == [one["source"] for one in CELLS]


def test_a_cell_of_another_notebook_on_the_kernel_is_named_by_its_path(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, WRITE, "Done without.", "```python\nprices\n```", "Done."]
    name = side.open(CELLS)
    lab.run(0)
    kernel = lab.page.evaluate(KERNEL)
    side.do("Add up, and write it.")
    side.wait_for_state("asking")
    # The same text as a cell of the first notebook has.
    lab.server.write("beside.ipynb", [code("dddd0004", "print('mine')"), code("eeee0005", "prices = [7]")])
    lab.page.evaluate(OPEN_BESIDE, ["beside.ipynb", kernel])
    lab.wait_idle()
    assert lab.page.evaluate(KERNEL) == kernel
    lab.run(0)
    lab.run(1)
    # A run about this one waits for the other.
    side.do("Look at them.")
    side.wait_for_state("waiting")
    assert name in side.run.locator(".jp-devstral-run-now").inner_text()
    lab.open_file(name)
    side.button("refuse").click()
    side.wait_for_state("review")
    side.note("stale").wait_for()
    assert "Cells that ran meanwhile: beside.ipynb: print('mine'), beside.ipynb: prices = [7]" in said(side)
    assert "Variables that changed meanwhile: prices" in said(side)
    lab.open_file("beside.ipynb")
    side.wait_for_state("review")
    lab.wait_until(lambda: "[7]" in side.cell(0).inner_text())
    assert side.note("stale").count() == 0
