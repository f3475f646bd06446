"""The fork itself: what comes back from a child, and that none is left behind."""

import os
import signal
import sys
import threading
import time
import warnings

import pytest

from jupyter_devstral.kernel.copy.forked import Forked
from jupyter_devstral.kernel.copy.outcome import CANCELLED, DIED, RETURNED, TIME, UNDECIDED, Outcome
from jupyter_devstral.kernel.copy.time_limit import end_of_time
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")


def forked(function, seconds=10.0, memory=2**28):
    made = Forked(function, seconds=seconds, memory=memory)
    made.start()
    return made


def is_gone(made):
    with pytest.raises(ChildProcessError):
        os.waitpid(made._pid, os.WNOHANG)
    return not os.path.exists(f"/proc/{made._pid}")


def test_messages_come_back_in_order():
    def work(child):
        child.send({"a": 1})
        child.send({"b": ["é\ud800", None, 1.5]})

    made = forked(work)
    outcome = made.result()
    assert (outcome.ended, outcome.sent) == (RETURNED, ({"a": 1}, {"b": ["é\ud800", None, 1.5]}))
    assert outcome.refused == ""
    assert is_gone(made)
    assert made.result() is outcome


def test_a_child_works_on_a_copy():
    values = [1]
    forked(lambda child: values.append(2)).result()
    assert values == [1]


def test_what_a_child_raises_ends_only_the_child():
    outcome = forked(lambda child: 1 / 0).result()
    assert (outcome.ended, outcome.status) == (DIED, 0)


def test_a_child_that_is_killed_says_so_with_what_it_had_said():
    def work(child):
        child.send({"step": 1})
        os.kill(os.getpid(), signal.SIGKILL)

    outcome = forked(work).result()
    assert (outcome.ended, outcome.status, outcome.sent) == (DIED, -signal.SIGKILL, ({"step": 1},))


def test_time_is_capped():
    made = forked(lambda child: time.sleep(60), seconds=0.3)
    assert made.result().ended == UNDECIDED
    assert is_gone(made)


def spin(child):
    while True:
        pass


def test_only_a_child_that_computed_all_the_time_says_something_about_its_code():
    assert forked(spin, seconds=0.5).result().ended == TIME
    # One that was stopped for as long has had its time on the clock, and none to work.
    stopped = forked(lambda child: os.kill(os.getpid(), signal.SIGSTOP), seconds=0.5)
    assert stopped.result().ended == UNDECIDED
    assert is_gone(stopped)


@pytest.mark.parametrize(
    ("elapsed", "worked", "starved", "ended"),
    [
        (4.9, 4.9, 0.0, ""),
        (5.0, 4.6, 0.0, TIME),
        (5.0, 0.1, 0.0, UNDECIDED),
        # A machine with twice the work that it has processors for.
        (5.0, 2.5, 2.5, ""),
        (9.0, 4.5, 4.5, TIME),
        (9.0, 1.0, 3.0, UNDECIDED),
        (19.0, 0.5, 18.5, ""),
        (20.0, 0.5, 19.5, UNDECIDED),
        # Several threads.
        (5.0, 20.0, 1.0, TIME),
    ],
)
def test_time_without_a_processor_does_not_count(elapsed, worked, starved, ended):
    assert end_of_time(elapsed, worked=worked, starved=starved, seconds=5.0) == ended


def test_a_child_ends_by_itself_when_nobody_waits():
    made = forked(lambda child: time.sleep(60), seconds=0.2)

    def state():
        with open(f"/proc/{made._pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    assert eventually(lambda: state() == "Z", seconds=30)
    assert made.result().ended == UNDECIDED
    assert is_gone(made)


def test_an_answer_that_nobody_fetched_in_time_is_still_an_answer():
    made = forked(lambda child: child.send({"a": 1}), seconds=2)
    time.sleep(2.2)
    assert made.result().sent == ({"a": 1},)
    assert made.result().ended == RETURNED


def test_result_in_another_thread_and_cancel_in_this_one():
    made = forked(lambda child: time.sleep(60))
    outcomes = []
    waiting = threading.Thread(target=lambda: outcomes.append(made.result()))
    waiting.start()
    made.cancel()
    waiting.join(10)
    assert [outcome.ended for outcome in outcomes] == [CANCELLED]
    assert is_gone(made)


def test_cancel_leaves_nothing_even_when_nobody_asks_for_the_result():
    made = forked(lambda child: time.sleep(60))
    made.cancel()
    assert is_gone(made)


def test_a_fork_is_started_from_the_main_thread():
    raised = []

    def start():
        try:
            forked(lambda child: None)
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(raised) == 1


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: os.waitpid(-1, os.WNOHANG)])
def test_somebody_else_may_reap_the_child(handler):
    old = signal.signal(signal.SIGCHLD, handler)
    try:
        outcome = forked(lambda child: child.send({"a": 1})).result()
    finally:
        signal.signal(signal.SIGCHLD, old)
    assert (outcome.ended, outcome.sent) == (RETURNED, ({"a": 1},))


def test_without_a_pidfd(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    assert forked(lambda child: child.send({"a": 1})).result().sent == ({"a": 1},)
    assert forked(lambda child: time.sleep(60), seconds=0.2).result().ended == UNDECIDED
    made = forked(lambda child: time.sleep(60))
    made.cancel()
    assert made.result().ended == CANCELLED


def test_noise_in_the_pipe_is_no_message():
    def work(child):
        os.write(child.pipe, b"noise\n[1]\n{}\n\xff\n")
        child.send({"a": 1})

    assert forked(work).result().sent == ({}, {"a": 1})


def test_a_child_that_never_stops_talking_is_ended():
    def work(child):
        while True:
            child.send({"a": "x" * 1000})

    made = forked(work)
    outcome = made.result()
    assert outcome.ended == DIED
    assert len(outcome.sent) < 1000
    assert is_gone(made)


def test_no_descriptor_is_left_open():
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(20):
        forked(lambda child: None).result()
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_system_that_refuses_a_copy(monkeypatch):
    def refuse():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = sorted(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "fork", refuse)
    made = Forked(lambda child: None, seconds=1, memory=2**28)
    with pytest.raises(BlockingIOError):
        made.start()
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_shown_warnings_stay_shown_and_filters_as_they_were():
    filters = list(warnings.filters)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(3):
            warnings.warn("once", stacklevel=1)
            forked(lambda child: None).result()
    assert [str(one.message) for one in shown] == ["once"]
    assert warnings.filters == filters


def test_before_the_start_there_is_nothing_to_wait_for():
    made = Forked(lambda child: None, seconds=1, memory=2**28)
    assert made.result() == Outcome(CANCELLED, seconds=made.result().seconds)


def test_tracing_stays_with_the_parent():
    seen = []

    def work(child):
        child.send({"trace": sys.gettrace() is None})

    old = sys.gettrace()
    sys.settrace(lambda *arguments: seen.append(1))
    try:
        made = forked(work)
    finally:
        sys.settrace(old)
    assert made.result().sent == ({"trace": True},)
