"""The answer of a magic in the output of its cell: drawn as it arrives, marked where its kernel ended."""

import os
import signal

import pytest

from tests.support.jupyter.server import code

WORDS = [f"word{number} " for number in range(400)]
TEXT = "Some **bold** words.\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end."
OUTPUT = ".jp-devstral-answer"


@pytest.fixture
def asking(side, ollama):
    """A notebook whose second cell asks."""
    load = f"%load_ext jupyter_devstral\n%config DevstralConfig.host = {ollama.url!r}"
    side.open([code("load", load), code("ask", "%devstral ask what is there?")])
    side.lab.run(0)
    connected = "get_ipython().magics_manager.registry['DevstralMagics'].session.lab.connected"
    side.lab.wait_until(lambda: side.lab.evaluate_in_kernel(connected) == "True")
    return side


def test_finished_blocks_are_drawn_once(asking, ollama):
    lab = asking.lab
    ollama.replies = [["First **paragraph**.\n\nThen\n", *WORDS]]
    ollama.piece_delay = 0.01
    lab.start_cell(1)
    # From here on the first block is finished.
    lab.wait(f"document.querySelector('{OUTPUT}')?.textContent.includes('word9')")
    lab.page.evaluate(f"window.kept = document.querySelector('{OUTPUT} strong')")
    lab.wait(f"document.querySelector('{OUTPUT}').textContent.includes('word399')")
    lab.wait_idle()
    assert lab.page.evaluate(
        f"window.kept.isConnected && window.kept === document.querySelector('{OUTPUT} strong')"
    )


def test_the_finished_answer_is_whole_and_is_kept_for_other_front_ends(asking, ollama):
    lab = asking.lab
    ollama.replies = [TEXT]
    lab.run(1)
    output = lab.page.locator(OUTPUT)
    assert output.locator("strong").inner_text() == "bold"
    assert output.locator("pre").inner_text() == "x = 1"
    assert output.locator("td").count() == 2
    card = lab.page.locator(".jp-NotebookPanel:visible .jp-devstral-card")
    assert "tokens" in card.locator(".jp-devstral-receipt").inner_text()
    [stored] = lab.cells[1]["outputs"]
    assert "```python" in "".join(stored["data"]["text/markdown"])
    lab.screenshot("magic-output")


def test_code_that_has_become_a_cell_is_folded(asking, ollama):
    lab = asking.lab
    ollama.replies = ["One cell:\n\n```python\nmade = [1, 2]\nmade\n```\n\nAnd that is all."]
    lab.set_source(1, "%%devstral\na list")
    lab.run(1)
    lab.wait_until(lambda: len(lab.sources) == 3)
    output = lab.page.locator(".jp-NotebookPanel:visible .jp-devstral-answer")
    link = output.locator("button[data-action=go-to-code]")
    link.wait_for()
    assert link.inner_text() == "Inserted: cell #3"
    assert not output.locator("pre").is_visible()
    lab.screenshot("magic-folded")
    link.click()
    assert lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 2
    # Without the cell it is the only copy.
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.model.sharedModel.deleteCell(2)")
    output.locator("pre").wait_for()


def test_an_answer_whose_kernel_was_killed_says_that_it_was_cut(asking, ollama):
    lab = asking.lab
    kernel = int(lab.evaluate_in_kernel("__import__('os').getpid()"))
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.05
    lab.start_cell(1)
    lab.wait(f"document.querySelector('{OUTPUT}')?.textContent.includes('word20')")
    os.kill(kernel, signal.SIGKILL)
    lab.page.locator(".jp-devstral-cut").wait_for()
    assert "word20" in lab.page.locator(OUTPUT).inner_text()
    lab.screenshot("magic-cut")
