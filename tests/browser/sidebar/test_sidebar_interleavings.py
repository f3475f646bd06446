"""Two things at once, twice, late or held down: each does what was meant, to what was meant."""

import json

import pytest

from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.server import code
from tests.support.jupyter.sidebar import CELLS, Side

WORDS = [f"word{number} " for number in range(300)]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
CHANGE = "[cell 0]\n```python\nprices = [1, 2, 3]\n```\n"
TWO_CHANGES = f"{CHANGE}\n[cell 1]\n```python\ndouble = 2\n```\n"


@pytest.fixture
def there(browser, server):
    """Another tab, which `open_file` brings to a notebook."""
    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, server)
    lab.start()
    yield Side(lab)
    page.close()


def states(side, what="exchange"):
    found = side.panel.locator(f".jp-devstral-{what}")
    return [one.get_attribute("data-state") for one in found.all()]


def send(side, text):
    side.draft.fill(text)
    side.draft.press("Enter")


def look(side):
    """Open the list of conversations: what other pages did since is read."""
    if side.button("conversations").get_attribute("aria-expanded") == "true":
        side.button("conversations").click()
    side.button("conversations").click()


def hold(side, key, element):
    """Keep a key down on an element, as long as it repeats three times."""
    element.focus()
    for _ in range(4):
        side.page.keyboard.down(key)
        side.page.wait_for_timeout(40)
    side.page.keyboard.up(key)


def test_stop_ends_what_runs_here_also_when_another_tab_has_asked_as_well(side, there, ollama):
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.2
    name = side.open()
    there.lab.open_file(name)
    there.show()
    send(side, "asked here")
    side.panel.get_by_text("word1").first.wait_for()
    send(there, "asked there")
    there.panel.locator(".jp-devstral-exchange").wait_for()
    look(side)
    side.lab.wait_until(lambda: states(side) == ["running", "running"])
    side.button("stop").click()
    side.lab.wait_until(lambda: states(side) == ["stopped", "stopped"])
    assert ollama.wait_closed() is not None
    # What is asked now does not wait for an end that never comes.
    ollama.piece_delay = 0.0
    send(side, "and now")
    side.lab.wait_until(lambda: states(side) == ["stopped", "stopped", "done"])


def test_an_undo_is_of_the_change_as_it_is_now(side, there, ollama):
    lab = side.lab
    ollama.replies = [TWO_CHANGES]
    name = side.open()
    side.ask("both")
    side.button("accept").first.click()
    lab.wait_until(lambda: states(side, "edit") == ["accepted", "open"])
    there.lab.open_file(name)
    there.show()
    there.lab.wait_until(lambda: states(there, "edit") == ["accepted", "open"])
    there.button("reject").click()
    there.lab.wait_until(lambda: states(there, "edit") == ["accepted", "rejected"])
    look(side)
    lab.wait_until(lambda: states(side, "edit") == ["accepted", "rejected"])
    side.button("undo").click()
    lab.wait_until(lambda: states(side, "edit") == ["open", "rejected"])
    assert lab.sources[0] == "prices = [1, 2]"


def test_a_key_that_is_held_does_not_send_what_is_half_written(side, ollama):
    ollama.replies = [CHANGE]
    side.open()
    side.ask("one more")
    side.draft.fill("half a thought")
    hold(side, "Enter", side.button("reject"))
    side.lab.wait("document.activeElement?.classList.contains('jp-devstral-draft')")
    side.draft.fill("")
    side.draft.press_sequentially("@cel")
    side.panel.locator("[role=option]").first.wait_for()
    hold(side, "Enter", side.draft)
    assert side.draft.input_value() == "@cell#1 "
    assert side.exchanges() == len(ollama.chats) == 1
    side.draft.fill("")


def asked_at_a_cell(side, ollama):
    """A change is asked for at the first cell; returns the field there."""
    ollama.replies = [CHANGE]
    side.open()
    side.lab.select(0)
    side.lab.command("jupyter-devstral:prompt-at-cell")
    field = side.page.locator(".jp-devstral-inline input")
    field.fill("one more")
    field.press("Enter")
    return field


def test_a_change_of_a_cell_is_asked_for_once(side, ollama):
    lab = side.lab
    ollama.first_byte_delay = 0.5
    field = asked_at_a_cell(side, ollama)
    field.press("Enter")
    prompt = lab.page.locator(".jp-devstral-inline")
    prompt.locator(".jp-devstral-status").wait_for()
    prompt.locator("[data-action=accept]").wait_for()
    assert states(side) == ["done"]
    assert len(ollama.chats) == 1


def test_taking_an_edit_back_leaves_what_was_written_since(side, ollama):
    side.open()
    side.ask("first question")
    side.button("edit-question").click()
    side.draft.fill("first question, in better words")
    side.button("undo-notice").click()
    side.lab.wait_until(lambda: side.exchanges() == 1)
    assert side.draft.input_value() == "first question, in better words"
    side.draft.fill("")


def test_a_question_that_waits_is_asked_when_its_notebook_is_in_front_again(side, ollama, server):
    lab = side.lab
    ollama.replies = [["word "] * 20, "Second."]
    ollama.piece_delay = 0.05
    first = side.open()
    send(side, "first")
    side.panel.get_by_text("word").first.wait_for()
    send(side, "second")
    lab.open([code("z", "z = 26")])
    lab.wait_until(lambda: side.exchanges() == 0)
    stored = f"{server.url}/jupyter-devstral/conversation?path={first}&token={server.token}"
    lab.wait_until(lambda: side.page.request.get(stored).json()["messages"][0]["state"] == "done")
    lab.open_file(first)
    side.panel.get_by_text("Second.", exact=True).wait_for()
    assert states(side) == ["done", "done"]
    assert side.panel.locator(".jp-devstral-queue").count() == 0


def test_of_cells_with_the_same_number_the_one_is_asked_about_that_was_chosen(side, ollama):
    """As after a restart of the kernel: numbers begin anew, and older ones still stand there."""
    cells = [code("a", "first = 1"), code("b", "second = 2"), code("c", "third = 3")]
    for cell, number in zip(cells, (1, 1, 2), strict=True):
        cell["execution_count"] = number
    side.open(cells)
    option = side.panel.locator("[role=option]")
    side.draft.click()
    side.draft.press_sequentially("why @cell")
    option.first.wait_for()
    assert [text.split("\n")[0] for text in option.all_inner_texts()] == ["@cell#1", "@cell#2", "@cell[2]"]
    option.first.click()
    side.draft.press("Enter")
    side.lab.wait_until(lambda: states(side) == ["done"])
    assert "The user has cell 0 selected." in ollama.chats[-1].body["messages"][-1]["content"]
    side.lab.select(1)
    side.lab.command("jupyter-devstral:ask-about-cell")
    side.lab.wait_until(lambda: side.draft.input_value() == "@cell#2 ")
    side.draft.fill("")


def test_a_change_finds_its_cell_in_a_notebook_that_keeps_no_ids(side, ollama):
    lab = side.lab
    ollama.replies = [CHANGE]
    name = side.open()
    lab.close_all()
    path = lab.server.notebooks / name
    notebook = json.loads(path.read_text())
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    path.write_text(json.dumps(notebook))
    lab.open_file(name)
    side.ask("one more")
    lab.close_all()
    lab.open_file(name)
    side.button("accept").wait_for()
    # Its id is another one by now: it is not said to be the selected one.
    assert side.panel.locator(".jp-devstral-diff-heading").inner_text() == "Change of a cell"
    lab.select(2)
    side.button("accept").click()
    lab.wait_until(lambda: lab.sources[0] == "prices = [1, 2, 3]")
    assert lab.sources[1:] == ["double = [price * 2 for price in prices]", "# Text"]


def test_a_message_is_typed_where_messages_are_also_while_a_conversation_is_renamed(side, ollama):
    lab = side.lab
    side.open()
    side.ask("about prices")
    look(side)
    side.button("rename-conversation").click()
    lab.wait("document.activeElement?.name === 'title'")
    lab.command("jupyter-devstral:ask-about-cell")
    lab.wait("document.activeElement?.tagName === 'TEXTAREA'")
    side.draft.last.fill("")
    side.draft.first.press("Escape")


def test_a_double_click_takes_one_conversation_and_one_question_away(side, ollama):
    lab = side.lab
    ollama.replies = ["One.", "Two.", "Three.", WORDS]
    side.open()
    for text in ("first", "second", "third"):
        side.ask(text)
        side.button("new-conversation").click()
        lab.wait_until(lambda: side.exchanges() == 0)
    look(side)
    rows = side.panel.locator(".jp-devstral-thread > span:first-child")
    lab.wait_until(lambda: rows.count() == 3)
    twice(side, side.button("delete-conversation").first, lambda: rows.count() == 2)
    side.button("undo-notice").click()
    lab.wait_until(lambda: rows.all_inner_texts() == ["third", "second", "first"])
    ollama.piece_delay = 0.2
    send(side, "fourth")
    side.panel.get_by_text("word1").first.wait_for()
    queue = side.panel.locator(".jp-devstral-queue li > span")
    for text in ("fifth", "sixth", "seventh"):
        send(side, text)
    twice(side, side.button("unqueue").first, lambda: queue.count() == 2)
    side.page.wait_for_timeout(200)
    assert queue.all_inner_texts() == ["sixth", "seventh"]
    for _ in range(2):
        side.button("unqueue").first.click()
    side.button("stop").click()


def twice(side, element, holds):
    """A double click whose second click comes when the first has done its work."""
    mouse = side.page.mouse
    for count in (1, 2):
        box = element.bounding_box()
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.down(click_count=count)
        mouse.up(click_count=count)
        side.lab.wait_until(holds)


def test_files_are_listed_also_when_who_asked_for_the_list_was_outdated(side, ollama):
    lab = side.lab
    folder = lab.server.notebooks / "slow"
    folder.mkdir(exist_ok=True)
    (folder / "data.csv").write_text("a,b\n1,2\n")
    held = []
    listing = "**/api/contents/slow?*content=1*"
    side.page.route(listing, lambda route: held.append(route))
    side.open(CELLS, name="slow/one.ipynb")
    lab.wait_until(lambda: held)
    # Each change asks anew, and outdates who waits for the list.
    with side.page.expect_request("**/jupyter-devstral/prompt**"):
        side.draft.press_sequentially("read @dat")
    side.page.wait_for_timeout(200)
    for one in held:
        one.continue_()
    side.page.unroute(listing)
    side.panel.locator("[role=option]", has_text="@data.csv").wait_for()
    side.draft.fill("")


def test_a_conversation_is_there_while_its_notebook_is_renamed_and_keeps_what_is_decided_then(side, ollama):
    lab = side.lab
    ollama.replies = [CHANGE]
    name = side.open()
    side.ask("one more")
    held = []
    side.page.route("**/jupyter-devstral/rename**", lambda route: held.append(route))
    lab.page.evaluate(
        "([old, name]) => window.jupyterapp.serviceManager.contents.rename(old, name)", [name, f"new-{name}"]
    )
    lab.wait_until(lambda: held)
    # The server knows nothing of the new path yet.
    look(side)
    side.button("accept").click()
    side.page.wait_for_timeout(300)
    assert states(side) == ["done"]
    with side.page.expect_response(lambda one: one.request.method == "PATCH" and one.ok):
        for one in held:
            one.continue_()
    side.page.unroute("**/jupyter-devstral/rename**")
    lab.save()
    lab.start()
    side.show()
    lab.open_file(f"new-{name}")
    lab.wait_until(lambda: states(side, "edit") == ["accepted"])


def test_a_rename_that_a_proxy_refuses_for_a_while_takes_its_conversation_along(side, ollama):
    lab = side.lab
    name = side.open()
    side.ask("one more")
    renaming = "**/jupyter-devstral/rename**"
    side.page.route(renaming, lambda route: route.fulfill(status=503, body="{}"))
    lab.page.evaluate(
        "([old, name]) => window.jupyterapp.serviceManager.contents.rename(old, name)", [name, f"new-{name}"]
    )
    side.panel.locator(".jp-devstral-notice-bar").get_by_text("failed (503)").wait_for()
    with side.page.expect_response(lambda one: "/rename" in one.url and one.ok):
        side.page.unroute(renaming)
    lab.start()
    side.show()
    lab.open_file(f"new-{name}")
    lab.wait_until(lambda: states(side) == ["done"])


def test_a_change_that_arrives_takes_no_key_from_what_is_typed_elsewhere(side, ollama):
    lab = side.lab
    ollama.first_byte_delay = 1.0
    asked_at_a_cell(side, ollama)
    side.draft.click()
    side.draft.press_sequentially("and then ")
    prompt = lab.page.locator(".jp-devstral-inline")
    prompt.locator("[data-action=accept]").wait_for()
    lab.page.wait_for_timeout(200)
    lab.page.keyboard.type("more")
    assert side.draft.input_value() == "and then more"
    # Also where it is decided from the sidebar, the focus stays there.
    side.button("reject").click()
    prompt.wait_for(state="detached")
    lab.page.keyboard.type("!")
    assert side.draft.input_value().replace("!", "") == "and then more"
    assert "!" in side.draft.input_value()
    side.draft.fill("")


def test_a_cell_that_ran_since_it_was_mentioned_is_the_one_that_is_asked_about(side, ollama):
    lab = side.lab
    side.open()
    lab.run(0)
    side.draft.fill("why @cell[1]?")
    side.draft.press("Escape")
    lab.run(0)
    lab.select(2)
    side.draft.press("Enter")
    lab.wait_until(lambda: states(side) == ["done"])
    assert "The user has cell 0 selected." in ollama.chats[-1].body["messages"][-1]["content"]


def test_a_picture_goes_along_of_the_cell_that_it_was_asked_for(side, ollama):
    lab = side.lab
    figure = {"output_type": "display_data", "data": {"image/png": PIXEL}, "metadata": {}}
    cells = [code(name, "plot()", [figure]) for name in "ab"]
    side.open(cells)
    lab.select(0)
    box = side.panel.locator(".jp-devstral-images input")
    box.check()
    lab.select(1)
    lab.wait_until(lambda: not box.is_checked())
    side.ask("what is there?")
    assert "images" not in ollama.chats[-1].body["messages"][-1]
