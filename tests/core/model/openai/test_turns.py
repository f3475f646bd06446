"""Many requests of one user on one engine: one at a time, and what nobody waits for is dropped first."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_devstral.core.model.openai.client import OpenAIModel
from jupyter_devstral.core.model.server import Wishes
from tests.core.model.openai.test_client import ASKED, model_at
from tests.support.scripted.openai_server import ScriptedV1


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))


class Asking:
    """A request on a thread of its own."""

    def __init__(self, model: OpenAIModel) -> None:
        self.model = model
        self.text = ""
        self.complete = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for chunk in self.model.chat(ASKED, num_predict=200):
            self.text += chunk.text
            self.complete = self.complete or chunk.usage is not None

    def end(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


def wait_until(condition: Callable[[], bool], server: ScriptedV1) -> None:
    assert server.wait_for(condition)


def test_a_second_request_waits_for_the_first_and_says_so() -> None:
    with ScriptedV1(["word " * 60], piece_delay=0.005) as server:
        first = Asking(model_at(server.url))
        wait_until(lambda: first.text != "", server)
        second = Asking(model_at(server.url))
        wait_until(lambda: second.model.phase() == "queued behind another request", server)
        assert len(server.chats) == 1
        first.end()
        second.end()
        assert first.complete
        assert second.complete
        assert len(server.chats) == 2


OTHER = """
import sys
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.openai.client import OpenAIModel
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.settings.config import DevstralConfig
config = DevstralConfig(routes={"cluster": {"address": sys.argv[1], "model": "devstral-2"}})
model = OpenAIModel(config, config.route("cluster"), Wishes(background=sys.argv[2] == "background"))
chunks = list(model.chat([Message("user", "Go.")], num_predict=500))
print("whole" if chunks and chunks[-1].usage else "dropped")
"""


@pytest.mark.parametrize(("kind", "becomes"), [("asked", "whole"), ("background", "dropped")])
def test_another_process_is_waited_for_unless_it_works_in_the_background(kind: str, becomes: str) -> None:
    with ScriptedV1(["word " * 400, "Hello."], piece_delay=0.02) as server:
        with subprocess.Popen(
            [sys.executable, "-c", OTHER, server.url, kind], stdout=subprocess.PIPE, text=True
        ) as other:
            wait_until(lambda: len(server.chats) == 1, server)
            server.piece_delay = 0.002 if kind == "asked" else 0.02
            asking = Asking(model_at(server.url))
            wait_until(lambda: asking.complete, server)
            assert other.stdout is not None
            assert other.stdout.read().strip() == becomes
        asking.end()
        assert asking.text == "Hello."


def test_a_route_may_allow_more_at_once() -> None:
    with ScriptedV1(["word " * 60], piece_delay=0.01) as server:
        both = [Asking(model_at(server.url, parallel=2)) for _ in range(2)]
        wait_until(lambda: len(server.chats) == 2, server)
        for one in both:
            one.end()


def test_background_work_is_dropped_for_what_somebody_waits_for() -> None:
    with ScriptedV1(["word " * 300], piece_delay=0.01) as server:
        background = Asking(model_at(server.url, Wishes(background=True)))
        wait_until(lambda: background.text != "", server)
        assert server.chats[0].headers["priority"] == "u=7"
        server.replies = ["Hello."]
        asked = Asking(model_at(server.url))
        asked.end()
        background.end()
        assert asked.complete
        assert not background.complete
        assert "priority" not in server.chats[1].headers


def test_a_request_that_waits_can_be_closed() -> None:
    with ScriptedV1(["word " * 300], piece_delay=0.01) as server:
        first = Asking(model_at(server.url))
        wait_until(lambda: first.text != "", server)
        second = Asking(model_at(server.url))
        wait_until(lambda: second.model.phase() == "queued behind another request", server)
        second.model.close()
        second.end()
        assert second.text == ""
        first.model.close()
        first.end()


def test_a_thread_never_waits_for_itself() -> None:
    with ScriptedV1(["word " * 50]) as server:
        left = model_at(server.url).chat(ASKED, num_predict=100)
        next(left)
        assert list(model_at(server.url).chat(ASKED, num_predict=3))
        left.close()  # type: ignore[attr-defined]
