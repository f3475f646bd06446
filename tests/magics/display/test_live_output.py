"""What the reader sees while an answer arrives: the first token at once, then a dozen updates per second."""

import threading
import time
from types import SimpleNamespace

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher

from jupyter_devstral.magics.display import live_output
from jupyter_devstral.magics.display.live_output import (
    CapturedOutput,
    CellOutput,
    DrawnOutput,
    TerminalLine,
    TerminalOutput,
    output_for,
    printable,
)
from tests.support.waiting import eventually

FINAL = {"text/markdown": "all\n\nreceipt", "text/plain": "all"}


class Publisher:
    def __init__(self):
        self.calls = []

    def publish(self, data, metadata=None, *, transient=None, update=False):
        self.calls.append(
            (time.monotonic(), threading.current_thread(), data, transient["display_id"], update)
        )


@pytest.fixture
def publisher():
    return Publisher()


def shown(publisher):
    return [data["text/markdown"] for _, _, data, _, _ in publisher.calls]


def test_the_first_token_is_shown_at_once_on_the_main_thread(publisher):
    output = CellOutput(publisher)
    output.start(lambda: "loading the model")
    output.write("H", lambda: "H")
    assert shown(publisher)[-1] == "H"
    assert all(thread is threading.main_thread() for _, thread, _, _, _ in publisher.calls)
    output.finish(FINAL, "receipt")


def test_updates_are_throttled_and_the_last_state_is_complete(publisher):
    output = CellOutput(publisher)
    begin = time.monotonic()
    output.start(str)
    text = ""
    while len(publisher.calls) < 8:
        text += "x"
        output.write(text, lambda now=text: now)
        time.sleep(0.002)
    output.finish(FINAL, "receipt")
    seconds = time.monotonic() - begin
    assert len(publisher.calls) <= seconds / live_output._INTERVAL + 4
    assert publisher.calls[-1][2] == FINAL


def test_what_is_pending_is_flushed_while_the_model_is_silent(publisher, monkeypatch):
    monkeypatch.setattr(live_output, "_INTERVAL", 0.5)
    output = CellOutput(publisher)
    output.start(str)
    output.write("a", lambda: "a")
    output.write("ab", lambda: "ab")
    assert shown(publisher)[-1] == "a"
    assert eventually(lambda: shown(publisher)[-1] == "ab")
    output.finish(FINAL, "")


def test_one_display_of_one_kind(publisher):
    output = CellOutput(publisher)
    output.start(lambda: "waiting")
    assert eventually(lambda: "waiting" in shown(publisher)[-1])
    output.write("a", lambda: "a")
    output.finish(FINAL, "")
    assert len({display_id for *_, display_id, _ in publisher.calls}) == 1
    assert [update for *_, update in publisher.calls] == [False] + [True] * (len(publisher.calls) - 1)
    assert all("text/markdown" in data for _, _, data, _, _ in publisher.calls)


def test_the_longer_a_text_is_the_fewer_are_its_updates(publisher, monkeypatch):
    now = 100.0
    monkeypatch.setattr(live_output, "time", SimpleNamespace(monotonic=lambda: now))
    output = CellOutput(publisher)
    shown_at = []
    for size in (100, 8_000):
        output.write("x" * size, lambda: "first")
        for tick in range(40):
            now += 0.05
            before = len(publisher.calls)
            output.write("x" * size + str(tick), lambda text=f"{size} {tick}": text)
            shown_at += [size] * (len(publisher.calls) - before)
    # In two seconds each.
    assert shown_at.count(100) >= 18
    assert 2 <= shown_at.count(8_000) <= 4


def test_who_draws_is_told_the_text_and_not_its_markdown(publisher):
    listens = False
    output = DrawnOutput(publisher, lambda: listens)
    output.start(lambda: "loading")
    assert shown(publisher)[-1].startswith("*preparing")
    listens = True
    output.write("**a**", lambda: pytest.fail("nobody needs its Markdown"))
    data = publisher.calls[-1][2]
    assert set(data) == {live_output.REPLY_MIME, "text/plain"}
    bundle = data[live_output.REPLY_MIME]
    assert bundle["shown"] == "**a**"
    assert bundle["arriving"] == {"status": "", "waited": 0}
    output.finish({**FINAL, live_output.REPLY_MIME: {"version": 1}}, "")
    last = publisher.calls[-1][2]
    assert last["text/markdown"] == FINAL["text/markdown"]
    assert last[live_output.REPLY_MIME] == {"version": 1, "id": bundle["id"]}
    assert len({display_id for *_, display_id, _ in publisher.calls}) == 1


def test_the_status_says_what_is_waited_for_and_changes(publisher):
    status = ["loading the model"]
    output = CellOutput(publisher)
    output.start(lambda: status[0])
    assert eventually(lambda: "loading the model" in shown(publisher)[-1])
    status[0] = "reading 5.1k tokens"
    assert eventually(lambda: "reading 5.1k tokens" in shown(publisher)[-1])
    # Time for several states that are the same.
    time.sleep(0.3)
    output.finish(FINAL, "")
    texts = shown(publisher)
    assert len(texts) == len(set(texts)), "unchanged states are not sent again"


def test_nothing_is_shown_after_the_end(publisher):
    output = CellOutput(publisher)
    output.start(lambda: str(time.monotonic()))
    output.finish(FINAL, "")
    count = len(publisher.calls)
    time.sleep(0.3)
    assert len(publisher.calls) == count
    assert not [thread for thread in threading.enumerate() if thread.name == "devstral-ticker"]


def test_the_kind_of_output_follows_the_shell(bare_ip, publisher):
    assert isinstance(output_for(bare_ip), TerminalOutput)
    assert isinstance(output_for(bare_ip, stepwise=True), TerminalLine)
    bare_ip.display_pub = CapturingDisplayPublisher()
    assert isinstance(output_for(bare_ip), CapturedOutput)


def test_the_terminal_prints_what_is_new_and_the_receipt(capsys):
    output = TerminalOutput()
    output.start(lambda: "waiting")
    output.write("Hel", str)
    output.write("Hello\x1b[31m", str)
    output.finish(FINAL, "receipt")
    assert capsys.readouterr().out == "Hello\n\nreceipt\n"


def test_a_model_cannot_steer_the_terminal():
    assert printable("a\x1b]0;title\x07b\x1b[2Jc\rd\te\n") == "a]0;titlebcd\te\n"
