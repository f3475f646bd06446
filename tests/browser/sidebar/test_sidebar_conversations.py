"""Nothing that was said, asked or typed is lost: reloads, two tabs, ends of server, login and model."""

import json
import re
import time

import pytest

from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.server import JupyterServer, code
from tests.support.jupyter.sidebar import Side
from tests.support.scripted.server import ScriptedOllama

WORDS = [f"word{number} " for number in range(300)]
TABLE = ["| a | b |\n", "|---|---|\n", "| 1 | 2 |\n"]


def begin(side, text="tell me a lot", until="word20"):
    side.draft.fill(text)
    side.draft.press("Enter")
    side.panel.get_by_text(until).first.wait_for()


def again(side, name):
    """The page is loaded again, and the notebook opened."""
    side.lab.start()
    side.show()
    side.lab.open_file(name)


def shown(side):
    return side.last.locator(".jp-devstral-reply").inner_text()


def test_an_answer_goes_to_the_notebook_that_was_asked(side, ollama):
    lab = side.lab
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.01
    first = side.open()
    begin(side, "about the first")
    second = lab.open([code("z", "z = 26")])
    lab.wait_until(lambda: side.exchanges() == 0)
    again(side, second)
    lab.page.wait_for_timeout(500)
    assert side.exchanges() == 0
    lab.open_file(first)
    side.panel.get_by_text("about the first").wait_for()
    lab.wait_until(lambda: side.last.get_attribute("data-state") == "done")
    assert shown(side).split() == "".join(WORDS).split()


def test_what_the_server_told_before_an_answer_takes_nothing_away(side, ollama):
    ollama.replies = ["The first.", "The second."]
    held = []
    kept = "**/jupyter-devstral/conversation?**"
    side.page.route(kept, lambda route: held.append((route, route.fetch())))
    side.open()
    side.ask("one?")
    # What is told late is from before the question.
    side.lab.wait_until(lambda: held)
    for route, told in held:
        assert told.json()["messages"] == []
        route.fulfill(response=told)
    side.page.unroute(kept)
    side.page.wait_for_timeout(300)
    assert shown(side) == "The first."
    side.ask("two?")
    assert side.exchanges() == 2


def test_a_reload_does_not_end_an_answer(side, ollama):
    lab = side.lab
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.03
    name = side.open()
    begin(side)
    lab.save()
    again(side, name)
    side.panel.locator(".jp-devstral-exchange[data-state=running]").wait_for()
    seen = shown(side)
    assert "word20" in seen
    lab.wait_until(lambda: side.last.get_attribute("data-state") == "done")
    assert shown(side).split() == "".join(WORDS).split()
    assert len(ollama.chats) == 1
    assert not ollama.chats[0].closed_early


def test_stop_after_a_reload_ends_the_answer_at_once(side, ollama):
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.05
    name = side.open()
    begin(side)
    side.lab.save()
    again(side, name)
    side.panel.locator(".jp-devstral-exchange[data-state=running]").wait_for()
    side.button("stop").click()
    assert ollama.wait_closed() is not None
    side.panel.locator(".jp-devstral-exchange[data-state=stopped]").wait_for()


def test_closing_the_notebook_ends_its_answer_at_once(side, ollama):
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.05
    side.open()
    begin(side)
    side.page.evaluate("window.jupyterapp.shell.currentWidget.dispose()")
    assert ollama.wait_closed() is not None


def test_what_was_typed_is_there_after_a_reload(side, ollama):
    ollama.replies = [WORDS]
    ollama.piece_delay = 0.02
    name = side.open()
    begin(side)
    side.draft.fill("queued question")
    side.draft.press("Enter")
    side.draft.fill("half a thought")
    side.page.wait_for_timeout(1000)
    side.lab.save()
    again(side, name)
    side.panel.get_by_text("queued question").wait_for()
    assert side.draft.input_value() == "half a thought"
    side.draft.fill("")
    side.lab.wait_until(lambda: side.exchanges() == 2 and side.last.get_attribute("data-state") == "done")


def test_two_tabs_of_one_notebook_share_one_conversation(side, ollama, browser, server):
    lab = side.lab
    name = side.open()
    side.ask("from the first tab")
    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    other = LabPage(page, server)
    other.start()
    other.open_file(name)
    there = Side(other)
    there.show()
    there.panel.get_by_text("from the first tab").wait_for()
    # Cleared here; the other tab still shows it, accepts nothing of it, and asks something new.
    side.button("clear").click()
    lab.wait_until(lambda: side.exchanges() == 0)
    there.ask("from the second tab")
    page.close()
    again(side, name)
    side.panel.get_by_text("from the second tab").wait_for()
    assert side.panel.get_by_text("from the first tab").count() == 0


def test_an_answer_of_the_model_that_was_cut_says_so_and_goes_on(side, ollama):
    ollama.replies = [TABLE, ["| 3 | 4 |\n"]]
    ollama.fail_next("drop", after=3)
    side.open()
    side.draft.fill("a table")
    side.draft.press("Enter")
    side.panel.get_by_text("The answer was cut off here").wait_for()
    side.lab.screenshot("sidebar-cut")
    side.button("continue").click()
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    assert side.exchanges() == 1
    assert "3" in shown(side)
    roles = [one["role"] for one in ollama.chats[-1].body["messages"]]
    assert roles[-2:] == ["assistant", "user"]
    # It is one answer, here and in what is kept.
    assert side.panel.get_by_text("cut off here").count() == 0


def test_a_stopped_answer_goes_on(side, ollama):
    ollama.replies = [WORDS, ["and the end."]]
    ollama.piece_delay = 0.05
    side.open()
    begin(side)
    side.draft.press("Escape")
    side.button("continue").click()
    side.panel.locator(".jp-devstral-exchange[data-state=done]").wait_for()
    assert "word20" in shown(side)
    assert shown(side).endswith("and the end.")


def test_a_login_that_expired_is_said_in_plain_words(side, ollama):
    side.open()
    side.page.route(
        "**/jupyter-devstral/chat**",
        lambda route: route.fulfill(status=403, body=json.dumps({"message": "Forbidden", "reason": None})),
    )
    side.draft.fill("why?")
    side.draft.press("Enter")
    side.panel.get_by_text("Your login has expired").first.wait_for()
    side.page.unroute("**/jupyter-devstral/chat**")
    assert side.button("retry").count() == 1


@pytest.mark.parametrize("status", [401, 403, 503])
def test_what_is_refused_for_a_while_is_kept_when_it_is_taken_again(side, ollama, status):
    """A login that ended, a proxy whose server is away: a cleared conversation does not come back."""
    ollama.replies = ["The first.", "The second."]
    name = side.open()
    side.ask("one?")
    side.ask("two?")
    side.page.route(
        "**/jupyter-devstral/conversation**",
        lambda route: (
            route.fulfill(status=status, body="{}") if route.request.method == "PATCH" else route.continue_()
        ),
    )
    side.button("clear").click()
    expected = "login has expired" if status != 503 else "failed (503)"
    side.panel.locator(".jp-devstral-notice-bar").get_by_text(expected).first.wait_for()
    # What was done can be taken back all the same.
    assert side.button("undo-notice").count() == 1
    side.page.unroute("**/jupyter-devstral/conversation**")
    with side.page.expect_response(lambda one: one.request.method == "PATCH" and one.ok):
        pass
    again(side, name)
    side.page.wait_for_timeout(500)
    assert side.exchanges() == 0


def test_a_proxy_that_finds_it_too_much_is_said_in_plain_words(side, ollama):
    side.open()
    side.page.route(
        "**/jupyter-devstral/chat**",
        lambda route: route.fulfill(status=413, content_type="text/html", body="<h1>413</h1>"),
    )
    side.draft.fill("why?")
    side.draft.press("Enter")
    side.panel.get_by_text("too much to be sent").first.wait_for()
    side.page.unroute("**/jupyter-devstral/chat**")


def test_the_status_goes_when_text_comes_and_a_wait_has_a_clock(side, ollama):
    ollama.replies = [WORDS]
    ollama.first_byte_delay = 4.0
    ollama.piece_delay = 0.02
    side.open()
    side.draft.fill("slow")
    side.draft.press("Enter")
    status = side.last.locator(".jp-devstral-status")
    side.lab.wait_until(lambda: "3 s" in status.inner_text())
    assert "reading" in status.inner_text()
    side.lab.screenshot("sidebar-waiting")
    side.panel.get_by_text("word20").first.wait_for()
    assert "reading" not in status.inner_text()
    side.draft.press("Escape")


def test_the_advice_that_the_kernel_is_busy_goes_when_it_is_idle(side, tmp_path):
    lab = side.lab
    seen = tmp_path / "seen"
    waiting = f"import os, time\nwhile not os.path.exists({str(seen)!r}): time.sleep(0.1)"
    side.open([code("slow", waiting), code("b", "x = 1")])
    lab.start_cell(0)
    lab.wait("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    lab.select(1)
    # A kernel that has just started may say that it is idle while a cell runs: its control channel is.
    busy = side.panel.locator(".jp-devstral-context").get_by_text(re.compile("busy|did not answer in time"))
    busy.first.wait_for()
    seen.touch()
    lab.wait_idle()
    lab.wait_until(lambda: busy.count() == 0)
    # What the sidebar asks of the kernel is no cell of the user's that would make it ask again.
    looks = []
    side.page.on("request", lambda request: looks.append(request.url) if "/prompt?" in request.url else None)
    time.sleep(3)
    assert len(looks) <= 1


@pytest.fixture
def own_server(tmp_path, browser):
    """A Jupyter server and a model server that a test may end."""
    with ScriptedOllama([WORDS]) as model:
        config = f"c.DevstralConfig.host = {model.url!r}\n"
        with JupyterServer(tmp_path, config) as server:
            page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
            lab = LabPage(page, server)
            lab.start()
            yield Side(lab), model
            page.close()


def test_a_server_that_is_killed_loses_nothing_that_was_seen(own_server):
    side, model = own_server
    model.piece_delay = 0.03
    name = side.open()
    begin(side, "before the end", "word40")
    seen = shown(side).split()
    time.sleep(1)
    side.lab.server.kill()
    side.panel.get_by_text("The Jupyter server does not answer").first.wait_for()
    side.panel.get_by_text("The answer was cut off here").wait_for()
    side.lab.screenshot("sidebar-server-gone")
    on_screen = shown(side).split()
    assert on_screen[: len(seen) - 1] == seen[:-1]
    # Started again, with the page closed meanwhile: from what the server itself had kept.
    side.page.goto("about:blank")
    side.lab.server.start_again()
    again(side, name)
    side.panel.get_by_text("before the end").wait_for()
    side.panel.get_by_text("The answer was cut off here").wait_for()
    assert shown(side).split()[: len(seen) - 1] == seen[:-1]
    assert side.button("continue").count() == 1


def test_a_model_server_that_is_killed_leaves_a_marked_answer_and_a_way_on(own_server):
    side, model = own_server
    model.piece_delay = 0.03
    side.open()
    begin(side)
    model.stop()
    side.panel.get_by_text("The answer was cut off here").wait_for()
    assert "word20" in shown(side)
    assert side.button("continue").count() == 1
    assert "`" not in side.last.inner_text()
    assert "-c cell" not in side.last.inner_text()
