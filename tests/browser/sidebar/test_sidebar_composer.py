"""Typing, mentioning, queueing and taking back in the sidebar, and a cell's own prompt."""

import json

import pytest

from tests.support.jupyter.server import code
from tests.support.jupyter.sidebar import CELLS
from tests.support.scripted.engine import Script

SLOW = ["word "] * 400
ACTIVE = "document.activeElement?.classList.contains('jp-devstral-draft')"
TWO_BLOCKS = "First:\n\n```python\nfirst = 1\n```\n\nThen:\n\n```python\nsecond = 2\n```\n"


def test_letters_typed_before_the_prompt_of_a_cell_is_there_go_into_it(side):
    lab = side.lab
    side.open()
    lab.select(0)
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.mode = 'command'")
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.node.focus()")
    before = lab.sources
    # In one go, as fast as keys can come: x cuts a cell, d d deletes one, a and b insert some.
    lab.page.evaluate(
        """() => {
            window.jupyterapp.commands.execute('jupyter-devstral:prompt-at-cell');
            for (const key of 'xddabb') {
                const code = `Key${key.toUpperCase()}`, keyCode = key.toUpperCase().charCodeAt(0);
                const options = { key, code, keyCode, bubbles: true, cancelable: true };
                document.activeElement.dispatchEvent(new KeyboardEvent('keydown', options));
            }
        }"""
    )
    field = lab.page.locator(".jp-devstral-inline input")
    field.wait_for()
    lab.wait("document.activeElement?.name === 'question'")
    lab.page.keyboard.type(" more")
    assert field.input_value() == "xddabb more"
    assert lab.sources == before
    lab.page.keyboard.press("Escape")
    assert lab.page.locator(".jp-devstral-inline").count() == 0


def test_blocks_are_inserted_in_their_order_and_taken_back_from_where_one_is(side, ollama):
    lab = side.lab
    ollama.replies = [TWO_BLOCKS]
    side.open()
    side.ask("two cells")
    lab.select(0)
    before = lab.sources
    side.button("insert").nth(0).click()
    lab.wait_until(lambda: len(lab.sources) == len(before) + 1)
    assert lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 1
    side.button("insert").nth(1).click()
    lab.wait_until(lambda: len(lab.sources) == len(before) + 2)
    assert lab.sources[1:3] == ["first = 1", "second = 2"]
    lab.screenshot("sidebar-inserted-two")
    side.button("undo").last.click()
    lab.wait_until(lambda: len(lab.sources) == len(before) + 1)
    assert lab.sources[1] == "first = 1"
    # Still in the sidebar, and the other block can still be taken back.
    assert lab.page.evaluate("document.querySelector('#jp-devstral-chat').contains(document.activeElement)")
    side.button("undo").click()
    lab.wait_until(lambda: lab.sources == before)


def test_blocks_keep_their_order_when_the_first_cell_is_selected_again(side, ollama):
    lab = side.lab
    ollama.replies = [TWO_BLOCKS]
    side.open()
    side.ask("two cells")
    for at in range(2):
        lab.select(0)
        count = len(lab.sources)
        side.button("insert").nth(at).click()
        lab.wait_until(lambda count=count: len(lab.sources) == count + 1)
    assert lab.sources[1:3] == ["first = 1", "second = 2"]


def test_an_accepted_change_is_taken_back_unless_the_cell_changed_since(side, ollama):
    lab = side.lab
    ollama.replies = ["[cell 0]\n```python\nprices = [1, 2, 3]\n```\n"]
    side.open()
    side.ask("one more")
    side.button("accept").click()
    assert lab.sources[0] == "prices = [1, 2, 3]"
    side.button("undo").click()
    lab.wait_until(lambda: lab.sources[0] == "prices = [1, 2]")
    side.button("accept").click()
    lab.set_source(0, "prices = []  # mine")
    side.button("undo").click()
    side.panel.get_by_text("changed since").wait_for()
    assert lab.sources[0] == "prices = []  # mine"


def test_a_word_that_is_no_command_is_said_where_it_is_seen(side, ollama):
    side.open()
    side.draft.fill("/foo")
    side.draft.press("Escape")
    side.draft.press("Enter")
    notice = side.panel.get_by_text('There is no command "/foo"')
    notice.wait_for()
    box = notice.bounding_box()
    assert box["width"] > 50
    assert box["height"] > 8
    assert side.draft.input_value() == "/foo"
    side.lab.screenshot("sidebar-notice")
    side.button("close-notice").click()
    assert side.panel.locator(".jp-devstral-notice-bar").is_hidden()
    side.lab.wait(ACTIVE)
    side.draft.press("Enter")
    notice.wait_for()
    # It is no longer true of what is typed next.
    side.draft.fill("what is foo?")
    notice.wait_for(state="detached")
    side.draft.fill("")


def test_enter_during_an_answer_queues_the_question(side, ollama):
    ollama.replies = [SLOW, "Second.", "Fourth."]
    ollama.piece_delay = 0.2
    side.open()
    side.draft.fill("first")
    side.draft.press("Enter")
    side.page.get_by_text("word").first.wait_for()
    for text in ("second", "third", "fourth"):
        side.draft.fill(text)
        side.draft.press("Enter")
    queue = side.panel.locator(".jp-devstral-queue li")
    assert queue.count() == 3
    side.lab.screenshot("sidebar-queue")
    queue.nth(1).locator("[data-action=unqueue]").click()
    side.lab.wait_until(lambda: queue.count() == 2)
    ollama.piece_delay = 0.0
    side.button("stop").click()
    side.lab.wait_until(lambda: side.exchanges() == 3 and side.last.get_attribute("data-state") == "done")
    assert side.panel.locator(".jp-devstral-exchange[data-state=done]").count() == 2
    asked = [chat.body["messages"][-1]["content"] for chat in ollama.chats]
    assert [text.split()[-1] for text in asked] == ["first", "second", "fourth"]


def test_asking_again_can_be_undone(side, ollama):
    ollama.replies = ["First answer.", "Second answer."]
    side.open()
    side.ask("a question")
    side.button("retry").click()
    side.panel.get_by_text("Second answer.", exact=True).wait_for()
    for there, gone in (("First", "Second"), ("Second", "First")):
        side.button("undo-notice").click()
        side.panel.get_by_text(f"{there} answer.", exact=True).wait_for()
        assert side.exchanges() == 1
        assert side.panel.get_by_text(f"{gone} answer.", exact=True).count() == 0


def test_an_answer_is_back_where_asking_again_brings_none(side, ollama):
    lab = side.lab
    ollama.replies = ["Precious.", Script(["never"], first_delay=30)]
    name = side.open()
    side.ask("a question")
    side.button("retry").click()
    # It has arrived: else it could be this one that is refused below.
    lab.wait_until(lambda: len(ollama.chats) == 2)
    side.draft.press("Escape")
    side.panel.get_by_text("Stopped. The earlier answer is back.").wait_for()
    assert "Precious." in side.last.inner_text()
    ollama.fail_next("500")
    side.button("retry").click()
    notice = side.panel.locator(".jp-devstral-notice-bar [role=status]")
    lab.wait_until(lambda: "back" in notice.inner_text() and "Stopped" not in notice.inner_text())
    assert len(notice.inner_text()) > len("The earlier answer is back.")
    assert "Precious." in side.last.inner_text()
    assert side.exchanges() == 1
    lab.start()
    side.show()
    lab.open_file(name)
    side.panel.get_by_text("Precious.", exact=True).wait_for()
    assert side.exchanges() == 1


def test_clear_and_edit_can_be_undone(side, ollama):
    side.open()
    side.ask("first question")
    side.ask("second question")
    side.button("clear").click()
    side.lab.wait_until(lambda: side.exchanges() == 0)
    side.lab.wait(ACTIVE)
    side.button("undo-notice").click()
    side.lab.wait_until(lambda: side.exchanges() == 2)
    side.draft.fill("half a thought")
    side.button("edit-question").first.click()
    assert side.draft.input_value() == "first question"
    side.lab.wait_until(lambda: side.exchanges() == 0)
    side.button("undo-notice").click()
    side.lab.wait_until(lambda: side.exchanges() == 2)
    assert side.draft.input_value() == "half a thought"
    side.draft.fill("")
    side.ask("third question")
    assert "second question" in json.dumps(ollama.chats[-1].body["messages"])


@pytest.mark.parametrize(
    "name", ["my data.csv", 'say "yes".csv', "été 2024.csv", "数据 文件.csv", "it's.csv", "a,b (1).csv"]
)
def test_files_of_any_name_are_completed_and_attached(side, ollama, name):
    lab = side.lab
    (lab.server.notebooks / name).write_text("a,b\n1,2\n")
    side.open()
    side.draft.click()
    option = side.panel.locator("[role=option]")
    side.draft.press_sequentially(f"read @{name[:4]}")
    lab.wait_until(lambda: any(name in text for text in option.all_inner_texts()))
    option.filter(has_text=name).first.click()
    side.draft.press("Enter")
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    assert f"File {name}:" in ollama.chats[-1].body["messages"][-1]["content"]
    # And written by hand, without any quotes.
    side.ask(f"again @{name} please")
    assert f"File {name}:" in ollama.chats[-1].body["messages"][-1]["content"]
    (lab.server.notebooks / name).unlink()


def test_the_chosen_row_of_a_list_stays_in_sight(side):
    lab = side.lab
    side.open([code(f"c{at}", f"value_{at} = {at}") for at in range(30)])
    side.draft.click()
    side.draft.press_sequentially("@cell")
    side.panel.locator("[role=option]").nth(11).wait_for(state="attached")
    in_sight = """() => {
        const list = document.querySelector('.jp-devstral-suggestions').getBoundingClientRect();
        const row = document.querySelector('[role=option][aria-selected=true]').getBoundingClientRect();
        return row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
    }"""
    for _ in range(12):
        assert lab.page.evaluate(in_sight)
        side.draft.press("ArrowDown")
        lab.page.wait_for_timeout(50)
    side.draft.press("Escape")
    side.draft.fill("")


def test_a_cell_is_called_by_what_stands_beside_it_and_can_be_gone_to(side, ollama):
    lab = side.lab
    ollama.replies = [
        "[cell 0]\n```python\nprices = [1, 2, 3]\n```\n\n[cell 1]\n```python\ndouble = 2\n```\n"
    ]
    side.open()
    lab.run(1)
    lab.run(0)
    number = lab.cells[0]["execution_count"]
    side.panel.locator(".jp-devstral-context summary").click()
    chips = side.panel.locator(".jp-devstral-chips")
    chips.get_by_text(f"cell [{number}]").first.wait_for()
    lab.select(2)
    side.draft.fill(f"why @cell[{number}]?")
    side.draft.press("Escape")
    side.draft.press("Enter")
    side.button("accept-all").wait_for()
    heading = side.panel.locator(".jp-devstral-diff-heading").first
    assert heading.inner_text() == f"Change of cell [{number}]"
    heading.locator("a").click()
    assert lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 0
    lab.set_source(1, "mine")
    side.button("accept-all").click()
    assert side.panel.locator("[data-kind=refused]").inner_text().startswith("⚠ Cell [")


def test_copy_works_where_the_page_has_no_clipboard_of_the_newer_kind(side):
    lab = side.lab
    side.open()
    side.ask("what is the total?")
    lab.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
    )
    lab.page.evaluate(
        "void document.addEventListener('copy', () => (window.copied = document.activeElement.value))"
    )
    side.button("copy").click()
    side.panel.get_by_text("Copied.").wait_for()
    assert lab.page.evaluate("window.copied") == "total = sum(prices)\ntotal"
    lab.page.evaluate("document.execCommand = () => false")
    side.button("copy").click()
    side.panel.get_by_text("This page may not copy").wait_for()
    lab.page.evaluate("() => { delete document.execCommand; delete navigator.clipboard; }")


def test_text_from_right_to_left_stands_so(side, ollama):
    ollama.replies = ["שלום עולם"]
    side.open()
    side.ask("مرحبا بالعالم")
    directions = side.page.evaluate(
        "[...document.querySelectorAll('.jp-devstral-question p')].map(p => getComputedStyle(p).direction)"
    )
    assert directions == ["rtl"]
    side.lab.screenshot("sidebar-right-to-left")


def test_a_million_characters_are_refused_kindly(side, ollama):
    side.open()
    side.draft.fill("keep me")
    side.draft.evaluate(
        """field => {
            const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
            set.call(field, 'x'.repeat(1_000_000));
            field.dispatchEvent(new Event('input', { bubbles: true }));
        }"""
    )
    side.panel.get_by_text("too long for a message").wait_for()
    assert side.draft.input_value() == "keep me"
    assert ollama.chats == []
    side.draft.fill("")


def test_the_focus_never_falls_to_the_body(side, ollama):
    lab = side.lab
    ollama.replies = ["[cell 0]\n```python\nprices = [1, 2, 3]\n```\n"]
    side.open(CELLS)
    side.ask("one more")

    def press(action):
        button = side.button(action).last
        button.focus()
        lab.page.keyboard.press("Enter")
        lab.wait("document.activeElement !== document.body")
        lab.page.wait_for_timeout(100)
        assert lab.page.evaluate("document.activeElement?.tagName") != "BODY", action

    press("reject")
    press("retry")
    lab.wait_until(lambda: side.last.get_attribute("data-state") == "done")
    press("accept")
    press("undo")
    press("edit-question")
    press("undo-notice")
    press("clear")
    press("close-notice")
    side.draft.fill("")
