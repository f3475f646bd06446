"""Page, server, kernel or daemon killed at any moment of an answer: what was sent, typed and read is there.

Three moments of each in every run of the tests, all twenty in a soak (`DEVSTRAL_SOAK=1`).
"""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.server import JupyterServer
from tests.support.jupyter.sidebar import CELLS, Side
from tests.support.scripted.server import ScriptedOllama
from tests.support.sweeps import swept

MOMENTS = 20
WORDS = [f"word{number} " for number in range(100)]
# Seconds, from sending to a little behind the end of the answer.
SPAN = 5.0
FIRST = "the first question"
SECOND = "the second question"
# Milliseconds: what had been there for so long must be there afterwards.
HELD = 1000

READ = """(() => {
    const panel = document.querySelector('#jp-devstral-chat');
    return {
        at: performance.now(),
        answers: [...panel.querySelectorAll('.jp-devstral-exchange')].map(one => ({
            question: one.querySelector('.jp-devstral-question p').innerText,
            words: (one.querySelector('.jp-devstral-reply')?.innerText ?? '').match(/\\S+/g) ?? [],
            state: one.dataset.state,
            isCut: one.querySelector('.jp-devstral-cut') !== null,
            canContinue: one.querySelector('[data-action=continue]') !== null
        })),
        draft: panel.querySelector('.jp-devstral-draft').value,
        waiting: [...panel.querySelectorAll('.jp-devstral-queue li > span')].map(one => one.innerText)
    };
})()"""
WATCH = f"window.watched = []; setInterval(() => window.watched.push({READ}), 30); undefined"
# What had been there for long enough, and what was asked by now: a question is sent at once.
SEEN = f"""(() => {{
    const old = window.watched.filter(one => one.at <= performance.now() - {HELD});
    const held = old[old.length - 1] ?? {{ answers: [], draft: '', waiting: [] }};
    return {{ held, now: {READ} }};
}})()"""


def moment(victim: str, at: int) -> float:
    """Seconds after the question was sent: one in each twentieth of the span, the same in every run."""
    return SPAN * (at + random.Random(f"{victim} {at}").random()) / MOMENTS


class World:
    """What can be killed, and how it comes back; `context` keeps what a browser keeps for pages."""

    def __init__(self, context, server: JupyterServer, model: ScriptedOllama) -> None:
        self._context = context
        self.server = server
        self.model = model
        self.side: Side | None = None

    def open(self) -> tuple[Side, str]:
        """A new notebook in front."""
        if self.side is None:
            self._new_page()
        self.side.lab.close_all()
        return self.side, self.side.open(CELLS)

    def come_back(self, name: str) -> Side:
        """The page as it is when it is opened again."""
        if self.side is None:
            self._new_page()
        else:
            self.side.lab.start()
        self.side.show()
        self.side.lab.open_file(name)
        return self.side

    def kill_page(self) -> None:
        """End the processes that draw pages, as a crash does: no page hears of it."""
        page = self.side.page
        session = self._context.browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        with page.expect_event("crash"):
            for one in processes:
                if one["type"] == "renderer":
                    os.kill(one["id"], signal.SIGKILL)
        session.detach()
        page.close()
        self.side = None

    def kill_server(self) -> None:
        self.server.kill()

    def kill_kernel(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def kill_daemon(self) -> None:
        self.model.stop()

    def _new_page(self) -> None:
        lab = LabPage(self._context.new_page(), self.server)
        lab.start()
        self.side = Side(lab)


@pytest.fixture(scope="module")
def world(browser, tmp_path_factory):
    from tests.browser.conftest import needs_lab

    needs_lab()
    with ScriptedOllama() as model:
        config = f"c.DevstralConfig.host = {model.url!r}\n"
        with JupyterServer(tmp_path_factory.mktemp("kills"), config) as server:
            context = browser.new_context(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
            yield World(context, server, model)
            context.close()


def ask_and_type(side: Side, seconds: float) -> None:
    """Ask, put a second question in line, and type on, key by key, until the moment has come."""
    side.draft.fill(FIRST)
    side.draft.press("Enter")
    until = time.monotonic() + seconds
    keys = [*SECOND, "Enter", *"and a thought that goes on and on while the answer arrives " * 20]
    for key in keys:
        if time.monotonic() >= until:
            return
        side.page.keyboard.press("Space" if key == " " else key)
        side.page.wait_for_timeout(15)


def is_at_rest(side: Side) -> bool:
    state = side.page.evaluate(READ)
    return bool(state["answers"]) and all(one["state"] != "running" for one in state["answers"])


def check(side: Side, before: dict, *, is_whole: bool) -> None:
    after = side.page.evaluate(READ)
    held, now = before["held"], before["now"]
    questions = [one["question"] for one in after["answers"]]
    sent = [one["question"] for one in now["answers"]] + now["waiting"]
    account = {"before": before, "after": after}
    assert all(question in questions + after["waiting"] for question in sent), account
    places = [after["draft"], *questions, *after["waiting"]]
    assert any(place.startswith(held["draft"]) for place in places), account
    for one in held["answers"]:
        [there] = [other for other in after["answers"] if other["question"] == one["question"]]
        # The last word may be half a word.
        words = one["words"][:-1]
        assert there["words"][: len(words)] == words, account
    first = after["answers"][0]
    if is_whole or (first["state"] == "done" and not first["isCut"]):
        assert first["words"] == "".join(WORDS).split(), account
    elif first["words"]:
        assert first["isCut"], account
        assert first["canContinue"] or len(after["answers"]) > 1, account
    # Nothing is asked twice.
    assert questions.count(FIRST) == 1, account


@pytest.mark.parametrize("at", swept(range(MOMENTS), 10))
@pytest.mark.parametrize("victim", ["page", "server", "kernel", "daemon"])
def test_nothing_is_lost(world, victim, at):
    model = world.model
    model.forget()
    model.replies = lambda messages, body: "Second." if SECOND in str(messages[-1]) else WORDS
    model.first_byte_delay, model.piece_delay = 0.3, 0.03
    side, name = world.open()
    kernel = int(side.lab.evaluate_in_kernel("__import__('os').getpid()"))
    side.lab.save()
    side.page.evaluate(WATCH)
    ask_and_type(side, moment(victim, at))
    before = side.page.evaluate(SEEN)
    if victim == "page":
        world.kill_page()
    elif victim == "server":
        world.kill_server()
    elif victim == "kernel":
        world.kill_kernel(kernel)
    else:
        world.kill_daemon()
    if victim == "server":
        # Half of the pages see it come back, the others are closed before it does.
        if at % 2:
            side.page.goto("about:blank")
        else:
            side.lab.wait_until(lambda: is_at_rest(side))
        world.server.start_again()
    if victim != "page" and not (victim == "server" and at % 2):
        side.lab.wait_until(lambda: is_at_rest(side))
        check(side, before, is_whole=victim == "kernel")
    if victim == "daemon":
        model.start(model.port)
    side = world.come_back(name)
    side.lab.wait_until(lambda: is_at_rest(side))
    check(side, before, is_whole=victim in ("page", "kernel"))
