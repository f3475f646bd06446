"""Displays of other cells that a run updates, and widgets: rehearsed, reviewed, kept and undone."""

from __future__ import annotations

import os

import pytest

from tests.browser.sidebar.test_sidebar import findings_of_axe
from tests.browser.test_run import side as side
from tests.support.jupyter.server import code

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

SHOWS = "handle = display({'text/plain': 'mine'}, raw=True, display_id=True)"
OWN = "```python\nown = display({'text/plain': 'a'}, raw=True, display_id=True)\n```"
UPDATE = "handle.update({'text/plain': 'new'}, raw=True)"
BOTH = f"```python\n{UPDATE}\nown.update({{'text/plain': 'b'}}, raw=True)\n```"
OTHERWISE = "```python\nimport os\nhandle.update({'text/plain': str(os.getpid())}, raw=True)\n```"
# What the page hears of widgets, as a manager of them would.
LISTEN = """() => {
    window.heard = [];
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    kernel.registerCommTarget('jupyter.widget', (comm, msg) => {
        window.heard.push(msg.content.data.state.value);
        comm.onMsg = one => window.heard.push(one.content.data.state.value);
    });
}"""
WIDGET = "comm.create_comm(target_name='jupyter.widget', data={'state': {'value': %r}, 'buffer_paths': []})"


def test_an_update_of_another_cells_display_is_reviewed_compared_and_undone(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [OWN, BOTH, "Done."]
    side.open([code("aaaa0001", SHOWS), code("bbbb0002", "1")])
    lab.run(0)
    side.do("Update them.")
    side.wait_for_state("review")
    updates = side.cell(1).locator("[data-kind='update']")
    assert [one.inner_text().split("\n")[0] for one in updates.all()] == [
        "It changes what cell [1] shows:",
        f"It changes what cell {side.cell(0).get_attribute('data-cell')[:4]} shows:",
    ]
    assert [one.locator(".jp-devstral-run-outputs").inner_text().strip() for one in updates.all()] == [
        "new",
        "b",
    ]
    assert findings_of_axe(lab) == []
    lab.screenshot("run-updates")
    assert lab.output_text(0) == "mine"
    side.button("keep-run").click()
    side.decided("kept")
    lab.wait_until(lambda: side.note("same").count() == 2)
    assert (lab.output_text(0), lab.output_text(2)) == ("new", "b")
    side.button("undo-run").click()
    side.decided("undone")
    assert lab.output_text(0) == "mine"
    assert lab.sources == [SHOWS, "1"]


def test_an_update_that_becomes_another_one_for_real_is_said(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [OTHERWISE, "Done."]
    side.open([code("aaaa0001", SHOWS), code("bbbb0002", "1")])
    lab.run(0)
    side.do("Update it.")
    side.wait_for_state("review")
    side.button("keep-run").click()
    side.decided("kept")
    side.note("differs").wait_for()
    assert lab.output_text(0) in side.note("differs").inner_text()


def test_a_display_that_no_cell_shows_is_not_said_to_be_changed(side, ollama) -> None:
    lab = side.lab
    gone = "from IPython.display import clear_output\nclear_output()"
    ollama.replies = [f"```python\n{UPDATE}\n```", "Done."]
    side.open([code("aaaa0001", f"{SHOWS}\n{gone}"), code("bbbb0002", "1")])
    lab.run(0)
    lab.set_source(0, "2")
    lab.run(0)
    side.do("Update it.")
    side.wait_for_state("review")
    assert side.cell(0).locator("[data-kind='update']").count() == 0
    side.button("keep-run").click()
    side.decided("kept")
    side.note("same").wait_for()
    assert lab.output_text(0) == "2"


def test_widgets_hear_of_a_run_only_when_the_user_runs_its_cell(side, ollama) -> None:
    lab = side.lab
    opens = f"import comm\nmine = {WIDGET % 'mine'}"
    state = {"value": "<img src=x>"}
    sends = f"```python\nmine.send({{'method': 'update', 'state': {state}, 'buffer_paths': []}})\n```"
    ollama.replies = [sends, f"```python\nother = {WIDGET % 'other'}\n```", "Done."]
    side.open([code("aaaa0001", opens), code("bbbb0002", "1")])
    lab.page.evaluate(LISTEN)
    lab.run(0)
    lab.wait_until(lambda: lab.page.evaluate("window.heard") == ["mine"])
    side.do("Change them.")
    side.wait_for_state("review")
    assert side.note("widget").count() == 2
    assert "live only after you have run the cell yourself" in side.note("widget").first.inner_text()
    assert findings_of_axe(lab) == []
    side.button("keep-run").click()
    side.decided("kept")
    lab.wait_until(lambda: side.note("same").count() == 2)
    # Still said: the cells have run, but not by the user himself.
    assert side.note("widget").count() == 2
    lab.run(2)
    lab.run(3)
    lab.wait_until(lambda: lab.page.evaluate("window.heard") == ["mine", "<img src=x>", "other"])


def test_a_widget_of_ipywidgets_is_its_text_until_the_user_runs_the_cell(side, ollama) -> None:
    pytest.importorskip("ipywidgets")
    lab = side.lab
    ollama.replies = ["```python\nslider.value = 7\nslider\n```", "Done."]
    side.open([code("aaaa0001", "import ipywidgets\nslider = ipywidgets.IntSlider(value=3)")])
    lab.run(0)
    side.do("Move it.")
    side.wait_for_state("review")
    assert "IntSlider(value=7" in side.cell(0).locator(".jp-devstral-run-outputs").inner_text()
    assert side.note("widget").count() == 1
    assert lab.evaluate_in_kernel("slider.value") == "3"
    side.button("keep-run").click()
    side.decided("kept")
    side.note("same").wait_for()
    (output,) = lab.cells[1]["outputs"]
    assert list(output["data"]) == ["text/plain"]
    assert lab.evaluate_in_kernel("slider.value") == "7"
    side.button("undo-run").click()
    side.decided("undone")
    assert "slider" in side.note("remains").inner_text()
    assert lab.evaluate_in_kernel("slider.value") == "7"
