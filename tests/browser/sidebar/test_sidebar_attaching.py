"""What comes into the composer without being typed: earlier questions, examples, pictures, cells, files."""

import base64
import struct
import zlib

from tests.support.jupyter.server import code
from tests.support.jupyter.sidebar import CELLS

BLIND = {
    "state": "ready",
    "is_local": True,
    "model": "words-only",
    "capabilities": ["completion"],
    "models": [{"name": "words-only"}, {"name": "devstral-small-2:latest"}],
}
ACTIVE = "document.activeElement?.classList.contains('jp-devstral-draft')"
# A file as a browser hands it over, pasted or dropped.
GIVE = """([selector, type, name, mime, data]) => {
    const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type: mime }));
    const options = { bubbles: true, cancelable: true };
    const event = type === 'paste'
        ? new ClipboardEvent('paste', { ...options, clipboardData: transfer })
        : new DragEvent(type, { ...options, dataTransfer: transfer });
    document.querySelector(selector).dispatchEvent(event);
    return event.defaultPrevented;
}"""


def png(width, height, colour=b"\x20\x60\xa0", level=-1):
    """A picture of one colour."""
    rows = (b"\0" + colour * width) * height
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, level)),
        (b"IEND", b""),
    ]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def give(side, type, name, mime, data):
    selector = "#jp-devstral-chat .jp-devstral-draft"
    return side.page.evaluate(GIVE, [selector, type, name, mime, data])


def test_a_picture_of_a_question_is_there_after_a_reload_and_is_sent_again(side, ollama):
    lab = side.lab
    name = side.open()
    picture = png(40, 30)
    give(side, "paste", "plot.png", "image/png", picture)
    side.panel.locator(".jp-devstral-pictures img").wait_for()
    side.ask("what does it show?")
    assert ollama.chats[-1].body["messages"][-1]["images"] == [picture]
    lab.save()
    lab.start()
    side.show()
    lab.open_file(name)
    shown = side.last.locator(".jp-devstral-asked-pictures img")
    shown.wait_for()
    lab.wait_until(lambda: picture in (shown.get_attribute("src") or ""))
    lab.screenshot("sidebar-picture-kept")
    side.button("retry").click()
    lab.wait_until(lambda: len(ollama.chats) == 2)
    assert ollama.chats[-1].body["messages"][-1]["images"] == [picture]
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    # Written once more it has its picture again; taken back, what lay there before.
    pictures = side.panel.locator(".jp-devstral-pictures img")
    other = png(20, 10)
    give(side, "paste", "other.png", "image/png", other)
    lab.wait_until(lambda: other in (pictures.first.get_attribute("src") or ""))
    side.button("edit-question").click()
    lab.wait_until(lambda: picture in (pictures.first.get_attribute("src") or ""))
    assert pictures.count() == 1
    side.button("undo-notice").click()
    lab.wait_until(lambda: other in (pictures.first.get_attribute("src") or ""))
    assert pictures.count() == 1
    side.button("edit-question").click()
    lab.wait_until(lambda: picture in (pictures.first.get_attribute("src") or ""))
    side.draft.fill("and what else?")
    side.draft.press("Enter")
    lab.wait_until(lambda: len(ollama.chats) == 3)
    assert ollama.chats[-1].body["messages"][-1]["images"] == [picture]
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()


def again(side, name):
    """The page is loaded again, and the notebook opened."""
    side.lab.save()
    side.lab.start()
    side.show()
    side.lab.open_file(name)


def test_pictures_come_back_with_what_was_taken_away_and_go_along_into_a_branch(side, ollama):
    lab = side.lab
    name = side.open()
    picture = png(40, 30)
    give(side, "paste", "plot.png", "image/png", picture)
    side.panel.locator(".jp-devstral-pictures img").wait_for()
    side.ask("what is there?")
    side.ask("and then?")
    shown = side.panel.locator(".jp-devstral-asked-pictures img")
    for button in ("clear", "branch"):
        with side.page.expect_response(lambda one: one.request.method == "PATCH" and one.ok):
            side.button(button).last.click()
        if button == "clear":
            lab.wait_until(lambda: side.exchanges() == 0)
            side.button("undo-notice").click()
        lab.wait_until(lambda: "what is there?" in side.panel.inner_text())
        side.draft.fill("")
        side.page.wait_for_timeout(500)
        lab.save()
        lab.start()
        side.show()
        lab.open_file(name)
        lab.wait_until(lambda: shown.count() == 1 and picture in (shown.get_attribute("src") or ""))
    assert side.exchanges() == 1
    side.button("retry").click()
    lab.wait_until(lambda: side.last.get_attribute("data-state") == "done" and len(ollama.chats) == 3)
    assert ollama.chats[-1].body["messages"][-1]["images"] == [picture]


def test_pictures_of_a_draft_and_of_a_question_that_waits_are_there_after_a_reload(side, ollama):
    lab = side.lab
    words = [f"word{number} " for number in range(300)]
    ollama.replies = [words, "Blue.", "Red."]
    ollama.piece_delay = 0.05
    name = side.open()
    side.draft.fill("tell me a lot")
    side.draft.press("Enter")
    side.panel.get_by_text("word5").first.wait_for()
    blue, red = png(40, 30), png(40, 30, b"\xa0\x20\x20")
    pictures = side.panel.locator(".jp-devstral-pictures img")
    give(side, "paste", "blue.png", "image/png", blue)
    pictures.wait_for()
    side.draft.fill("which colour waits?")
    side.draft.press("Enter")
    side.panel.locator(".jp-devstral-queue").wait_for()
    lab.wait_until(lambda: pictures.count() == 0)
    give(side, "paste", "red.png", "image/png", red)
    pictures.wait_for()
    again(side, name)
    pictures.wait_for()
    assert red in pictures.get_attribute("src")
    assert pictures.get_attribute("alt") == "red.png"
    ollama.piece_delay = 0.0
    side.button("stop").click()
    lab.wait_until(lambda: side.exchanges() == 2 and side.last.get_attribute("data-state") == "done")
    assert ollama.chats[-1].body["messages"][-1]["images"] == [blue]
    side.ask("and which is this?")
    assert ollama.chats[-1].body["messages"][-1]["images"] == [red]
    again(side, name)
    assert pictures.count() == 0
    assert side.page.evaluate("Object.keys(localStorage).filter(key => key.includes(':pictures:'))") == []


def test_a_picture_that_no_browser_could_keep_is_missed_aloud(side, ollama):
    lab = side.lab
    ollama.replies = [[f"word{number} " for number in range(300)], "Never asked."]
    ollama.piece_delay = 0.05
    name = side.open()
    side.draft.fill("tell me a lot")
    side.draft.press("Enter")
    side.panel.get_by_text("word5").first.wait_for()
    # Other pages of this server have taken the room.
    lab.page.evaluate(
        """() => {
            for (let size = 4_000_000; size > 30_000; size /= 2) {
                for (let at = 0; ; at++) {
                    try { localStorage.setItem(`taken:${size}:${at}`, 'x'.repeat(size)); } catch { break; }
                }
            }
        }"""
    )
    pictures = side.panel.locator(".jp-devstral-pictures img")
    for text in ("first look at this", "then at that"):
        give(side, "paste", "large.png", "image/png", png(200, 100, level=0))
        pictures.wait_for()
        side.draft.fill(text)
        if text.startswith("first"):
            side.draft.press("Enter")
            side.panel.locator(".jp-devstral-queue").wait_for()
    kept = "Object.keys(localStorage).some(key => (localStorage.getItem(key) ?? '').includes('then at that'))"
    lab.wait(kept)
    again(side, name)
    lab.page.evaluate(
        """() => {
            const taken = Object.keys(localStorage).filter(key => key.startsWith('taken'));
            taken.forEach(key => localStorage.removeItem(key));
        }"""
    )
    side.panel.get_by_text("large.png could not be kept: add it again.").wait_for()
    side.panel.get_by_text("Its picture could not be kept.").wait_for()
    assert side.draft.input_value() == "then at that"
    lab.screenshot("sidebar-picture-not-kept")
    ollama.piece_delay = 0.0
    side.button("stop").click()
    # Nobody has agreed to ask it without its picture.
    side.panel.locator(".jp-devstral-exchange[data-state=stopped]").wait_for()
    side.button("remove-picture").click()
    side.ask("something else")
    assert side.panel.locator(".jp-devstral-queue li").count() == 1
    assert len(ollama.chats) == 2
    side.button("ask-now").click()
    lab.wait_until(lambda: len(ollama.chats) == 3)
    assert "images" not in ollama.chats[-1].body["messages"][-1]
    side.panel.locator(".jp-devstral-exchange[data-state=done]").last.wait_for()


def test_the_field_grows_and_arrows_bring_earlier_questions(side, ollama):
    lab = side.lab
    side.open()
    side.ask("first question")
    side.ask("second question")
    height = side.draft.bounding_box()["height"]
    side.draft.press("ArrowUp")
    assert side.draft.input_value() == "second question"
    side.draft.press("ArrowUp")
    assert side.draft.input_value() == "first question"
    side.draft.press("ArrowUp")
    assert side.draft.input_value() == "first question"
    side.draft.press("ArrowDown")
    side.draft.press("ArrowDown")
    assert side.draft.input_value() == ""
    side.draft.press_sequentially("mine")
    side.draft.press("ArrowUp")
    assert side.draft.input_value() == "mine"
    side.draft.fill("\n".join(f"line {number}" for number in range(8)))
    grown = side.draft.bounding_box()["height"]
    assert grown > height + 60
    side.draft.fill("\n".join(f"line {number}" for number in range(200)))
    limit = side.draft.bounding_box()["height"]
    assert grown < limit < 400
    lab.screenshot("sidebar-long-draft")
    side.draft.fill("")


def test_pictures_are_pasted_dropped_and_sent(side, ollama):
    lab = side.lab
    side.open()
    small, large = png(40, 30), png(2400, 600)
    assert give(side, "paste", "small.png", "image/png", small)
    assert give(side, "drop", "large.png", "image/png", large)
    pictures = side.panel.locator(".jp-devstral-pictures img")
    lab.wait_until(lambda: pictures.count() == 2)
    lab.screenshot("sidebar-pictures")
    side.ask("what is there?")
    sent = ollama.chats[-1].body["messages"][-1]["images"]
    assert sent[0] == small
    # A large one is made smaller.
    width, height = struct.unpack(">II", base64.b64decode(sent[1])[16:24])
    assert (width, height) == (1600, 400)
    assert pictures.count() == 0
    assert side.last.get_by_label("With 2 pictures.").locator("img").count() == 2
    side.ask("and now?")
    assert "images" not in ollama.chats[-1].body["messages"][-1]
    give(side, "drop", "one.png", "image/png", small)
    lab.wait_until(lambda: pictures.count() == 1)
    side.button("remove-picture").click()
    lab.wait_until(lambda: pictures.count() == 0)
    give(side, "paste", "broken.png", "image/png", base64.b64encode(b"no picture").decode())
    side.panel.get_by_text("broken.png is no picture").wait_for()
    give(side, "drop", "table.csv", "text/csv", base64.b64encode(b"a,b").decode())
    side.panel.get_by_text("Put table.csv beside the notebook").wait_for()
    for number in range(5):
        give(side, "drop", f"n{number}.png", "image/png", small)
    side.panel.get_by_text("At most 4 pictures").wait_for()
    assert pictures.count() == 4
    for _ in range(4):
        side.button("remove-picture").first.click()
    # Where the model cannot see, that is said before anything is asked.
    status = "**/jupyter-devstral/status**"
    side.page.route(status, lambda route: route.fulfill(json=BLIND))
    picker = side.panel.locator(".jp-devstral-model select")
    picker.dispatch_event("change")
    side.panel.locator(".jp-devstral-model", has_text="words-only").wait_for()
    give(side, "paste", "small.png", "image/png", small)
    side.panel.get_by_text("words-only cannot look at pictures").wait_for()
    assert pictures.count() == 0
    lab.screenshot("sidebar-no-vision")
    side.page.unroute(status)
    picker.select_option("devstral-small-2:latest")
    side.panel.locator(".jp-devstral-model", has_text="devstral-small-2").wait_for()
    side.panel.get_by_text("words-only cannot look at pictures").wait_for(state="detached")


def test_dropped_cells_and_files_are_mentioned(side, ollama):
    lab = side.lab
    folder = lab.server.notebooks / "more data"
    folder.mkdir(exist_ok=True)
    (folder / "sales 1.csv").write_text("a,b\n1,2\n")
    (folder / "at 12:30.csv").write_text("c,d\n3,4\n")
    side.open()
    lab.run(1)
    lab.page.evaluate(
        """() => {
            const target = document.querySelector('#jp-devstral-chat .jp-devstral-log');
            const { widgets } = window.jupyterapp.shell.currentWidget.content;
            const drop = data => ['lm-dragenter', 'lm-dragover', 'lm-drop'].map(type => {
                const event = new CustomEvent(type, { bubbles: true, cancelable: true });
                event.mimeData = { hasData: mime => mime in data, getData: mime => data[mime] };
                event.proposedAction = 'move';
                target.dispatchEvent(event);
                return event.dropAction;
            });
            drop({ 'internal:cells': [widgets[0], widgets[1]] });
            drop({ 'application/x-jupyter-icontents': ['more data/sales 1.csv', 'more data/at 12:30.csv'] });
        }"""
    )
    lab.wait(ACTIVE)
    assert side.draft.input_value() == '@cell#1 @cell[1] @"more data/sales 1.csv" @"more data/at 12:30.csv" '
    lab.page.keyboard.type("what is that?")
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Enter")
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    # A file that lies elsewhere goes along also when it is asked for anew, or the page is another one.
    side.button("edit-question").click()
    lab.wait_until(lambda: "what is that?" in side.draft.input_value())
    side.page.wait_for_timeout(500)
    name = lab.page.evaluate("window.jupyterapp.shell.currentWidget.context.path")
    lab.save()
    lab.start()
    side.show()
    lab.open_file(name)
    lab.wait_until(lambda: "what is that?" in side.draft.input_value())
    side.draft.press("Enter")
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    content = ollama.chats[-1].body["messages"][-1]["content"]
    assert "File more data/sales 1.csv:" in content
    assert "File more data/at 12:30.csv:" in content


def test_several_selected_cells_are_the_subject(side, ollama):
    lab = side.lab
    side.open(CELLS)
    lab.run(0)
    lab.select(0)
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.extendContiguousSelectionTo(2)")
    side.panel.get_by_text("About the 3 selected cells: [1], #2, #3").wait_for()
    lab.screenshot("sidebar-selected-cells")
    side.ask("compare them")
    content = ollama.chats[-1].body["messages"][-1]["content"]
    assert "The user has cells 0, 1 and 2 selected." in content
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.deselectAll()")
    lab.wait_until(lambda: side.panel.locator(".jp-devstral-subject").count() == 0)


def test_an_empty_sidebar_offers_questions_about_this_notebook(side, ollama):
    lab = side.lab
    side.open([code("a", "def share(part, whole):\n    return part / whole"), code("b", "share(1, 0)")])
    lab.run(0)
    lab.run(1)
    examples = side.button("example")
    lab.wait_until(lambda: examples.all_inner_texts()[:2] == ["Why does @cell[2] fail?", "/test share"])
    assert "@share" not in " ".join(examples.all_inner_texts())
    assert examples.count() == 3
    lab.screenshot("sidebar-empty")
    assert ollama.chats == []
    examples.first.click()
    lab.wait(ACTIVE)
    assert side.draft.input_value() == "Why does @cell[2] fail?"
    assert ollama.chats == []
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Enter")
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    assert examples.count() == 0


def test_an_edited_cell_follows_what_was_sent_and_the_row_says_so(side, ollama):
    lab = side.lab
    long = [code(f"c{n}", f"value_{n} = [{n}]\n" * 30) for n in range(4)]
    side.open([code("a", "x = 3"), *long])
    side.ask("how many?")
    lab.set_source(0, "x = 4")
    side.ask("and now?")
    first, second = (chat.body["messages"] for chat in ollama.chats[-2:])
    assert second[: len(first)] == first
    assert "(new version, the earlier one is gone):\n```python\nx = 4\n" in second[-1]["content"]
    side.panel.locator(".jp-devstral-context summary").first.click()
    chip = side.panel.locator(".jp-devstral-chip", has_text="earlier versions of changed cells")
    chip.wait_for(timeout=30_000)
    assert chip.get_by_role("button").count() == 0, "what was read cannot be taken back, only the cell"
    lab.screenshot("earlier-versions")
    side.panel.locator(".jp-devstral-chip", has_text="cell #1").get_by_label("Do not send").click()
    chip.wait_for(state="detached", timeout=30_000)
