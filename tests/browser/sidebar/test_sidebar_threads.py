"""Several conversations about one notebook: begun, named, branched, deleted, exported, and each kept."""

import json

from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.sidebar import Side


def titles(side):
    return side.panel.locator(".jp-devstral-thread > span:first-child").all_inner_texts()


def questions(side):
    return side.panel.locator(".jp-devstral-question p").all_inner_texts()


def listed(side):
    """Open the list; one that is open is read again."""
    if side.button("conversations").get_attribute("aria-expanded") == "true":
        side.button("conversations").click()
    side.button("conversations").click()
    side.panel.locator(".jp-devstral-threads").wait_for()


def row(side, title):
    return side.panel.locator(".jp-devstral-threads li", has_text=title)


def test_conversations_are_begun_named_deleted_and_kept(side, ollama, browser, server):
    lab = side.lab
    name = side.open()
    side.ask("about prices")
    side.button("new-conversation").click()
    lab.wait_until(lambda: side.exchanges() == 0)
    side.ask("about doubles")
    # The model hears of the one that is shown alone.
    assert "about prices" not in json.dumps(ollama.chats[-1].body["messages"])
    listed(side)
    lab.wait_until(lambda: titles(side) == ["about doubles", "about prices"])
    row(side, "about prices").locator("[data-action=rename-conversation]").click()
    field = side.panel.get_by_label("Name of the conversation")
    field.fill("Prices & more")
    field.press("Enter")
    lab.wait_until(lambda: titles(side) == ["about doubles", "Prices & more"])
    lab.screenshot("sidebar-conversations")
    # Another tab begins with the one that was last asked in, and asks something in the first one.
    page = browser.new_context(viewport={"width": 1300, "height": 900}, reduced_motion="reduce").new_page()
    other = LabPage(page, server)
    other.start()
    other.open_file(name)
    there = Side(other)
    there.show()
    there.panel.get_by_text("about doubles").wait_for()
    listed(there)
    row(there, "Prices & more").locator("[data-action=open-conversation]").click()
    there.panel.get_by_text("about prices").wait_for()
    assert there.panel.locator(".jp-devstral-threads").count() == 0
    # Here it is deleted meanwhile, put back, and deleted again.
    row(side, "Prices & more").locator("[data-action=delete-conversation]").click()
    lab.wait_until(lambda: titles(side) == ["about doubles"])
    side.button("undo-notice").click()
    lab.wait_until(lambda: titles(side) == ["about doubles", "Prices & more"])
    row(side, "Prices & more").locator("[data-action=delete-conversation]").click()
    lab.wait_until(lambda: titles(side) == ["about doubles"])
    there.ask("not lost")
    page.close()
    # What was asked there is there, and the page comes back to the conversation that was in front.
    listed(side)
    lab.wait_until(lambda: titles(side) == ["not lost", "about doubles"])
    assert questions(side) == ["about doubles"]
    lab.save()
    lab.start()
    side.show()
    lab.open_file(name)
    side.panel.get_by_text("about doubles").wait_for()
    assert questions(side) == ["about doubles"]
    # The one that is shown is deleted: another takes its place, and it comes back where it was.
    listed(side)
    lab.wait_until(lambda: len(titles(side)) == 2)
    row(side, "about doubles").locator("[data-action=delete-conversation]").click()
    lab.wait_until(lambda: questions(side) == ["not lost"])
    side.button("undo-notice").click()
    lab.wait_until(lambda: questions(side) == ["about doubles"])


def test_an_answer_goes_on_in_its_conversation_and_drafts_stay_in_theirs(side, ollama):
    lab = side.lab
    words = [f"word{number} " for number in range(200)]
    ollama.replies = [words, "Short."]
    side.open()
    ollama.piece_delay = 0.02
    side.draft.fill("a long one")
    side.draft.press("Enter")
    side.panel.get_by_text("word").first.wait_for()
    side.draft.fill("half a thought")
    side.button("new-conversation").click()
    lab.wait_until(lambda: side.exchanges() == 0)
    assert side.draft.input_value() == ""
    side.ask("a short one")
    listed(side)
    row(side, "a long one").locator("[data-action=open-conversation]").click()
    lab.wait_until(lambda: side.last.get_attribute("data-state") == "done")
    assert questions(side) == ["a long one"]
    lab.wait_until(
        lambda: side.last.locator(".jp-devstral-reply").inner_text().split() == "".join(words).split()
    )
    assert side.draft.input_value() == "half a thought"
    side.draft.fill("")


def test_a_branch_keeps_what_was_said_before(side, ollama):
    lab = side.lab
    side.open()
    for text in ("first", "second", "third"):
        side.ask(text)
    side.button("branch").nth(2).click()
    lab.wait_until(lambda: questions(side) == ["first", "second"])
    assert side.draft.input_value() == "third"
    side.ask("another third")
    messages = json.dumps(ollama.chats[-1].body["messages"])
    assert "second" in messages
    assert messages.count("third") == 1
    listed(side)
    lab.wait_until(lambda: titles(side) == ["Branch: third", "first"])
    row(side, "first").locator("[data-action=open-conversation]").last.click()
    lab.wait_until(lambda: questions(side) == ["first", "second", "third"])
    # From the first question on it is a new conversation with a question in the field.
    side.button("branch").first.click()
    lab.wait_until(lambda: questions(side) == [])
    assert side.draft.input_value() == "first"
    side.draft.fill("")


def test_a_conversation_is_exported_beside_its_notebook(side, ollama):
    lab = side.lab
    name = side.open()
    side.ask("what is the total?")
    folder = lab.server.notebooks
    stem = name.removesuffix(".ipynb")
    listed(side)
    for action, file in [
        ("export-markdown", f"{stem}-conversation.md"),
        ("export-markdown", f"{stem}-conversation-2.md"),
        ("export-notebook", f"{stem}-conversation.ipynb"),
    ]:
        side.button(action).click()
        side.panel.get_by_text(f"Saved as {file}.").wait_for()
        assert (folder / file).is_file()
    text = (folder / f"{stem}-conversation.md").read_text()
    assert "> what is the total?" in text
    assert "```python\ntotal = sum(prices)\ntotal\n```" in text
    notebook = json.loads((folder / f"{stem}-conversation.ipynb").read_text())
    assert [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"] == [
        "total = sum(prices)\ntotal"
    ]
