"""A cell that really fails, in a real kernel: explained in JupyterLab, fixed by a click, undone by a key."""

import re

import pytest

from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.server import code, markdown
from tests.support.scripted.server import ScriptedOllama

FIRST, BROKEN, FIXED = "prices = {'price': 4}", "total = prices['pric'] * 2", "total = prices['price'] * 2"
HELPER, MENDED = (f"def share(part, whole):\n    return part / {name}" for name in ("whol", "whole"))
SLOW = ["The ", "key ", "is ", "missing. "] * 100
# In the pictures that the documentation shows.
WHY = (
    "The key `'pric'` is missing: the dictionary `prices` of the cell above has one key alone, `'price'`, "
    "with an `e` at its end. Python takes the name as it stands and does not guess which one was meant, so "
    "the lookup raises a `KeyError`. Write the whole name: the total is 8 then, and the cell above needs no "
    "change."
)


def answer(source, cell, words="The key is `price`."):
    return f"{words}\n\n[cell {cell}]\n```python\n{source}\n```\n"


@pytest.fixture(scope="module")
def model_server():
    with ScriptedOllama() as server:
        yield server


@pytest.fixture
def ollama(model_server):
    model_server.forget()
    model_server.replies = [answer(FIXED, 2)]
    model_server.first_byte_delay = model_server.piece_delay = 0.0
    return model_server


@pytest.fixture
def failing(lab, ollama):
    """A notebook whose extension is loaded, with these cells behind; kernel and page know each other."""

    def failing(*sources, tags=None, settings=""):
        cells = [code(f"cell{number}", source) for number, source in enumerate(sources, 1)]
        if tags:
            cells[-1]["metadata"] = {"tags": tags}
        load = (
            f"%load_ext jupyter_devstral\n%config DevstralConfig.host = {ollama.url!r}\n{settings}".rstrip()
        )
        name = lab.open([code("load", load), *cells])
        lab.run(0)
        connected = "get_ipython().magics_manager.registry['DevstralMagics'].session.lab.connected"
        lab.wait_until(lambda: lab.evaluate_in_kernel(connected) == "True")
        return name

    return failing


def finished(lab):
    lab.page.locator(".jp-devstral-receipt:visible").last.wait_for()


def fail_and_wait(lab, *indexes):
    for index in indexes:
        lab.run(index)
    finished(lab)


def test_the_traceback_at_once_then_the_explanation_and_its_fix(lab, failing, ollama):
    ollama.replies = [re.findall(r"\S+\s*", answer(FIXED, 2, WHY))]
    ollama.piece_delay = 0.05
    failing(FIRST, BROKEN)
    lab.run(1)
    lab.run(2)
    # The kernel is idle, the traceback stands there, and the card is at work.
    assert lab.cells[2]["outputs"][0]["output_type"] == "error"
    lab.card.locator(".jp-devstral-status").wait_for()
    assert lab.card.get_attribute("aria-busy") == "true"
    lab.wait("document.querySelector('.jp-devstral-prose')?.textContent.includes('missing')")
    lab.screenshot("failing-streaming")
    finished(lab)
    assert lab.card.locator(".jp-devstral-trial").inner_text().startswith("✓ ran clean in ")
    assert lab.sources[2] == BROKEN
    # The card has buttons of its own: those of the traceback make room.
    assert not lab.page.locator("button[data-action='explain-error']").is_visible()
    lab.screenshot("failing-explained")
    lab.button("apply").click()
    lab.outcome.wait_for()
    assert lab.sources[1:3] == [FIRST, FIXED]
    lab.page.keyboard.press("Control+z")
    assert lab.sources[1:3] == [FIRST, BROKEN]
    assert lab.errors == []


def test_apply_and_run(lab, failing):
    failing(FIRST, BROKEN, "print(total)")
    fail_and_wait(lab, 1, 2)
    lab.button("apply-and-run").click()
    lab.wait_until(lambda: lab.evaluate_in_kernel("globals().get('total')") == "8")
    assert lab.sources[2] == FIXED
    assert not [output for output in lab.cells[2]["outputs"] if output["output_type"] == "error"]
    lab.page.keyboard.press("Control+z")
    lab.wait_until(lambda: lab.sources[2] == BROKEN)


def test_the_fault_is_in_an_earlier_cell(lab, failing, ollama):
    ollama.replies = [answer(MENDED, 1, "The name is misspelt.")]
    failing(HELPER, "result = share(1, 4)")
    fail_and_wait(lab, 1, 2)
    assert lab.card.locator(".jp-devstral-diff-heading").inner_text() == "Fix for cell [2]"
    lab.screenshot("failing-earlier-cell")
    lab.button("apply-and-run").click()
    lab.wait_until(lambda: lab.evaluate_in_kernel("globals().get('result')") == "0.25")
    assert lab.sources[1] == MENDED


def test_a_cell_to_run_again(lab, failing, ollama):
    """The cell was edited and not run: the page's unsaved sources are what the kernel compares with."""
    ollama.replies = ["Cell 1 was edited and not run again."]
    failing("rate = '2'", "total = rate * 2.5")
    lab.run(1)
    lab.set_source(1, "rate = 2")
    fail_and_wait(lab, 2)
    assert "Run cell [2], then cell [3] again." in lab.card.inner_text()
    asked = ollama.chats[-1].body["messages"][-1]["content"]
    assert "was edited after it ran" in asked, asked
    lab.screenshot("failing-run-again")
    lab.button("run").click()
    lab.wait_until(lambda: lab.evaluate_in_kernel("globals().get('total')") == "5.0")


def test_explain_more_dismiss_and_stop(lab, failing, ollama):
    ollama.replies = [answer(FIXED, 2), "A dict raises `KeyError` for a key it does not have.", SLOW]
    failing(FIRST, BROKEN, "1 / 0")
    fail_and_wait(lab, 1, 2)
    lab.button("more").click()
    lab.page.get_by_text("A dict raises").wait_for()
    lab.button("apply").wait_for()
    lab.screenshot("failing-explained-more")
    lab.button("dismiss").click()
    lab.wait_until(lambda: lab.card.count() == 0)
    assert [output["output_type"] for output in lab.cells[2]["outputs"]] == ["error"]
    ollama.piece_delay = 0.05
    lab.run(3)
    lab.wait("document.querySelector('.jp-devstral-prose')?.textContent.includes('missing')")
    lab.button("stop").click()
    assert ollama.wait_closed() is not None
    finished(lab)
    assert "Interrupted" in lab.card.inner_text()


def test_refused_when_the_cell_changed_meanwhile(lab, failing):
    failing(FIRST, BROKEN)
    fail_and_wait(lab, 1, 2)
    lab.set_source(2, BROKEN + "  # mine")
    lab.button("apply").click()
    assert "changed" in lab.outcome.inner_text()
    assert lab.sources[2] == BROKEN + "  # mine"
    lab.screenshot("failing-refused")


def test_five_failures_in_a_row(lab, failing, ollama):
    ollama.replies = lambda messages, body: (
        "The last one." if "line 1: 5 / 0" in messages[-1]["content"] else SLOW
    )
    ollama.piece_delay = 0.05
    failing(*(f"{number} / 0" for number in range(1, 6)))
    for index in range(1, 6):
        lab.run(index)
    lab.page.get_by_text("The last one.").wait_for()
    finished(lab)
    assert lab.errors == []
    assert ollama.wait_for(lambda: all(chat.closed_early for chat in ollama.chats[:-1]))


def begin_to_explain(lab, failing):
    """The broken cell has failed, and the first words about it are there."""
    failing(FIRST, BROKEN)
    lab.run(1)
    lab.run(2)
    lab.wait("document.querySelector('.jp-devstral-prose')?.textContent.includes('missing')")


def test_the_kernel_restarts_in_the_middle(lab, failing, ollama):
    ollama.replies = [SLOW, answer(FIXED, 2)]
    ollama.piece_delay = 0.1
    begin_to_explain(lab, failing)
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    assert ollama.wait_closed(15) is not None
    lab.wait_idle()
    # Nobody is at work on it any more, and it says so.
    lab.card.get_by_text("not finished").wait_for()
    assert lab.card.get_attribute("aria-busy") == "false"
    assert "The key is missing." in lab.card.inner_text()
    lab.screenshot("failing-not-finished")
    ollama.piece_delay = 0.0
    lab.run(0)
    fail_and_wait(lab, 1, 2)
    lab.button("apply").click()
    assert lab.sources[2] == FIXED


def reload(lab):
    """The page anew, with the notebook and the kernel that were there."""
    lab.save()
    lab.page.reload()
    lab.wait("window.jupyterapp?.shell.currentWidget?.context?.isReady")
    lab.wait_idle()
    lab.card.wait_for()


def test_the_page_is_loaded_again_in_the_middle(lab, failing, ollama):
    ollama.replies = [[*SLOW[:200], *answer(FIXED, 2).splitlines(keepends=True)]]
    ollama.piece_delay = 0.05
    begin_to_explain(lab, failing)
    reload(lab)
    ollama.piece_delay = 0.0
    finished(lab)
    assert "The key is price." in lab.card.inner_text()
    assert lab.card.count() == 1
    lab.button("apply").click()
    assert lab.sources[2] == FIXED


def test_an_explanation_that_ended_without_the_page_is_there_when_it_comes_back(lab, failing, ollama):
    ollama.replies = [[*SLOW[:60], *answer(FIXED, 2).splitlines(keepends=True)]]
    ollama.piece_delay = 0.05
    begin_to_explain(lab, failing)
    lab.save()
    # JupyterLab saves a second later what is open.
    lab.page.wait_for_timeout(1500)
    address = lab.page.url
    lab.page.goto("about:blank")
    assert ollama.wait_for(lambda: bool(ollama.chats[0].finished_at), 15)
    lab.page.wait_for_timeout(1500)
    lab.page.goto(address)
    finished(lab)
    assert "The key is price." in lab.card.inner_text()
    assert lab.card.locator(".jp-devstral-trial").inner_text().startswith("✓")


def test_more_is_explained_after_the_page_was_loaded_again(lab, failing, ollama):
    ollama.replies = [answer(FIXED, 2), "A dict raises `KeyError` for a key it does not have."]
    failing(FIRST, BROKEN)
    fail_and_wait(lab, 1, 2)
    reload(lab)
    lab.page.locator("button[data-action=more]:visible:enabled").click()
    lab.page.get_by_text("A dict raises").wait_for()
    # It is stored as well.
    assert "A dict raises" in str(lab.cells[2]["outputs"])


def test_saved_closed_and_opened_again(lab, failing):
    name = failing(FIRST, BROKEN)
    fail_and_wait(lab, 1, 2)
    lab.save()
    lab.close_all()
    lab.open_file(name, kernel=False)
    lab.card.wait_for()
    assert "The key is" in lab.card.inner_text()
    assert lab.button("more").is_disabled()
    lab.button("apply").click()
    assert lab.sources[2] == FIXED


def test_a_tagged_cell_stays_alone(lab, failing, ollama):
    failing("x = 1", "1 / 0", tags=["raises-exception"])
    lab.run(2)
    lab.page.wait_for_timeout(500)
    assert ollama.chats == []
    assert lab.card.count() == 0


def test_an_answer_arrives_as_cells_in_one_undo_step(lab, failing, ollama):
    ollama.replies = ["Two steps:\n\n```python\na = 1\n```\n\n```python\nb = a + 1\n```\n"]
    failing("%%devstral\nset a, then b", "print('after')")
    before = lab.sources
    lab.run(1)
    lab.wait_until(lambda: len(lab.sources) == len(before) + 2)
    assert lab.sources == [*before[:2], "a = 1", "b = a + 1", before[2]]
    # Not executed, and not trusted to have been.
    assert lab.evaluate_in_kernel("'a' in globals()") == "False"
    lab.screenshot("question-answered")
    lab.select(1)
    lab.command("notebook:enter-command-mode")
    lab.command("notebook:undo-cell-action")
    assert lab.sources == before


def test_a_console_of_the_same_kernel_gets_its_answer_itself(lab, failing, ollama):
    ollama.replies = ["```python\na = 1\n```"]
    failing("print('here')")
    before = lab.sources
    sources = lab.page.evaluate(
        """async question => {
            const app = window.jupyterapp;
            const notebook = app.shell.currentWidget;
            const { kernel, path } = notebook.sessionContext.session;
            const kernelPreference = { id: kernel.id, name: kernel.name };
            const panel = await app.commands.execute('console:create', { path, kernelPreference });
            await panel.sessionContext.ready;
            await panel.console.inject(question);
            const { cells, promptCell } = panel.console;
            const sources = [...cells, promptCell].map(cell => cell.model.sharedModel.getSource());
            panel.dispose();
            app.shell.activateById(notebook.id);
            return sources;
        }""",
        "%%devstral\nset a",
    )
    # Consoles of JupyterLab 4 put the next input where the question was.
    assert "a = 1" in sources
    assert lab.sources == before


def test_of_two_pages_the_one_that_asked_gets_the_cells(lab, failing, ollama, browser):
    ollama.replies = ["```python\na = 1\n```"]
    name = failing("%%devstral\nset a", "1 / 0")
    lab.save()
    other = LabPage(browser.new_page(viewport={"width": 900, "height": 700}), lab.server)
    other.start()
    other.open_file(name)
    before = lab.sources
    lab.run(1)
    lab.wait_until(lambda: "a = 1" in lab.sources)
    # What the second page has not heard by now it never will.
    other.evaluate_in_kernel("1")
    other.page.wait_for_timeout(300)
    assert other.sources == before
    other.run(1)
    other.wait_until(lambda: "a = 1" in other.sources)
    assert lab.sources.count("a = 1") == 1
    assert lab.errors == other.errors == []
    other.page.close()


def test_a_rewrite_waits_for_its_click(lab, failing, ollama):
    ollama.replies = ["```python\ntotal = 2 * price\n```"]
    failing("total = price * 2", "%devstral edit --cell 1 the factor first")
    before = lab.sources
    lab.run(2)
    lab.button("apply").wait_for()
    assert lab.sources == before
    lab.button("apply").click()
    assert lab.sources[1] == "total = 2 * price"


def test_in_notebook_7(browser, jupyter_server, ollama):
    page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, jupyter_server)
    load = f"%load_ext jupyter_devstral\n%config DevstralConfig.host = {ollama.url!r}"
    ollama.replies = [answer(FIXED, 3)]
    lab.open_in_notebook_7([markdown("m", "# Prices"), code("l", load), code("a", FIRST), code("b", BROKEN)])
    for index in (1, 2, 3):
        lab.run(index)
    finished(lab)
    lab.screenshot("failing-notebook-7")
    lab.button("apply").click()
    lab.wait_until(lambda: lab.sources[3] == FIXED)
    page.close()


def test_a_long_traceback_points_to_its_explanation_which_comes_into_sight(lab, failing, ollama):
    depth = 40
    steps = "\n".join(f"def step{n}(x):\n    return step{n + 1}(x)\n" for n in range(depth))
    ollama.replies = [[*SLOW[:8], *answer(FIXED, 1).splitlines(keepends=True)]]
    ollama.piece_delay = 0.05
    failing(f"{steps}\ndef step{depth}(x):\n    return x['pric']", "step0({})", "1")
    lab.run(1)
    lab.run(2)
    lab.card.locator(".jp-devstral-status").wait_for()
    in_sight = """(() => {
        const card = document.querySelector('.jp-devstral-card.jp-mod-explanation');
        const view = card.closest('.jp-WindowedPanel-outer, .jp-Notebook').getBoundingClientRect();
        const { top } = card.getBoundingClientRect();
        return top > view.top && top < view.bottom - 50;
    })()"""
    lab.wait(in_sight)
    finished(lab)
    lab.screenshot("failing-long-traceback")
    lab.select(1)
    scrollers = "document.querySelectorAll('.jp-WindowedPanel-outer, .jp-Notebook')"
    lab.page.evaluate(f"{scrollers}.forEach(one => (one.scrollTop = 0))")
    lab.wait(f"!{in_sight}")
    pointer = lab.page.locator(".jp-devstral-pointer:visible")
    pointer.scroll_into_view_if_needed()
    lab.screenshot("failing-pointer")
    pointer.click()
    lab.wait(in_sight)
    assert lab.page.evaluate("document.activeElement.classList.contains('jp-devstral-card')")
    lab.button("dismiss").click()
    pointer.wait_for(state="hidden")
