"""When a failure is explained, and what ends an explanation: modes, tags, repetition, the next cell."""

import json
import threading
import time

import pytest

from jupyter_devstral.core.settings.config import EXPLAIN_PLACE
from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.kernel import Kernel
from tests.support.jupyter.shells import explainer_of
from tests.support.waiting import eventually

SLOW = ["The ", "divisor ", "is ", "zero. "] * 200


@pytest.fixture
def background(scripted_ollama, monkeypatch):
    """A kernel whose front-end watches: explanations come behind the cell."""
    monkeypatch.setenv(EXPLAIN_PLACE, "background")
    kernel = Kernel()
    kernel.run("%load_ext jupyter_devstral")
    kernel.run(f"%config DevstralConfig.host = {scripted_ollama.url!r}")
    yield kernel
    kernel.stop()


def card(data):
    return data.get(MIME, {}).get("card", {})


def state(data):
    return card(data).get("state")


def is_finished(data):
    return state(data) in ("done", "dismissed", "offer")


def cards(result):
    return [card(each["data"]) for each in result.displays if MIME in each["data"]]


# Modes and tags, in a shell of this process.


@pytest.fixture
def here(ip, session, connected):
    explainer_of(session).place = "here"
    session.config.trial_seconds = 0
    return connected


def shown_cards(ip):
    return [data[MIME]["card"] for data in ip.display_pub.shown if "card" in data.get(MIME, ())]


def test_off_is_nothing(run, here, session, ip):
    session.config.auto_explain = "off"
    run("1 / 0", "c")
    assert ip.display_pub.messages == []
    assert here.chats == []


def test_a_button_is_one_line(run, here, session, ip):
    session.config.auto_explain = "button"
    run("1 / 0", "c")
    [shown] = ip.display_pub.shown
    assert shown[MIME]["card"]["state"] == "offer"
    assert shown["text/markdown"].count("\n") == 0
    assert "%devstral explain" in shown["text/markdown"]
    assert here.chats == []


def test_the_same_error_again_is_one_line(run, here, ip):
    run("1 / 0", "c")
    run("1 / 0", "c")
    assert len(here.chats) == 1
    again = ip.display_pub.shown[-1]
    assert "same error again" in again["text/markdown"]
    assert again["text/markdown"].count("\n") == 0
    # Something else fails in the same cell: that is another error.
    run("undefined_name", "c")
    assert len(here.chats) == 2


def test_what_ipython_put_into_the_namespace_is_no_variable_of_the_notebook(run, here):
    run("open('nowhere.csv')", "c")
    assert "open: function" not in here.chats[-1].body["messages"][-1]["content"]
    # A name that the notebook has bound itself is.
    run("open = {'a': len('abc')}", "d")
    run("open('nowhere.csv')", "e")
    assert "open: dict" in here.chats[-1].body["messages"][-1]["content"]


def test_an_explanation_that_failed_is_tried_again(run, here, ip):
    here.fail_next("500", times=1)
    run("1 / 0", "c")
    assert "No explanation" in ip.display_pub.markdown
    run("1 / 0", "c")
    assert shown_cards(ip)[-1]["state"] == "done"


@pytest.mark.parametrize("kind", ["drop", "reset-mid", "cut", "runner-killed", "garbage-line"])
def test_an_answer_that_broke_off_is_kept_and_asked_for_again(run, here, ip, kind):
    here.replies = ["The divisor is zero, which is no divisor."]
    here.fail_next(kind)
    run("1 / 0", "c")
    kept = ip.display_pub.shown[-1]
    assert kept["text/markdown"].startswith("The divisor")
    assert "which is no divisor" not in kept["text/markdown"]
    assert "cut off" in kept["text/markdown"]
    assert kept[MIME]["edits"] == []
    run("1 / 0", "c")
    assert len(here.chats) == 2
    assert "which is no divisor" in ip.display_pub.shown[-1]["text/markdown"]


@pytest.mark.parametrize("tag", ["raises-exception", "devstral-skip"])
def test_a_tagged_cell_is_left_alone(kernel, scripted_ollama, tag):
    kernel.run("%devstral auto on")
    result = kernel.run("1 / 0", "tagged", tags=[tag, "other"])
    assert result.reply["status"] == "error"
    assert cards(result) == []
    assert scripted_ollama.chats == []
    # Nor is it what `fix` is about afterwards.
    asked = kernel.run("%devstral fix --dry-run", "asking").text
    assert "failed with the error above" not in asked
    assert len(cards(kernel.run("1 / 0", "plain", tags=["other"]))) > 0


def test_where_nobody_is_known_to_watch_only_a_word_begins_it(kernel, scripted_ollama, monkeypatch):
    kernel.run("import os\nos.environ.pop('JPY_SESSION_NAME', None)")
    assert cards(kernel.run("1 / 0", "c")) == []
    kernel.run("%devstral auto on")
    assert cards(kernel.run("2 / 0", "c"))[-1]["state"] == "done"


# Behind the cell, in a real kernel.


def test_the_kernel_is_free_while_the_explanation_streams(background, scripted_ollama):
    scripted_ollama.replies = [SLOW]
    scripted_ollama.piece_delay = 0.02
    failing = background.start("1 / 0", "failing")
    result = background.finish(failing)
    assert result.reply["status"] == "error"
    assert "done" not in [one["state"] for one in cards(result)]
    seen = background.updates_until(failing, lambda data: card(data) and len(data[MIME]["prose"]) > 50)
    assert state(seen[-1]) == "working"
    # Idle: what is typed next is answered at once.
    assert "41" in background.run("%devstral status\nprint(40 + 1)", "").text


def test_a_new_cell_ends_an_explanation_that_nobody_waited_for(background, scripted_ollama):
    scripted_ollama.replies = [SLOW, "Short."]
    scripted_ollama.piece_delay = 0.05
    failing = background.start("1 / 0", "failing")
    background.finish(failing)
    background.updates_until(failing, lambda data: card(data) and len(data[MIME]["prose"]) > 20)
    background.client.execute("x = 1", store_history=True)
    last = background.updates_until(failing, is_finished)[-1]
    assert "Interrupted" in last["text/markdown"]
    assert scripted_ollama.wait_closed() is not None
    # Stopped is not explained: the same error is explained when it comes again.
    scripted_ollama.piece_delay = 0.0
    again = background.start("1 / 0", "failing")
    shown = [each["data"] for each in background.finish(again).displays]
    if not any(map(is_finished, shown)):
        shown = background.updates_until(again, is_finished)
    assert shown[-1]["text/markdown"].startswith("Short.")


def test_what_a_failed_cell_held_is_released(background, scripted_ollama):
    """By the thread and the trial too: when the next error takes the place of the last one."""
    scripted_ollama.replies = ["Like this:\n\n```python\nx = 1\n```\n"]
    background.run(
        "import gc, weakref\nclass Big: pass\ndef f():\n    big = Big()\n    kept = weakref.ref(big)\n"
        "    globals()['kept'] = kept\n    return big.nothing"
    )
    for source in ("f()", "1 / 0"):
        failing = background.start(source, source)
        shown = [each["data"] for each in background.finish(failing).displays]
        if not any(map(is_finished, shown)):
            shown = background.updates_until(failing, is_finished)
        assert card(shown[-1])["trial"]["kind"] == "clean"
        if source == "f()":
            assert background.run("print(kept() is None)").text.strip() == "False"
    assert background.run("gc.collect()\nprint(kept() is None)").text.strip().endswith("True")


def test_looking_at_our_own_state_does_not_end_it(background, scripted_ollama):
    scripted_ollama.replies = [SLOW[:60]]
    scripted_ollama.piece_delay = 0.05
    failing = background.start("1 / 0", "failing")
    background.finish(failing)
    background.client.execute("%devstral status", store_history=True)
    assert state(background.updates_until(failing, is_finished)[-1]) == "done"
    assert not scripted_ollama.chats[-1].closed_early


def test_stop_ends_it(background, scripted_ollama):
    scripted_ollama.replies = [SLOW]
    scripted_ollama.piece_delay = 0.05
    failing = background.start("1 / 0", "failing")
    background.finish(failing)
    background.updates_until(failing, lambda data: card(data) and len(data[MIME]["prose"]) > 20)
    background.client.execute("%devstral stop", store_history=True)
    assert is_finished(background.updates_until(failing, is_finished)[-1])
    assert scripted_ollama.wait_closed() is not None


def test_five_failures_while_the_first_is_still_streaming(background, scripted_ollama):
    scripted_ollama.replies = lambda messages, body: (
        "The last." if "line 1: 4 / 0" in messages[-1]["content"] else SLOW
    )
    scripted_ollama.piece_delay = 0.05
    started = []
    for number in range(5):
        started.append(background.start(f"{number} / 0", f"cell{number}"))
        shown = [each["data"] for each in background.finish(started[-1]).displays]
    if not any(map(is_finished, shown)):
        shown = background.updates_until(started[-1], is_finished)
    last = shown[-1]
    assert last["text/markdown"].startswith("The last.")
    assert eventually(lambda: all(chat.closed_early for chat in scripted_ollama.chats[:-1]))
    alive = "print([t.name for t in __import__('threading').enumerate()].count('devstral-explain'))"
    assert eventually(lambda: background.run(alive).text.strip() == "0", 10)


# The model, the kernel and the trial in trouble.


def test_no_model_server_is_one_quiet_line(run, here, session, ip, capsys):
    session.config.host = "http://127.0.0.1:9"
    run("1 / 0", "c")
    assert "ZeroDivisionError" in capsys.readouterr().out
    [shown] = ip.display_pub.shown
    assert "No explanation" in shown["text/markdown"]
    assert "ollama serve" in shown["text/markdown"]
    assert "\n" not in shown["text/markdown"].strip()
    assert "Traceback" not in shown["text/markdown"]


def test_a_slow_model_delays_no_traceback(background, scripted_ollama):
    scripted_ollama.first_byte_delay = 20.0
    failing = background.start("1 / 0", "failing")
    result = background.finish(failing)
    assert result.of("error")
    assert not scripted_ollama.chats or not scripted_ollama.chats[-1].first_byte_at
    background.client.execute("%devstral stop", store_history=True)
    # Nothing has arrived that would be worth keeping.
    stopped = background.updates_until(failing, is_finished)[-1]
    assert state(stopped) == "offer"
    assert stopped["text/markdown"] == "*stopped; `%devstral explain` begins again*"


@pytest.mark.parametrize("kind", ["404", "500", "502-html", "400", "400-window", "reset", "load-failure"])
def test_a_server_that_refuses_is_one_quiet_line(run, here, ip, kind, capsys):
    here.fail_next(kind)
    run("1 / 0", "c")
    out = "".join(capsys.readouterr())
    assert out.count("Traceback") == 1
    assert "ZeroDivisionError" in out
    [shown] = ip.display_pub.shown
    assert shown["text/markdown"].startswith("*No explanation: ")
    assert "\n" not in shown["text/markdown"].strip()


def test_a_traceback_of_20_mb_arrives_whole_and_is_explained_in_short(background, scripted_ollama):
    scripted_ollama.replies = ["Too long."]
    failing = background.start("raise ValueError('word ' * 4_000_000)", "failing")
    result = background.finish(failing)
    [error] = result.of("error")
    assert len(error["evalue"]) == 20_000_000
    shown = [each["data"] for each in result.displays]
    if not any(map(is_finished, shown)):
        shown = background.updates_until(failing, is_finished)
    assert shown[-1]["text/markdown"].startswith("Too long.")
    assert len(json.dumps(shown[-1])) < 20_000
    assert len(json.dumps(scripted_ollama.chats[-1].body)) < 20_000


def test_an_interrupt_ends_an_explanation_in_the_cell(kernel, scripted_ollama):
    kernel.run("%devstral auto on")
    scripted_ollama.replies = [SLOW]
    scripted_ollama.piece_delay = 0.05
    failing = kernel.start("1 / 0", "failing")
    some = "The divisor is zero."
    kernel.finish(failing, lambda result: any(some in str(each["data"]) for each in result.displays))
    kernel.interrupt()
    rest = kernel.finish(failing)
    assert is_finished(rest.shown)
    # What had arrived stays.
    assert some in rest.markdown
    assert "Interrupted" in rest.markdown
    assert rest.of("stream", "error") == []
    assert scripted_ollama.wait_closed() is not None
    assert "42" in kernel.run("print(41 + 1)").text
    # Half an explanation is none: the same error is explained when it comes again.
    scripted_ollama.replies, scripted_ollama.piece_delay = ["Short."], 0.0
    assert kernel.run("1 / 0", "failing").markdown.startswith("Short.")


def test_interrupting_an_idle_kernel_leaves_the_explanation_alone(background, scripted_ollama):
    scripted_ollama.replies = [SLOW[:40]]
    scripted_ollama.piece_delay = 0.05
    failing = background.start("1 / 0", "failing")
    background.finish(failing)
    background.updates_until(failing, lambda data: card(data) and len(data[MIME]["prose"]) > 20)
    background.interrupt()
    last = background.updates_until(failing, is_finished)[-1]
    assert state(last) == "done"
    assert "Interrupted" not in last["text/markdown"]
    assert "42" in background.run("print(41 + 1)").text


def test_unloading_in_the_middle_ends_it(background, scripted_ollama):
    scripted_ollama.replies = [SLOW]
    scripted_ollama.piece_delay = 0.05
    failing = background.start("1 / 0", "failing")
    background.finish(failing)
    background.updates_until(failing, lambda data: card(data) and len(data[MIME]["prose"]) > 20)
    assert background.run("%unload_ext jupyter_devstral").text == ""
    assert scripted_ollama.wait_closed() is not None
    names = "print([t.name for t in __import__('threading').enumerate() if 'devstral' in t.name])"
    assert eventually(lambda: background.run(names).text.strip() == "[]", 10)


@pytest.mark.parametrize("how", ["restart", "shutdown", "kill"])
def test_a_kernel_that_ends_in_the_middle(background, scripted_ollama, how):
    scripted_ollama.replies = [SLOW]
    scripted_ollama.piece_delay = 0.1
    failing = background.start("1 / 0", "failing")
    background.finish(failing)
    background.updates_until(failing, lambda data: card(data) and len(data[MIME]["prose"]) > 20)
    begun = time.monotonic()
    if how == "restart":
        background.manager.restart_kernel(now=False)
        background.client.wait_for_ready(30)
        assert "42" in background.run("print(41 + 1)").text
    else:
        background.manager.shutdown_kernel(now=how == "kill")
        assert not background.manager.is_alive()
    # The kernel does not wait for the model: jupyter_client would kill one that did after five seconds.
    assert time.monotonic() - begun < 30
    assert scripted_ollama.wait_closed(10) is not None


@pytest.mark.parametrize(
    ("fix", "says"),
    [
        ("import os\nos._exit(3)", "ended"),
        ("while True:\n    pass", "after"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ""),
        ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "signals"),
        ("x = bytearray(10**12)", ""),
        ("import sys\nsys.exit(2)", ""),
        ("input('name?')", "input"),
    ],
)
def test_a_fix_that_would_take_the_kernel_along(kernel, scripted_ollama, fix, says):
    kernel.run("%devstral auto on\n%config DevstralConfig.trial_seconds = 1.0")
    scripted_ollama.replies = [f"Like this:\n\n```python\n{fix}\n```\n"]
    result = kernel.run("1 / 0  # " + fix.replace("\n", " "), "failing")
    trial = cards(result)[-1]["trial"]
    assert trial["kind"] != "clean"
    assert says in trial["text"]
    assert "42" in kernel.run("print(41 + 1)").text


def test_failures_of_two_threads_do_not_meet(run, here, session, ip):
    """A subshell runs cells beside the main one."""
    here.replies = lambda messages, body: messages[-1]["content"].count("ZeroDivisionError") * "zero "
    thread = threading.Thread(target=run, args=("undefined_name", "other"))
    thread.start()
    run("1 / 0", "c")
    thread.join()
    assert sorted(one["title"].partition(":")[0] for one in shown_cards(ip)) == [
        "NameError",
        "ZeroDivisionError",
    ]


@pytest.mark.parametrize("limit", [120, 90])
def test_a_low_limit_of_recursion_is_the_users_alone(kernel, scripted_ollama, limit):
    scripted_ollama.replies = ["So.\n\n```python\nx = 1\n```\n", "It says why."]
    kernel.run("%devstral auto on")
    kernel.run(f"import sys\nbefore = sys.getrecursionlimit()\nsys.setrecursionlimit({limit})")
    try:
        failed = kernel.run("x = undefined_name", "failing")
        assert failed.reply["ename"] == "NameError"
        assert "RecursionError" not in failed.text
        assert "ran clean" in failed.markdown
        assert "It says why." in kernel.run("%devstral ask why?").markdown
        # In a copy, too, the cell has no more room than here.
        deep = "def deep(n): return n and deep(n - 1)\n"
        scripted_ollama.replies = [f"So.\n\n```python\n{deep}deep({2 * limit})\n```\n"] * 2
        assert "still fails: RecursionError" in kernel.run(f"{deep}deep({limit})", "deep").markdown
        assert kernel.run("print(sys.getrecursionlimit())").text.strip() == str(limit)
    finally:
        kernel.run("sys.setrecursionlimit(before)")
        kernel.run("%devstral auto off")
