"""Runs in a real JupyterLab: from a task to a notebook that was kept and run; stopped, asked, undone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import FAILED
from tests.browser.sidebar.test_sidebar import findings_of_axe
from tests.browser.sidebar.test_sidebar_attaching import give, png
from tests.support.jupyter.lab_page import NO_SPLASH, PANEL
from tests.support.jupyter.server import code
from tests.support.jupyter.sidebar import Side

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

CELLS = [code("aaaa0001", "prices = [1, 2, 3]"), code("bbbb0002", "print('mine')")]
SUM = "- [ ] add them up\n- [ ] show a table\n\n```python\ntotal = sum(prices)\nprint(total)\n```"
LOADS = """```python
from IPython.display import display
where = 'evil.invalid/pixel.png'
display({'text/html': f'<table><tr><td>a table</td></tr></table><img src="http:{"/" * 2}{where}">',
         'text/plain': 'shown'}, raw=True)
```"""
UPDATES = """```python
import threading, time
from IPython.display import update_display
html = '<i>%s</i><img src="http:§evil.invalid/p.png" onerror="window.ranHere = 1">'
def later():
    time.sleep(0.5)
    update_display({'text/html': html % 'late', 'application/javascript': 'window.ranHere = 1'}, raw=True,
                   display_id='shown')
update_display({'text/html': html % 'soon', 'text/plain': 'new'}, raw=True, display_id='shown')
threading.Thread(target=later).start()
```""".replace("§", "/" * 2)
TABLE = (
    "```python\nfrom IPython.display import HTML\nHTML('<table><tr><th>total</th></tr>"
    "<tr><td>' + str(total) + '</td></tr></table>')\n```"
)
WRITE = "```python\nwith open('report.txt', 'w') as file:\n    file.write(str(sum(prices)))\n```"
CONNECTED = "get_ipython().magics_manager.registry['DevstralMagics'].session.lab.connected"
CHANGE = "```python cell=bbbb\nprint('changed')\n```"


class RunSide(Side):
    """The sidebar with a run."""

    def do(self, task: str) -> None:
        self.button("mode-do").click()
        self.draft.fill(task)
        self.button("send").click()

    def do_for_ever(self, ollama: Any) -> None:
        """A run whose second reply does not end."""
        ollama.piece_delay = 0.02
        # Of the same word again and again the server itself would end the answer.
        ollama.replies = [SUM, [f"word{number} " for number in range(3000)]]
        self.open(CELLS)
        self.lab.run(0)
        self.do("Go on for ever.")
        self.run.locator(".jp-devstral-run-reply", has_text="word").wait_for()

    @property
    def run(self) -> Any:
        return self.panel.locator(".jp-devstral-run")

    def wait_for_state(self, state: str) -> None:
        self.panel.locator(f".jp-devstral-run[data-state='{state}']").wait_for()

    def do_for_review(self, task: str) -> None:
        """Have it done; the run has ended, and its review has asked the kernel for the first time."""
        with self.page.expect_response(lambda response: "run/meanwhile" in response.url):
            self.do(task)
            self.wait_for_state("review")

    def cell(self, at: int) -> Any:
        return self.run.locator(".jp-devstral-run-cell").nth(at)

    def decided(self, state: str) -> None:
        self.run.locator(f"[data-decision='{state}']").wait_for()

    def note(self, kind: str) -> Any:
        return self.run.locator(f".jp-devstral-run-note[data-kind='{kind}']")


@pytest.fixture
def side(side: Side, request: pytest.FixtureRequest) -> Iterator[RunSide]:
    yield RunSide(side.lab)
    if request.node.stash.get(FAILED, False):
        print(side.panel.inner_text(), side.lab.account())
        side.lab.screenshot(f"failed-{request.node.name}")


def test_a_task_is_rehearsed_reviewed_kept_and_run(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, "```python\ntotl\n```", TABLE, "The total is 6."]
    side.open(CELLS)
    lab.run(0)
    side.do("Add up the prices and show a table.")
    side.wait_for_state("review")
    lab.screenshot("run-review")
    assert findings_of_axe(lab) == []
    assert [one.is_checked() for one in side.run.get_by_role("list", name="Plan").locator("input").all()] == [
        True,
        True,
    ]
    assert "6" in side.cell(0).locator(".jp-devstral-run-outputs").inner_text()
    assert side.cell(2).locator("table td").inner_text() == "6"
    assert "total" in side.run.locator("dl").inner_text()
    # Nothing of the user's has changed until now.
    assert lab.sources == [one["source"] for one in CELLS]
    assert lab.evaluate_in_kernel("'total' in globals()") == "False"
    # The cell that failed is not kept, unless the user says so.
    assert not side.cell(1).locator("input[data-action='take']").is_checked()
    side.cell(1).locator("input[data-action='take']").check()
    side.cell(1).locator("input[data-action='take']").uncheck()
    side.button("keep-run").click()
    side.decided("kept")
    lab.wait_until(lambda: side.note("same").count() == 2)
    assert [source.partition("\n")[0] for source in lab.sources] == [
        "prices = [1, 2, 3]",
        "print('mine')",
        "total = sum(prices)",
        "from IPython.display import HTML",
    ]
    assert lab.output_text(2) == "6\n"
    # Outputs of an agent's cells are not trusted, the user's are.
    trusted = lab.page.evaluate(
        "window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.trusted)"
    )
    assert trusted[0] is True
    assert trusted[2:] == [False, False]
    lab.screenshot("run-kept")
    side.button("undo-run").click()
    side.decided("undone")
    assert lab.sources == [one["source"] for one in CELLS]
    assert "total" in side.note("remains").inner_text()
    # The kernel begins anew, and is where it was before the run.
    side.button("restart").click()
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    lab.wait_until(lambda: lab.output_text(1) == "mine\n")
    assert lab.evaluate_in_kernel("('total' in globals(), prices)") == "(False, [1, 2, 3])"
    lab.command("notebook:undo-cell-action")
    assert len(lab.sources) == 4


def test_an_effect_is_one_question_refused_first_and_allowed_once(side, ollama, server) -> None:
    lab = side.lab
    ollama.replies = [SUM, WRITE, "I go on without.", SUM, WRITE, "```python\ntotal * 7\n```", "Written."]
    side.open(CELLS)
    lab.run(0)
    report = server.notebooks / "report.txt"
    side.do("Write the total into a file.")
    side.wait_for_state("asking")
    lab.screenshot("run-question")
    assert findings_of_axe(lab) == []
    question = side.run.locator(".jp-devstral-run-question")
    assert "it writes files (report.txt)" in question.inner_text()
    side.button("refuse").click()
    side.wait_for_state("review")
    assert "it writes files (report.txt)" in side.note("refused").inner_text()
    side.button("discard").click()
    side.decided("discarded")
    assert lab.sources == [one["source"] for one in CELLS]
    assert not report.exists()

    side.do("Write it all the same.")
    side.wait_for_state("asking")
    side.button("allow").click()
    side.wait_for_state("review")
    # The cells before it ran for real, too, and a fresh copy knows what they made.
    assert report.read_text() == "6"
    assert "42" in side.cell(2).inner_text()
    assert len(lab.sources) == 4
    # Nothing that happened is said to be discarded.
    assert side.button("discard").count() == 0
    side.button("undo-run").click()
    side.decided("undone")
    assert lab.sources == [one["source"] for one in CELLS]
    assert "it writes files (report.txt)" in side.note("remains").inner_text()
    report.unlink()


def test_what_the_user_runs_meanwhile_is_named_and_rehearsed_again(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, WRITE, "Done without.", SUM, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.do("Add up, and write it.")
    side.wait_for_state("asking")
    # A task that cannot be begun now stays where it was typed.
    side.draft.fill("And another one.")
    side.button("send").click()
    side.panel.get_by_text("is at work: stop it first").wait_for()
    assert side.draft.input_value() == "And another one."
    lab.set_source(0, "prices = [10]")
    lab.run(0)
    side.button("refuse").click()
    side.wait_for_state("review")
    # Nothing is at work any more.
    side.panel.get_by_text("is at work: stop it first").wait_for(state="detached")
    assert side.draft.input_value() == "And another one."
    lab.screenshot("run-stale")
    said = side.note("stale").inner_text()
    assert "Cells that ran meanwhile: #1" in said
    assert "Variables that changed meanwhile: prices" in said
    assert findings_of_axe(lab) == []
    side.button("again").click()
    lab.wait_until(lambda: side.run.count() == 1 and "10" in side.cell(0).inner_text())
    side.wait_for_state("review")
    assert side.note("stale").count() == 0


def test_a_selection_and_a_picture_go_along_with_a_task(side, ollama) -> None:
    lab = side.lab
    ollama.replies = ["Seen."]
    side.open([code("aaaa0001", "prices = [1, 2, 3]\nothers = [4]")])
    lab.run(0)
    lab.page.evaluate(
        "() => { const { content } = window.jupyterapp.shell.currentWidget; content.activeCellIndex = 0;"
        " const [start, end] = [0, 12].map(column => ({ line: 1, column }));"
        " content.activeCell.editor.setSelection({ start, end }); }"
    )
    picture = png(8, 8)
    side.button("mode-do").click()
    give(side, "paste", "small.png", "image/png", picture)
    pictures = side.panel.locator("[data-action='remove-picture']")
    lab.wait_until(lambda: pictures.count() == 1)
    side.do("Look at @selection and the picture.")
    side.wait_for_state("review")
    message = ollama.chats[-1].body["messages"][1]
    assert message["content"].count("others = [4]") == 2
    assert len(message["images"]) == 1
    assert pictures.count() == 0


def test_an_undo_keeps_what_the_user_has_typed_since(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, CHANGE, TABLE, "Done."]
    side.open(CELLS)
    lab.run(0)
    lab.run(1)
    side.do("Add up, change the second cell, show a table.")
    side.wait_for_state("review")
    side.button("keep-run").click()
    side.decided("kept")
    lab.wait_until(lambda: side.note("same").count() == 3)
    assert lab.output_text(1) == "changed\n"
    lab.set_source(2, "total = sum(prices) + 1  # mine")
    # Later: the page was loaded again in between.
    lab.save()
    reload(side)
    side.button("mode-do").click()
    side.button("undo-run").click()
    side.decided("undone")
    assert lab.sources == ["prices = [1, 2, 3]", "print('mine')", "total = sum(prices) + 1  # mine"]
    assert "#3" in side.note("left").inner_text()
    assert lab.output_text(1) == "mine\n"


def test_stop_keeps_what_there_is(side, ollama) -> None:
    lab = side.lab
    side.do_for_ever(ollama)
    lab.screenshot("run-writing")
    side.button("stop-run").click()
    side.wait_for_state("review")
    assert "Stopped." in side.run.locator(".jp-devstral-run-now").inner_text()
    assert side.cell(0).get_attribute("data-state") == "new"
    lab.wait_until(lambda: ollama.chats[-1].closed_early)


def test_a_reload_in_mid_run_shows_it_again(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [SUM, WRITE, "Done without."]
    side.open(CELLS)
    lab.run(0)
    side.do("Write a file.")
    side.wait_for_state("asking")
    lab.save()
    reload(side)
    side.wait_for_state("asking")
    assert side.cell(0).get_attribute("data-state") == "new"
    side.button("refuse").click()
    side.wait_for_state("review")
    reload(side)
    side.button("mode-do").click()
    side.wait_for_state("review")
    side.button("keep").click()
    side.decided("kept")
    assert lab.sources[2].startswith("total = sum(prices)")
    # Kept, not run.
    assert lab.evaluate_in_kernel("'total' in globals()") == "False"


def test_no_address_is_loaded_from_what_a_run_shows(side, ollama) -> None:
    lab = side.lab
    ollama.replies = [LOADS, "Shown."]
    side.open(CELLS)
    side.do("Show it.")
    # The picture is asked about; even a yes loads nothing here.
    side.wait_for_state("asking")
    assert "loads from an address" in side.run.locator(".jp-devstral-run-question").inner_text()
    side.button("allow").click()
    side.wait_for_state("review")
    assert "a table" in side.cell(0).locator("table").inner_text()
    side.button("keep-run").click()
    side.decided("kept")
    side.note("same").wait_for()
    (output,) = lab.cells[2]["outputs"]
    assert "a table" in str(output["data"])
    assert "evil" not in str(output["data"])
    assert [address for address in lab.requests if "evil.invalid" in address] == []


def test_nothing_is_loaded_where_a_cell_of_the_run_updates_a_display_of_the_users(side, ollama) -> None:
    lab = side.lab
    shows = "handle = display({'text/plain': 'mine'}, raw=True, display_id='shown')"
    ollama.replies = [UPDATES, "Updated."]
    side.open([code("aaaa0001", shows), code("bbbb0002", "1")])
    lab.run(0)
    side.do("Update it.")
    for effect in ("it shows HTML", "it shows JavaScript"):
        side.run.locator(".jp-devstral-run-question", has_text=effect).wait_for()
        side.button("allow").click()
    side.wait_for_state("review")
    side.button("keep-run").click()
    side.decided("kept")
    # A thread of the cell goes on behind its end.
    lab.wait_until(lambda: "late" in str(lab.cells[0]["outputs"]))
    assert lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets[0].model.trusted")
    (output,) = lab.cells[0]["outputs"]
    assert "evil" not in str(output["data"])
    assert lab.page.locator(".jp-Notebook img").count() == 0
    assert lab.page.evaluate("window.ranHere") is None
    assert [address for address in lab.requests if "evil.invalid" in address] == []


def test_without_a_copy_each_cell_is_asked_about_with_its_reason(side, ollama) -> None:
    lab = side.lab
    ollama.replies = ["I add them, <b>you</b> have agreed.\n" + SUM.partition("\n\n")[2], "Done."]
    thread = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    side.open([*CELLS, code("cccc0003", thread)])
    lab.run(0)
    lab.run(2)
    side.do("Add up.")
    side.wait_for_state("asking")
    lab.screenshot("run-without-copy")
    assert findings_of_axe(lab) == []
    question = side.run.locator(".jp-devstral-run-question")
    assert "total = sum(prices)" in question.locator("pre").inner_text()
    assert question.locator("[data-kind='reason']").inner_text() == (
        "The model says: I add them, <b>you</b> have agreed."
    )
    assert "The rules say nothing." in question.inner_text()
    assert "copy" not in side.cell(0).inner_text()
    assert lab.evaluate_in_kernel("'total' in globals()") == "False"
    side.button("allow").click()
    side.wait_for_state("review")
    assert lab.evaluate_in_kernel("total") == "6"


def test_a_task_in_a_cell_is_handed_to_the_sidebar(side, ollama) -> None:
    lab = side.lab
    ollama.replies = ["- [ ] load\n- [ ] join", SUM, "Done."]
    side.open(
        [code("aaaa0001", "%load_ext jupyter_devstral"), code("bbbb0002", "%devstral do add up [1, 2, 3]")]
    )
    lab.run(0)
    lab.wait_until(lambda: lab.evaluate_in_kernel(CONNECTED) == "True")
    lab.run(1)
    side.wait_for_state("review")
    assert side.run.locator(".jp-devstral-asked").inner_text() == "add up [1, 2, 3]"
    assert "sidebar" in str(lab.cells[1]["outputs"])


def test_a_plan_is_made_first_and_then_carried_out(side, ollama) -> None:
    lab = side.lab
    ollama.replies = ["- [ ] add them up\n- [ ] show", SUM, "Done."]
    side.open(CELLS)
    lab.run(0)
    side.button("mode-do").click()
    side.panel.locator("input[data-action='plan-only']").check()
    side.do("Add up.")
    side.button("go").wait_for()
    assert [box.is_checked() for box in side.run.get_by_role("list", name="Plan").locator("input").all()] == [
        False,
        False,
    ]
    side.button("go").click()
    side.button("keep").wait_for()
    assert "add them up" in ollama.chats[1].body["messages"][-1]["content"]


def reload(side: RunSide) -> None:
    lab = side.lab
    lab.page.reload()
    lab.wait("window.jupyterapp !== undefined")
    lab.page.evaluate("window.jupyterapp.restored")
    lab.wait(NO_SPLASH)
    lab.wait(f"{PANEL}?.sessionContext !== undefined")
    lab.wait_idle()
    side.show()
