"""What the sidebar leaves behind, and what it does while somebody types: counted, not timed."""

from tests.support.jupyter.server import code

CELLS = [code(f"c{number}", f"value_{number} = {number}") for number in range(30)]
# Of the notebook's cells, everything that reads one whole; of the sidebar, everything that is drawn.
WATCH = """() => {
    const { cells } = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
    const kind = Object.getPrototypeOf(cells[0]);
    window.counted = { read: 0, drawn: 0 };
    for (let owner = kind; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
        const toJSON = Object.getOwnPropertyDescriptor(owner, 'toJSON')?.value;
        if (toJSON) {
            window.restoreKind ??= (was => () => (owner.toJSON = was))(toJSON);
            owner.toJSON = function () {
                window.counted.read += 1;
                return toJSON.call(this);
            };
            break;
        }
    }
    const watch = new MutationObserver(changes => (window.counted.drawn += changes.length));
    const panel = document.querySelector('#jp-devstral-chat');
    watch.observe(panel, { childList: true, subtree: true, attributes: true, characterData: true });
}"""


def left_over(page, name):
    """How many elements of a class are in memory though not on the screen."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    kind = session.send("Runtime.evaluate", {"expression": "HTMLElement.prototype"})["result"]["objectId"]
    found = session.send("Runtime.queryObjects", {"prototypeObjectId": kind})["objects"]["objectId"]
    # The prototypes of other kinds of elements are among them, and are no elements.
    counting = f"""function() {{
        const isLeft = one => !one.isConnected && one.matches('.{name}');
        return this.filter(one => !Object.hasOwn(one, 'constructor') && isLeft(one)).length;
    }}"""
    counted = session.send(
        "Runtime.callFunctionOn",
        {"objectId": found, "functionDeclaration": counting, "returnByValue": True},
    )
    session.detach()
    return counted["result"]["value"]


def test_what_was_cleared_is_gone_from_the_page(side):
    side.open()
    side.ask("first")
    side.button("clear").click()
    side.lab.wait_until(lambda: side.exchanges() == 0)
    before = side.panel.locator("*").count()
    for number in range(6):
        side.ask(f"question {number}")
    side.button("clear").click()
    side.lab.wait_until(lambda: side.exchanges() == 0)
    assert side.panel.locator("*").count() == before
    # React keeps the last one that it drew.
    assert left_over(side.page, "jp-devstral-exchange") <= 1
    assert left_over(side.page, "jp-devstral-reply") <= 1
    # All the same it can be undone.
    side.button("undo-notice").click()
    side.lab.wait_until(lambda: side.exchanges() == 6)


def test_a_key_in_a_cell_reads_no_cell_sends_nothing_and_draws_nothing(side):
    lab = side.lab
    side.open(CELLS)
    lab.select(3)
    lab.page.locator(".jp-CodeCell").nth(3).locator(".cm-content").click()
    # What is looked up for the selected cell has been.
    side.panel.locator(".jp-devstral-context").wait_for()
    asked = -1
    while asked < len(lab.requests):
        asked = len(lab.requests)
        lab.page.wait_for_timeout(1500)
    lab.page.evaluate(WATCH)
    lab.page.keyboard.type("abcdefgh", delay=80)
    lab.wait_until(lambda: "abcdefgh" in lab.sources[3])
    # Longer than the sidebar waits before it looks.
    lab.page.wait_for_timeout(600)
    counted = lab.page.evaluate("(window.restoreKind?.(), window.counted)")
    ours = [url for url in lab.requests[asked:] if "jupyter-devstral/" in url]
    assert [url for url in ours if "/prompt" in url or "/chat" in url or "/variables" in url] == []
    assert counted == {"read": 0, "drawn": 0}


def test_the_first_word_is_drawn_without_waiting_for_a_frame(side, ollama):
    side.open()
    side.ask("first")
    ollama.replies, ollama.piece_delay = [["Hello", " there", "."]], 1.5
    side.page.evaluate(
        "(window.frames_ = window.requestAnimationFrame, window.requestAnimationFrame = () => 0)"
    )
    side.draft.fill("again")
    side.draft.press("Enter")
    text = "[...document.querySelectorAll('.jp-devstral-exchange')].pop().querySelector('.jp-devstral-reply')"
    side.lab.wait(f"{text}?.textContent.includes('Hello')")
    assert side.last.get_attribute("data-state") == "running"
    side.page.evaluate("() => void (window.requestAnimationFrame = window.frames_)")
    side.lab.wait_until(lambda: side.last.get_attribute("data-state") == "done")
