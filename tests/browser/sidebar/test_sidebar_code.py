"""The code of an answer: icons, folds, cells that it becomes, and changes of which a part is taken."""

import pytest

from tests.support.jupyter.server import code

LINES = [f"step_{number} = {number}" for number in range(30)]
THREE = (
    "First:\n\n```python\nfirst = 20\n```\n\nIts output:\n\n```text\n20\n```\n\nThen:\n\n"
    "```python\nsecond = first + 1\nsecond\n```\n\n```markdown\n# Done\n```\n"
)
LONG = "Long:\n\n```python\n" + "\n".join(LINES) + "\n```\n"
OLD = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5"
NEW = "a = 10\nb = 2\nc = 3\nd = 4\ne = 50\nf = 60"
CHANGE = f"Two things.\n\n[cell 0]\n```python\n{NEW}\n```\n"


def test_all_blocks_become_cells_in_one_step_and_are_folded_then(side, ollama):
    lab = side.lab
    ollama.replies = [THREE, LONG]
    name = side.open()
    side.ask("three cells")
    blocks = side.last.locator(".jp-devstral-code")
    insert = blocks.first.locator("button[data-action=insert]")
    assert insert.get_attribute("title") == insert.get_attribute("aria-label") == "Insert below"
    assert insert.inner_text() == ""
    assert insert.locator("svg").count() == 1
    before = lab.sources
    lab.select(0)
    side.button("insert-all").click()
    lab.wait_until(lambda: len(lab.sources) == len(before) + 3)
    # The sample of an output became none.
    assert lab.sources[1:4] == ["first = 20", "second = first + 1\nsecond", "# Done"]
    assert lab.cells[3]["cell_type"] == "markdown"
    link = blocks.first.locator("button[data-action=go-to-code]")
    assert link.inner_text() == "Inserted: cell #2"
    assert not blocks.first.locator("pre").is_visible()
    assert blocks.nth(1).locator("pre").is_visible()
    lab.screenshot("sidebar-inserted-all")
    link.click()
    assert lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 1
    blocks.first.locator("button[data-action=fold]").click()
    assert blocks.first.locator("pre").is_visible()
    # What was decided is kept, by the cells that are there.
    lab.save()
    lab.page.wait_for_timeout(500)
    lab.start()
    side.show()
    lab.open_file(name)
    link.wait_for()
    lab.run(1)
    lab.wait_until(lambda: link.inner_text() == "Inserted: cell [1]")
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.model.sharedModel.deleteCellRange(1, 4)")
    blocks.first.locator("pre").wait_for()
    # One undo step puts all of an answer in, and takes it back.
    lab.select(0)
    side.button("insert-all").click()
    lab.wait_until(lambda: len(lab.sources) == len(before) + 3)
    lab.command("notebook:undo-cell-action")
    assert lab.sources == before
    side.ask("a long one")
    long = side.last.locator(".jp-devstral-code")
    more = long.locator("button[data-action=show-lines]")
    assert more.inner_text() == "Show all 30 lines"
    short = long.locator("pre").bounding_box()["height"]
    lab.screenshot("sidebar-long-code")
    more.click()
    assert long.locator("pre").bounding_box()["height"] > 2 * short
    assert more.inner_text() == "Show less"


def test_a_block_is_inserted_and_run_at_once(side, ollama):
    lab = side.lab
    ollama.replies = [THREE]
    side.open()
    side.ask("three cells")
    lab.select(0)
    side.button("insert-run").first.click()
    lab.wait_until(lambda: len(lab.sources) == 4)
    lab.wait_until(lambda: lab.cells[1]["execution_count"] is not None)
    assert lab.evaluate_in_kernel("first") == "20"
    side.button("undo").click()
    lab.wait_until(lambda: len(lab.sources) == 3)


def test_a_change_and_its_code_are_shown_once_and_a_part_of_it_is_taken(side, ollama):
    lab = side.lab
    ollama.replies = [CHANGE]
    side.open([code("a", OLD), code("b", "print(a, e)")])
    side.ask("change two things")
    block = side.last.locator(".jp-devstral-code")
    assert not block.locator("pre").is_visible()
    block.get_by_text("See the change of cell #1").click()
    # What counts cells from 0 is not seen where the block says itself which one is meant.
    lab.wait_until(lambda: "[cell 0]" not in side.last.locator(".jp-devstral-reply").inner_text())
    assert "sent cells #1–#2" in side.last.locator(".jp-devstral-receipt").inner_text()
    boxes = side.last.locator(".jp-devstral-hunk")
    assert [each.inner_text() for each in boxes.all()] == ["Change 1 of 2", "Change 2 of 2"]
    lab.screenshot("sidebar-hunks")
    boxes.first.locator("input").uncheck()
    accept = side.button("accept")
    assert accept.inner_text() == "Accept 1 of 2"
    side.button("split").click()
    side.panel.locator(".jp-mod-split").first.wait_for()
    # Side by side the same is chosen.
    assert [each.is_checked() for each in boxes.locator("input").all()] == [False, True]
    lab.screenshot("sidebar-hunks-split")
    boxes.nth(1).locator("input").uncheck()
    assert accept.is_disabled()
    boxes.nth(1).locator("input").check()
    lab.set_source(0, "mine")
    accept.click()
    assert "changed" in side.panel.locator("[data-kind=refused]").inner_text()
    assert lab.sources[0] == "mine"
    lab.set_source(0, OLD)
    side.button("accept-run").click()
    part = "a = 1\nb = 2\nc = 3\nd = 4\ne = 50\nf = 60"
    lab.wait_until(lambda: lab.sources[0] == part)
    lab.wait_until(lambda: lab.cells[0]["execution_count"] is not None)
    assert lab.evaluate_in_kernel("(a, f)") == "(1, 60)"
    decided = side.last.locator(".jp-devstral-edit").first
    words = "✓ Accepted in part (1 of 2): cell [1]"
    lab.wait_until(lambda: " ".join(decided.inner_text().split()).startswith(words))
    assert side.panel.locator(".jp-devstral-diff").count() == 0
    side.button("show-change").click()
    shown = side.panel.locator(".jp-devstral-diff")
    shown.wait_for()
    assert "e = 50" in shown.inner_text()
    assert "a = 10" not in shown.inner_text()
    assert shown.locator(".jp-devstral-hunk").count() == 0
    side.button("undo").click()
    lab.wait_until(lambda: lab.sources[0] == OLD)


def test_what_was_left_out_of_a_change_can_still_be_taken_after_a_reload(side, ollama):
    lab = side.lab
    ollama.replies = [CHANGE]
    name = side.open([code("a", OLD), code("b", "print(a, e)")])
    side.ask("change two things")
    side.last.locator(".jp-devstral-hunk input").first.uncheck()
    side.button("accept").click()
    part = "a = 1\nb = 2\nc = 3\nd = 4\ne = 50\nf = 60"
    lab.wait_until(lambda: lab.sources[0] == part)
    lab.save()
    lab.start()
    side.show()
    lab.open_file(name)
    side.panel.get_by_text("Accepted in part (1 of 2)").wait_for()
    side.button("propose-rest").click()
    lab.screenshot("sidebar-left-out")
    side.button("accept").click()
    lab.wait_until(lambda: lab.sources[0] == NEW)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_it_has_room_in_250_pixels(side, ollama, theme):
    lab = side.lab
    lab.change_theme(theme)
    ollama.replies = [CHANGE, THREE]
    side.open([code("a", OLD), code("b", "print(a, e)")])
    side.ask("change two things")
    side.ask("and three cells")
    width = """width => {
        const panel = document.querySelector('#jp-devstral-chat');
        panel.style.width = `${width}px`;
        return [...panel.querySelectorAll('*')].filter(one => {
            const box = one.getBoundingClientRect();
            const scrolling = 'pre, .cm-scroller, .jp-RenderedMarkdown, .jp-devstral-spoken, select';
            const scrolls = one.closest(scrolling);
            return box.width && !scrolls && box.right > panel.getBoundingClientRect().right + 1;
        }).map(one => one.outerHTML.slice(0, 200));
    }"""
    assert lab.page.evaluate(width, 250) == []
    picker = side.panel.locator(".jp-devstral-model > span").first
    assert picker.inner_text() == "devstral-small-2"
    assert picker.evaluate("span => span.scrollWidth <= span.clientWidth")
    lab.screenshot(f"sidebar-narrow-{theme.replace(' ', '-').lower()}")
    lab.page.evaluate("document.querySelector('#jp-devstral-chat').style.width = ''")
    lab.change_theme("JupyterLab Light")
