"""From a typed question to the request that leaves and the answer that is shown, in one process."""

import json
import threading

import pytest

from jupyter_devstral.core.wire import MIME
from jupyter_devstral.magics.display.live_output import Ticker

CODE = "Here:\n\n```python\nx = 1\n```\n"
TWO = "First.\n\n```python\na = 1\n```\n\nThen.\n\n```python\nb = 2\n```\n"


def question(server, number=-1):
    """The last message of a request."""
    return server.chats[number].body["messages"][-1]["content"]


def sent(server):
    return json.dumps([record.body for record in server.chats], ensure_ascii=False)


def next_input(ip):
    text, ip.rl_next_input = ip.rl_next_input, None
    return text


@pytest.fixture(autouse=True)
def no_next_input(ip):
    ip.rl_next_input = None


def test_code_becomes_the_next_cell(run, ip, connected):
    connected.replies = [CODE]
    result = run("%%devstral\nmake x", "ask")
    assert result.success
    assert next_input(ip) == "x = 1"
    assert "x" not in ip.user_ns
    assert "make x" in question(connected)


def test_several_blocks_share_a_cell(run, ip, connected):
    connected.replies = [TWO]
    run("%%devstral write\nmake both", "ask")
    assert next_input(ip) == "a = 1\n\n# %%\nb = 2"
    edits = ip.display_pub.shown[-1][MIME]["edits"]
    assert [edit["source"] for edit in edits] == ["a = 1", "b = 2"]


def test_ask_inserts_nothing(run, ip, connected):
    connected.replies = [CODE]
    run("%%devstral ask\nhow", "ask")
    assert next_input(ip) is None
    assert "x = 1" in ip.display_pub.markdown


def test_insert_none(run, ip, connected):
    connected.replies = [CODE]
    run("%%devstral --insert none\nmake x", "ask")
    assert next_input(ip) is None


def test_the_bundle_has_all_three_types_and_the_receipt_last(run, ip, connected):
    connected.replies = [CODE]
    run("%%devstral\nmake x", "ask")
    bundle = ip.display_pub.shown[-1]
    assert set(bundle) == {MIME, "text/markdown", "text/plain"}
    receipt = bundle["text/markdown"].rstrip().splitlines()[-1]
    assert "devstral-small-2" in receipt
    assert bundle["text/plain"].rstrip().splitlines()[-1] == receipt


@pytest.mark.parametrize(
    ("task", "body", "diff"),
    [
        ("edit", "    return 2", "-    return 1\n+    return 2"),
        ("refactor", "    return 2", "-    return 1\n+    return 2"),
        ("doc", '    """One."""\n    return 1', '+    """One."""'),
    ],
)
def test_a_rewritten_cell_arrives_under_its_diff(run, ip, connected, task, body, diff):
    connected.replies = [f"```python\ndef f():\n{body}\n```"]
    run("def f():\n    return 1", "target")
    run(f"%%devstral {task}\nreturn two", "ask")
    assert next_input(ip) == f"def f():\n{body}"
    assert diff in ip.display_pub.markdown
    assert ip.user_ns["f"]() == 1
    [edit] = ip.display_pub.shown[-1][MIME]["edits"]
    assert (edit["op"], edit["cell_id"], edit["before"]) == ("replace", "target", "def f():\n    return 1")


def test_the_cell_to_rewrite_can_be_named(run, ip, connected):
    connected.replies = ["```python\na = 10\n```"]
    run("a = 1", "one")
    run("b = 2", "two")
    run("%devstral edit --cell one ten times as much", "ask")
    assert ip.display_pub.shown[-1][MIME]["edits"][0]["cell_id"] == "one"


def test_options_reach_the_server(run, ip, connected):
    run("%devstral ask --num-ctx 8192 --temperature 0.7 --seed 3 hello", "ask")
    body = connected.chats[-1].body
    assert body["options"]["num_ctx"] == 8192
    assert body["options"]["temperature"] == 0.7
    assert body["options"]["seed"] == 3


def test_another_model_for_one_request(run, ip, connected, session):
    connected.fail_next("404")
    run("%devstral ask -m other hello", "ask")
    assert connected.requests[-1].body["model"] == "other"
    run("%devstral ask hello", "ask2")
    assert connected.chats[-1].body["model"] == "devstral-small-2"


def test_the_scope_of_the_context(run, ip, connected):
    run("first_cell = 1", "a")
    run("second_cell = 2", "b")
    run("%devstral ask what", "q1")
    assert "first_cell" in sent(connected)
    count = len(connected.chats)
    run("%devstral ask -c none what", "q2")
    assert "first_cell" not in json.dumps(connected.chats[count].body)


@pytest.mark.parametrize(
    "prompt",
    [
        "use {braces} and {x!r}",
        "$HOME and ${PATH}, %s %(y)d 100%",
        "\"unbalanced and 'quotes",
        r"C:\new\table \\server",
        "ünïcødé 漢字 🎉",
        "why?",
        "why does it fail??",
        "semicolon at the end;",
        "a -c none that is text",
    ],
)
def test_prompts_are_taken_literally(run, ip, connected, prompt):
    ip.user_ns.update(x="EXPANDED", braces="EXPANDED")
    assert run(f"%devstral ask {prompt}", "line").success
    assert prompt in question(connected)
    assert run(f"%%devstral ask\n{prompt}", "body").success
    assert prompt in question(connected)
    assert "EXPANDED" not in question(connected)
    assert len(connected.chats) == 2


def test_magics_work_inside_blocks_and_return_nothing(run, ip, connected):
    run(
        "for i in range(2):\n    if i:\n        %devstral ask is it one?\n"
        "x = %devstral ask -o reply and now?",
        "q",
    )
    assert len(connected.chats) == 2
    assert ip.user_ns["x"] is None
    assert ip.user_ns["reply"].text.strip() == "Hello."


def test_output_binds_the_reply_object(run, ip, connected):
    connected.replies = [CODE]
    run("%%devstral -o answer\nmake x", "q")
    reply = ip.user_ns["answer"]
    assert reply.text.startswith("Here:")
    assert [code.source for code in reply.code] == ["x = 1"]
    assert reply.edits[0].source == "x = 1"
    assert reply.usage.prompt_tokens > 0


def test_attached_variables_are_described(run, ip, connected):
    import pandas as pd

    ip.user_ns["sales"] = pd.DataFrame({"net_price": [1.5], "kind": ["a"]})
    run("%devstral ask -c none plot @sales please", "q")
    assert "net_price" in question(connected)
    assert "plot @sales please" in question(connected)


def test_dry_run_sends_nothing(run, ip, connected):
    run("secret_of_mine = 1", "a")
    assert run("%%devstral --dry-run\nmake {x}", "q").success
    assert not connected.chats
    shown = ip.display_pub.markdown
    assert "Nothing was sent" in shown
    assert "make {x}" in shown
    assert "secret_of_mine" in shown
    assert "| tokens" in shown


def test_dry_run_needs_no_server(run, ip, session):
    session.config.host = "http://127.0.0.1:9"
    assert run("%%devstral --dry-run\nmake x", "q").success
    assert "make x" in ip.display_pub.markdown


def test_last_shows_the_exact_messages(run, ip, connected):
    run("%devstral ask a `tick` and <b>", "q")
    run("%devstral last", "l")
    shown = ip.display_pub.shown[-1]["text/markdown"]
    for message in connected.chats[-1].body["messages"]:
        assert message["content"].strip() in shown
    assert "tokens" in shown


def test_continue_goes_on_after_a_cut(run, ip, connected):
    connected.replies = ["one two three four five six", "seven eight"]
    connected.fail_next("cut", after=3)
    run("%devstral ask count", "q")
    assert "%devstral continue" in ip.display_pub.markdown
    run("%devstral continue", "c")
    assert len(connected.chats) == 2
    body = json.dumps(connected.chats[-1].body["messages"])
    assert "count" in body
    assert "one" in body


def test_a_finished_answer_is_not_continued(run, ip, connected, capsys):
    connected.replies = ["Here:\n\n```python\nx = 1\n```\n"]
    run("%%devstral\nset x", "q")
    result = run("%devstral continue", "c")
    assert not result.success
    assert "Nothing is left to continue" in capsys.readouterr().out
    assert len(connected.chats) == 1


def test_a_continuation_shows_what_it_waits_for(run, connected, monkeypatch):
    written = []

    class Recorder:
        def start(self, status):
            written.clear()

        def write(self, text, markdown):
            written.append(text)

        def finish(self, bundle, ending):
            pass

    connected.replies = ["one two three four five six", "seven"]
    connected.fail_next("cut", after=3)
    monkeypatch.setattr("jupyter_devstral.magics.ask.output_for", lambda ip, **how: Recorder())
    run("%devstral ask count", "q")
    first = written[-1]
    run("%devstral continue", "c")
    # Until something new arrives, the status is all there is.
    assert first not in written
    assert written[-1] == f"{first.rstrip()} seven"


def test_reset_forgets_the_conversation_but_not_the_cells(run, ip, connected):
    connected.replies = ["an unforgettable answer", "ok"]
    run("kept_variable = 1", "a")
    run("%devstral ask first", "q1")
    run("%devstral reset", "r")
    run("%devstral ask second", "q2")
    body = json.dumps(connected.chats[-1].body["messages"])
    assert "unforgettable" not in body
    assert "kept_variable" in body


def test_an_answer_is_replayed_as_a_turn(run, ip, connected):
    connected.replies = ["the first answer", "ok"]
    run("%devstral ask first", "q1")
    run("%devstral ask second", "q2")
    first, second = (record.body["messages"] for record in connected.chats)
    assert second[: len(first)] == first
    assert second[len(first)] == {"role": "assistant", "content": "the first answer"}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%devstral statsu", "did you mean status"),
        ("%devstral ask --modle x y", "did you mean --model"),
        ("%devstral ask -v nothing_here x", "no variable"),
        ("%devstral edit --cell 99 x", "99"),
        ("%devstral last", "Nothing was sent"),
        ("%devstral continue", "no answer to continue"),
    ],
)
def test_mistakes_are_one_line_without_traceback(run, connected, capsys, cell, words):
    result = run(cell, "q")
    assert not result.success
    out = capsys.readouterr().out
    assert words in out
    assert "Traceback" not in out
    assert len(out.strip().splitlines()) == 1
    assert not connected.chats


def test_no_daemon_is_one_line_and_a_failed_cell(run, ip, session, capsys):
    session.config.host = "http://127.0.0.1:9"
    result = run("%%devstral\nmake x", "q")
    assert not result.success
    out = capsys.readouterr().out
    assert "NoServer" in out
    assert "ollama serve" in out
    assert "Traceback" not in out
    assert len(out.strip().splitlines()) == 1


@pytest.mark.parametrize(("fault", "words"), [("404", "pull"), ("500", ""), ("400", ""), ("reset", "")])
def test_every_failure_is_advice(run, ip, connected, capsys, fault, words):
    connected.fail_next(fault, times=9)
    assert not run("%%devstral\nmake x", "q").success
    out = capsys.readouterr().out
    assert words in out
    assert "Traceback" not in out


def test_text_before_a_failure_stays(run, ip, connected, capsys):
    connected.replies = [["kept ", "words ", "and ", "more"]]
    connected.fail_next("error-line", after=2)
    run("%%devstral\nmake x", "q")
    assert "kept" in ip.display_pub.markdown
    assert "Traceback" not in capsys.readouterr().out


def test_secrets_never_leave(run, ip, connected):
    key = "sk-proj-4f9aK2mXq8Zt1RbV7nLpW3yHcD6sJ0uE5gTiQoBxN"
    connected.replies = ["ok"]
    run(f'api_key = "{key}"', "source")
    run("print(api_key)\napi_key", "output")
    run("raise ValueError(f'bad key {api_key}')", "error")
    run("settings = {'api_key': api_key}", "variable")
    run("%devstral ask -v api_key -v settings what is wrong with @api_key", "q")
    assert connected.chats
    assert key not in sent(connected)
    run("%devstral last", "l")
    assert key not in ip.display_pub.markdown


def test_a_hostile_answer_is_shown_as_text(run, ip, connected):
    connected.replies = ['<img src=http://evil/x> ![p](http://evil/y)\n\n```python\nx = "<b>"\n```\n']
    run("%devstral ask x", "q")
    markdown = ip.display_pub.markdown
    assert "<img" not in markdown
    assert "![" not in markdown
    assert 'x = "<b>"' in markdown


def test_capture_keeps_one_finished_answer(run, ip, connected):
    connected.replies = [CODE]
    run("%%capture cap\n%devstral ask how", "q")
    assert len(ip.user_ns["cap"].outputs) == 1


def interrupting(ip, monkeypatch, matches, times=1):
    """Ctrl-C arrives while the front-end is shown something that `matches`; returns how often is left."""
    left = [times]
    publish = ip.display_pub.publish

    def interrupted(data, *args, **kwargs):
        # As a signal does, it arrives in the main thread alone.
        if left[0] and threading.current_thread() is threading.main_thread() and matches(data):
            left[0] -= 1
            raise KeyboardInterrupt
        publish(data, *args, **kwargs)

    monkeypatch.setattr(ip.display_pub, "publish", interrupted)
    return left


def tickers():
    return [thread for thread in threading.enumerate() if thread.name == "devstral-ticker"]


def test_a_second_interrupt_loses_nothing(run, ip, session, connected, monkeypatch):
    connected.replies = [["kept ", "more"]]
    text = []
    left = interrupting(ip, monkeypatch, lambda data: MIME in data or text.append(data) or len(text) == 2, 3)
    assert run("%%devstral ask\nx", "q").success
    assert left == [0]
    assert "kept" in ip.display_pub.markdown
    assert "Interrupted" in ip.display_pub.markdown
    assert session.last.finished == "interrupted"
    assert not tickers()


def test_an_interrupt_before_the_first_display_is_no_error(run, ip, connected, monkeypatch):
    interrupting(ip, monkeypatch, lambda data: "preparing" in data["text/plain"])
    assert run("%%devstral ask\nx", "q").success
    assert "before anything was sent" in ip.display_pub.markdown
    assert not connected.chats
    assert not tickers()


def test_an_interrupt_while_the_ticker_starts_leaves_no_ticker(run, connected, monkeypatch):
    start = Ticker.start

    def started(self):
        start(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ticker, "start", started)
    assert run("%%devstral ask\nx", "q").success
    assert not tickers()


def test_an_interrupt_before_a_question_is_made_is_no_error(run, ip, session, connected, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(session.context, "request", interrupted)
    assert run("%%devstral ask\nx", "q").success
    assert "interrupted" in ip.display_pub.markdown


def test_half_of_a_surrogate_pair_reaches_no_front_end(run, ip, connected):
    connected.replies = [CODE]
    run("y = '\\ud83d'", "target")
    ip.run_cell_magic("devstral", "ask -o reply", "half \ud83d of it")
    ip.run_cell_magic("devstral", "ask --dry-run", "half \ud83d of it")
    for message in ip.display_pub.messages:
        json.dumps(message["data"], ensure_ascii=False).encode()
    assert "half \ufffd of it" in question(connected)
