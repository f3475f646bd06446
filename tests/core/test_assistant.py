"""The whole path on the scripted double: events, restoring, repacking, cuts, interrupts, continuing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jupyter_devstral.core.assistant import Assistant, Delta, Note, Reply, ReplyStream
from jupyter_devstral.core.errors import ModelMissing, NoServer, RunnerFailed, WindowExceeded
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.token_estimate import TokenEstimate
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.prompt.continuing import SentNotebook
from jupyter_devstral.core.prompt.prompt import wording
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.reply.parser import Code, Prose
from jupyter_devstral.core.request.tasks import Request, Rules, Task
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.embedded.engine import ModelCard
from tests.support.models.model_cards import devstral_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

ANSWER = "Sure.\n\n```python\ntotal = 1\nprint(total)\n```\nDone.\n"
# How code blocks begin.
P = "```python\n"
SECRET = "sk-proj-8fJ2kLm9QpRs7TuVwXyZ1234567890abcdEFGH"


def request_of(cells: int = 3, *, question: str = "print the total", source: str = "v{0} = {0}") -> Request:
    notebook = Notebook(tuple(Cell(f"c{n}", n, "code", source.format(n)) for n in range(cells)))
    return Request(Task.WRITE, question, notebook)


def big_request(cells: int = 40) -> Request:
    lines = "\n".join(f"name_{{0}}_{n} = {{0}} * {n} + {n}" for n in range(30))
    return request_of(cells, source=lines)


def assistant_with(config: DevstralConfig, **more: Any) -> Assistant:
    return Assistant(config, OllamaModel(config), **more)


@pytest.fixture
def assistant(scripted_ollama: ScriptedOllama) -> Assistant:
    scripted_ollama.replies = [ANSWER]
    return assistant_with(DevstralConfig(host=scripted_ollama.url))


def finished(assistant: Assistant, request: Request) -> Reply:
    stream = assistant.reply(request)
    for _ in stream:
        pass
    return stream.result()


@pytest.mark.parametrize(("trained", "advice"), [(393_216, "--num-ctx"), (8192, "another model")])
def test_what_fits_no_window_is_refused_before_the_model_is_loaded_anew(trained: int, advice: str) -> None:
    with ScriptedOllama(context_length=trained, loaded_context=4096) as server:
        assistant = Assistant(config := DevstralConfig(host=server.url), OllamaModel(config))
        with pytest.raises(WindowExceeded, match=advice) as caught:
            assistant.reply(request_of(question="word " * 60_000))
        assert "Nothing was sent" in str(caught.value)
        assert server.chats == []


def test_events_texts_and_edits(assistant: Assistant) -> None:
    stream = assistant.reply(request_of())
    events = list(stream)
    reply = stream.result()
    assert (
        "".join(event.text for event in events if isinstance(event, Delta))
        == ANSWER
        == reply.text
        == stream.text
    )
    parsed = [event for event in events if isinstance(event, (Prose, Code))]
    assert "".join(event.raw if isinstance(event, Code) else event.text for event in parsed) == ANSWER
    assert [code.source for code in reply.code] == ["total = 1\nprint(total)"]
    assert [(edit.op, edit.source) for edit in reply.edits] == [("insert", "total = 1\nprint(total)")]
    assert reply.finished == "stop"
    assert reply.notes == ()
    assert reply.usage is not None
    assert reply.turn.reply == ANSWER
    assert reply.turn.user_text == reply.prompt.user_text
    assert reply.first_token_seconds is not None
    assert (reply.model, reply.remote) == ("devstral-small-2", "")
    assert stream.phase == ""
    assert stream.result() is reply


def test_what_is_sent_is_the_prompt(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    request = request_of()
    prompt = assistant.prompt(request)
    reply = finished(assistant, request)
    sent = scripted_ollama.chats[0].body["messages"]
    assert sent == [{"role": m.role, "content": m.content} for m in prompt.messages]
    assert reply.prompt == prompt
    assert scripted_ollama.chats[0].body["options"]["num_predict"] == 4096
    # The same request again, and a prompt made before, send the same bytes.
    assistant.reply(request, prompt=prompt).result()
    list(assistant.reply(request, prompt=prompt))
    assert scripted_ollama.chats[-1].body == scripted_ollama.chats[0].body


def test_num_predict_is_never_more_than_a_quarter_of_the_window(scripted_ollama: ScriptedOllama) -> None:
    assistant = Assistant(
        DevstralConfig(host=scripted_ollama.url),
        model=OllamaModel(DevstralConfig(host=scripted_ollama.url), num_ctx=2048),
    )
    finished(assistant, request_of())
    assert scripted_ollama.chats[0].body["options"]["num_predict"] == 512


def test_secrets_leave_as_placeholders_and_return_as_themselves(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.replies = [
        ["Use ", "<SEC", "RET_", "1", "> and <SECRET_x>.\n```python\nkey = '<SECRET", "_1>'\n```\n"]
    ]
    redactor = Redactor()
    assistant = assistant_with(DevstralConfig(host=scripted_ollama.url), redactor=redactor)
    reply = finished(assistant, request_of(source=f"api_key = '{SECRET}'"))
    assert SECRET not in str(scripted_ollama.chats[0].body)
    assert reply.text == f"Use {SECRET} and <SECRET_x>.\n```python\nkey = '{SECRET}'\n```\n"
    assert reply.edits[0].source == f"key = '{SECRET}'"
    assert "1 secret hidden" in reply.receipt()


def test_a_cell_that_is_not_sent_whole_is_not_rewritten(assistant: Assistant) -> None:
    blob = "iVBORw0KGgoAAAANSUhEUgAA" * 40
    cell = Cell("c0", 0, "code", f'logo = "data:image/png;base64,{blob}"\nshow(logo)')
    reply = finished(assistant, Request(Task.EDIT, "rename logo", Notebook((cell,)), target=cell))
    assert not reply.edits
    assert any("embedded data" in note for note in reply.notes)


@pytest.mark.parametrize(
    ("answer", "proposed"),
    [
        (f"{P}total = 1\n```\n\nOutput:\n\n```\n1", ["total = 1"]),
        (f"{P}total = 1\n```\n\nand so", ["total = 1"]),
        (f"{P}total = 1\n```\n\n{P}print(tot", []),
        (f"{P}total = 1", []),
    ],
)
def test_an_answer_that_hit_its_length_inside_its_code_proposes_nothing(
    scripted_ollama: ScriptedOllama, assistant: Assistant, answer: str, proposed: list[str]
) -> None:
    scripted_ollama.replies = [Script([answer], done_reason="length")]
    reply = finished(assistant, request_of())
    assert reply.finished == "length"
    assert [edit.source for edit in reply.edits] == proposed
    assert any("no cell was made" in note for note in reply.notes) == (not proposed)


def test_redaction_can_be_switched_off(scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.replies = ["<SECRET_1>"]
    assistant = assistant_with(DevstralConfig(host=scripted_ollama.url, redact=False), redactor=Redactor())
    assert finished(assistant, request_of(source=f"api_key = '{SECRET}'")).text == "<SECRET_1>"
    assert SECRET in str(scripted_ollama.chats[0].body)


# -- the window and the budget ----


def test_a_notebook_that_does_not_fit_is_packed_smaller(scripted_ollama: ScriptedOllama) -> None:
    config = DevstralConfig(host=scripted_ollama.url, num_ctx=8192)
    scripted_ollama.set_loaded(8192)
    assistant = assistant_with(config)
    reply = finished(assistant, big_request())
    assert reply.prompt.dropped
    assert reply.prompt.tokens <= (8192 - 2048) * 0.95
    assert reply.prompt.messages[-1].content.endswith("print the total")
    assert "left out cells #1–" in reply.receipt()
    assert len(scripted_ollama.chats) == 1


def test_a_prompt_that_needs_more_than_is_loaded_gets_the_configured_window(
    scripted_ollama: ScriptedOllama,
) -> None:
    scripted_ollama.set_loaded(8192)
    reply = finished(assistant_with(DevstralConfig(host=scripted_ollama.url)), big_request())
    assert not reply.prompt.dropped
    assert scripted_ollama.chats[0].body["options"]["num_ctx"] == 32768


def test_window_exceeded_is_repacked_once_with_the_servers_numbers(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    request = big_request()
    whole = assistant.prompt(request)
    scripted_ollama.fail_next("400-window", prompt_tokens=2 * whole.tokens, num_ctx=32768)
    stream = assistant.reply(request)
    events = list(stream)
    reply = stream.result()
    notes = [event.text for event in events if isinstance(event, Note)]
    assert len(scripted_ollama.chats) == 2
    assert reply.text == ANSWER
    assert len(reply.prompt.dropped) > len(whole.dropped)
    # By its own count the server was sent at most what fits beside the reply.
    assert reply.prompt.tokens * 2 <= (32768 - 4096)
    assert any("packed smaller" in note and f"{2 * whole.tokens:,}" in note for note in notes)
    assert "packed smaller" in reply.receipt()
    sizes = [len(str(chat.body["messages"])) for chat in scripted_ollama.chats]
    assert sizes[1] < sizes[0]
    assert [chat.body["options"]["num_ctx"] for chat in scripted_ollama.chats] == [32768, 32768]


def test_a_second_refusal_is_an_error(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    scripted_ollama.fail_next("400-window", times=2, prompt_tokens=60_000)
    with pytest.raises(WindowExceeded, match="60,000"):
        list(assistant.reply(big_request()))
    assert len(scripted_ollama.chats) == 2


def test_a_question_that_alone_is_too_long_is_not_sent_again(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    scripted_ollama.fail_next("400-window")
    with pytest.raises(WindowExceeded):
        list(assistant.reply(request_of(0, question="why? " * 9000)))
    assert len(scripted_ollama.chats) == 1


def test_estimates_learn_from_answers(scripted_ollama: ScriptedOllama) -> None:
    estimate = TokenEstimate()
    scripted_ollama.engine.count = lambda text: len(text)  # every character a token
    assistant = assistant_with(DevstralConfig(host=scripted_ollama.url), estimate=estimate)
    finished(assistant, big_request(5))
    assert estimate.factor > 1.2


def test_a_server_that_cuts_prompts_in_silence_is_found_out(scripted_ollama: ScriptedOllama) -> None:
    estimate = TokenEstimate()
    scripted_ollama.engine.count = lambda text: max(1, len(text) // 100)
    assistant = assistant_with(DevstralConfig(host=scripted_ollama.url), estimate=estimate)
    reply = finished(assistant, big_request())
    assert reply.usage is not None
    assert reply.usage.prompt_tokens < 0.4 * reply.prompt.tokens
    assert any("cuts prompts in silence" in note for note in reply.notes)
    # A count of what was left of a prompt says nothing about how long the prompt was.
    assert estimate.factor == 1.0


# -- dry runs ----


def test_prompt_needs_no_server() -> None:
    dead = DevstralConfig(host="127.0.0.1:9")
    assert assistant_with(dead).prompt(request_of()).messages[-1].content.endswith("print the total")
    small = DevstralConfig(host="127.0.0.1:9", num_ctx=4096)
    assert assistant_with(small).prompt(big_request()).dropped


def test_prompt_sends_nothing(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    assistant.prompt(request_of())
    assert {record.path for record in scripted_ollama.requests} <= {"/api/ps", "/api/show"}


# -- endings ----


def test_errors_before_any_text_are_raised(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    scripted_ollama.fail_next("404")
    with pytest.raises(ModelMissing):
        list(assistant.reply(request_of()))
    with pytest.raises(NoServer):
        assistant_with(DevstralConfig(host="127.0.0.1:9")).reply(request_of())
    scripted_ollama.fail_next("error-line", after=0)
    with pytest.raises(RunnerFailed):
        list(assistant.reply(request_of()))


@pytest.mark.parametrize(
    ("fault", "ending", "words"),
    [
        ("cut", "cut", "%devstral continue"),
        ("done-length", "length", "hit its length"),
        ("runner-killed", "cut", "stopped in the middle"),
        ("reset-mid", "cut", "was lost"),
        ("drop", "cut", "was lost"),
        ("garbage-line", "cut", "not Ollama's"),
    ],
)
def test_text_that_arrived_is_kept(
    scripted_ollama: ScriptedOllama, assistant: Assistant, fault: str, ending: str, words: str
) -> None:
    scripted_ollama.fail_next(fault, after=12)
    stream = assistant.reply(request_of())
    events = list(stream)
    reply = stream.result()
    assert reply.finished == ending
    assert reply.text
    assert ANSWER.startswith(reply.text)
    assert any(words in note for note in reply.notes)
    assert "%devstral continue" in reply.receipt()
    assert {event.text for event in events if isinstance(event, Note)} == set(reply.notes)
    assert (reply.usage is None) == (ending == "cut")


def test_an_empty_answer_says_so(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    scripted_ollama.replies = [[]]
    reply = finished(assistant, request_of())
    assert (reply.text, reply.finished) == ("", "stop")
    assert "The answer is empty" in reply.receipt()


def test_breaking_off_keeps_what_arrived_and_closes_the_connection(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    scripted_ollama.piece_delay = 0.05
    stream = assistant.reply(request_of())

    def watch() -> None:
        for event in stream:
            if isinstance(event, Delta) and len(stream.text) > 10:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch()
    reply = stream.result()
    assert reply.finished == "interrupted"
    assert ANSWER.startswith(reply.text)
    assert len(reply.text) > 10
    assert "".join(code.raw for code in reply.code) in ANSWER
    assert scripted_ollama.wait_closed() is not None
    assert scripted_ollama.wait_closed() is not None
    assert list(stream) == []
    scripted_ollama.piece_delay = 0
    assert finished(assistant, request_of()).text == ANSWER


def test_close_from_another_thread(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    scripted_ollama.fail_next("hang")
    stream = assistant.reply(request_of())

    def close() -> None:
        scripted_ollama.wait_requests(1)
        stream.close()
        stream.close()

    thread = threading.Thread(target=close)
    thread.start()
    assert [event for event in stream if not isinstance(event, Note)] == []
    thread.join()
    assert stream.result().finished == "interrupted"
    assert stream.result().text == ""


def test_closed_before_it_began(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    stream = assistant.reply(request_of())
    stream.close()
    list(stream)
    assert stream.result().finished == "interrupted"
    assert not any(chat.lines for chat in scripted_ollama.chats)


def test_result_without_iterating(assistant: Assistant) -> None:
    reply = assistant.reply(request_of()).result()
    assert (reply.text, reply.finished) == ("", "interrupted")


# -- continuing ----


def _cut_after(server: ScriptedOllama, assistant: Assistant, partial: str) -> Reply:
    server.replies = [[partial]]
    server.fail_next("cut", after=1)
    return finished(assistant, request_of())


@pytest.mark.parametrize(
    ("partial", "more", "whole"),
    [
        ("Some wor", "ds here.", "Some words here."),
        (P + "df = pd.re", "ad_csv('x')\n```\n", P + "df = pd.read_csv('x')\n```\n"),
        (P + "x = 1\n", "y = 2\n```\n", P + "x = 1\ny = 2\n```\n"),
        # the block opened again
        (P + "x = 1\n", P + "y = 2\n```\n", P + "x = 1\ny = 2\n```\n"),
        (P + "x = 1\n", "\n```py\ny = 2\n```\n", P + "x = 1\ny = 2\n```\n"),
        (P + "x = 1", P + "y = 2\n```\n", P + "x = 1\ny = 2\n```\n"),
        # the last line repeated
        (P + "x = 1\nframe = load_da", "frame = load_data()\n```\n", P + "x = 1\nframe = load_data()\n```\n"),
        (P + "if a:\n    frame = lo", "    frame = load()\n```\n", P + "if a:\n    frame = load()\n```\n"),
        (P + "if a:\n    frame = load", "frame = loads()\n```\n", P + "if a:\n    frame = loads()\n```\n"),
        (P + "frame = lo", P + "frame = load()\n```\n", P + "frame = load()\n```\n"),
        # a line break lost between the two
        (P + "x = 1", "y = 2\n```\n", P + "x = 1\ny = 2\n```\n"),
        (P + "for i in x:", "    print(i)\n```\n", P + "for i in x:\n    print(i)\n```\n"),
        # none of these
        (P + "x = 1", "0\n```\n", P + "x = 10\n```\n"),
        (P + "x = 1\n", "```\nThat is all.", P + "x = 1\n```\nThat is all."),
        (P + "x = 1\n```\n", P + "y = 2\n```\n", P + "x = 1\n```\n```python\ny = 2\n```\n"),
        ("f((", "(1)", "f(((1)"),
    ],
)
@pytest.mark.parametrize("split", [lambda text: [text], list], ids=["whole", "characters"])
def test_continuations_are_joined(
    scripted_ollama: ScriptedOllama,
    assistant: Assistant,
    partial: str,
    more: str,
    whole: str,
    split: Callable[[str], list[str]],
) -> None:
    cut = _cut_after(scripted_ollama, assistant, partial)
    assert (cut.text, cut.finished) == (partial, "cut")
    scripted_ollama.replies = [split(more)]
    stream = assistant.continue_reply(cut)
    events = list(stream)
    reply = stream.result()
    assert reply.text == whole
    assert reply.finished == "stop"
    assert "".join(event.text for event in events if isinstance(event, Delta)) == whole
    assert reply.turn.reply == whole
    assert reply.turn.user_text == cut.turn.user_text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["two three four.", " five six seven."], "only repeated the answer"),
        ([], "takes the answer for complete"),
    ],
)
def test_a_continuation_that_adds_nothing_says_so(
    scripted_ollama: ScriptedOllama, assistant: Assistant, more: list[str], words: str
) -> None:
    partial = "One two three four. five six seven."
    cut = _cut_after(scripted_ollama, assistant, partial)
    scripted_ollama.replies = [more]
    reply = _ended(assistant.continue_reply(cut))
    assert reply.text == partial
    assert any(words in note for note in reply.notes)
    assert words in reply.receipt()
    scripted_ollama.replies = [[" Eight."]]
    reply = _ended(assistant.continue_reply(cut))
    assert reply.text == f"{partial} Eight."
    assert reply.notes == ()


@pytest.mark.parametrize("done_reason", ["repetition", ""])
def test_an_answer_that_its_server_ended_as_a_repetition_is_told_as_one(
    scripted_ollama: ScriptedOllama, assistant: Assistant, done_reason: str
) -> None:
    """Ollama breaks off without a word; the embedded server says why."""
    scripted_ollama.replies = [Script(["It is 4.", *"8" * 30], done_reason=done_reason)]
    reply = finished(assistant, request_of())
    assert reply.finished == "cut"
    assert "The model repeated itself, so its server ended the answer" in reply.receipt()
    assert "cut off" not in reply.receipt()
    assert (reply.usage is None) == (not done_reason)


def _ended(stream: ReplyStream) -> Reply:
    list(stream)
    return stream.result()


def test_a_follow_up_of_a_follow_up_keeps_the_turns_between(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    scripted_ollama.replies = [["one"], ["two"], ["three"]]
    first = finished(assistant, request_of())
    second = _ended(assistant.follow_up(first, "why one?"))
    third = _ended(assistant.follow_up(second, "why two?"))
    sent = [(m["role"], m["content"]) for m in scripted_ollama.chats[-1].body["messages"]]
    assert sent[-4:] == [
        ("assistant", "one"),
        ("user", "why one?"),
        ("assistant", "two"),
        ("user", "why two?"),
    ]
    # Each request begins with the one before: the server reads only what is new.
    before = scripted_ollama.chats[-2].body["messages"]
    assert scripted_ollama.chats[-1].body["messages"][: len(before)] == before
    assert third.text == "three"


def test_a_follow_up_of_a_continued_answer_sees_one_whole_answer(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    cut = _cut_after(scripted_ollama, assistant, "Some wo")
    scripted_ollama.replies = [["rds."]]
    whole = _ended(assistant.continue_reply(cut))
    scripted_ollama.replies = [["Because."]]
    _ended(assistant.follow_up(whole, "why?"))
    sent = [(m["role"], m["content"]) for m in scripted_ollama.chats[-1].body["messages"]]
    assert sent[-2:] == [("assistant", "Some words."), ("user", "why?")]
    assert [role for role, _ in sent] == ["system", "user", "assistant", "user"]


def test_a_follow_up_that_is_continued_keeps_what_was_asked(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    scripted_ollama.replies = [["one"], ["because of "]]
    first = finished(assistant, request_of())
    scripted_ollama.fail_next("cut", after=1)
    cut = _ended(assistant.follow_up(first, "why?"))
    scripted_ollama.replies = [["that."]]
    assert _ended(assistant.continue_reply(cut)).text == "because of that."
    sent = [m["content"] for m in scripted_ollama.chats[-1].body["messages"]]
    assert sent[-4:] == ["one", "why?", "because of ", wording("continue")]


def test_an_empty_answer_to_a_follow_up_is_asked_for_again(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    scripted_ollama.replies = [["one"], [""], ["because."]]
    first = finished(assistant, request_of())
    nothing = _ended(assistant.follow_up(first, "why?"))
    assert _ended(assistant.continue_reply(nothing)).text == "because."
    assert scripted_ollama.chats[-1].body["messages"] == scripted_ollama.chats[-2].body["messages"]


def test_a_continuation_sends_the_first_prompt_and_the_part(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    cut = _cut_after(scripted_ollama, assistant, "```python\ntotal = 1\n")
    first = scripted_ollama.chats[0].body
    scripted_ollama.replies = [["print("]]
    scripted_ollama.fail_next("cut", after=1)
    stream = assistant.continue_reply(cut)
    list(stream)
    half = stream.result()
    assert half.finished == "cut"
    scripted_ollama.replies = ["total)\n```\n"]
    stream = assistant.continue_reply(half)
    list(stream)
    reply = stream.result()
    assert reply.text == "```python\ntotal = 1\nprint(total)\n```\n"
    assert [edit.source for edit in reply.edits] == ["total = 1\nprint(total)"]
    messages = scripted_ollama.chats[-1].body["messages"]
    assert messages[: len(first["messages"])] == first["messages"]
    assert messages[-2:] == [
        {"role": "assistant", "content": "```python\ntotal = 1\nprint("},
        {"role": "user", "content": wording("continue")},
    ]
    assert [(m.role, m.content) for m in reply.prompt.messages] == [
        (m["role"], m["content"]) for m in messages
    ]
    assert scripted_ollama.chats[-1].body["options"] == first["options"]


def test_a_continuation_hides_the_secrets_of_the_part(scripted_ollama: ScriptedOllama) -> None:
    assistant = assistant_with(DevstralConfig(host=scripted_ollama.url))
    scripted_ollama.replies = [["```python\nkey = '<SECRET_1>'\nprint("]]
    scripted_ollama.fail_next("cut", after=1)
    cut = finished(assistant, request_of(source=f"api_key = '{SECRET}'"))
    assert SECRET in cut.text
    scripted_ollama.replies = ["'<SECRET_1>')\n```\n"]
    stream = assistant.continue_reply(cut)
    list(stream)
    assert SECRET not in str(scripted_ollama.chats[-1].body)
    assert stream.result().text == f"```python\nkey = '{SECRET}'\nprint('{SECRET}')\n```\n"


def test_continuing_nothing_asks_again(scripted_ollama: ScriptedOllama, assistant: Assistant) -> None:
    nothing = assistant.reply(request_of()).result()
    stream = assistant.continue_reply(nothing)
    list(stream)
    assert stream.result().text == ANSWER
    assert [message["role"] for message in scripted_ollama.chats[-1].body["messages"]] == ["system", "user"]


def test_a_continuation_that_exceeds_the_window_is_packed_smaller(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    scripted_ollama.replies = [["Once upon a "]]
    scripted_ollama.fail_next("cut", after=1)
    cut = finished(assistant, big_request())
    scripted_ollama.replies = ["time."]
    scripted_ollama.fail_next("400-window", prompt_tokens=2 * cut.prompt.tokens, num_ctx=32768)
    stream = assistant.continue_reply(cut)
    list(stream)
    reply = stream.result()
    assert reply.text == "Once upon a time."
    assert len(reply.prompt.dropped) > len(cut.prompt.dropped)
    assert [message.role for message in reply.prompt.messages[-2:]] == ["assistant", "user"]


def test_a_continuation_that_does_not_begin_leaves_the_part(
    scripted_ollama: ScriptedOllama, assistant: Assistant
) -> None:
    cut = _cut_after(scripted_ollama, assistant, "Some words")
    scripted_ollama.fail_next("500")
    stream = assistant.continue_reply(cut)
    with pytest.raises(RunnerFailed):
        list(stream)
    assert stream.result().text == "Some words"


def edited(request: Request, number: int, source: str) -> Request:
    cells = tuple(replace(c, source=source) if c.index == number else c for c in request.notebook.cells)
    return replace(request, notebook=replace(request.notebook, cells=cells))


def long_request() -> Request:
    return request_of(12, source="\n".join(f"name_{{0}}_{n} = {{0}} * {n}" for n in range(12)))


def _card(**facts: Any) -> ModelCard:
    card = devstral_card("sized")
    info = {key: value for key, value in card.model_info.items() if key != "general.parameter_count"}
    return replace(card, model_info={**info, **facts.pop("info", {})}, **facts)


@pytest.mark.parametrize(
    ("card", "is_cause_first"),
    [
        (_card(info={"general.parameter_count": 494_032_768}), False),
        (_card(info={"general.parameter_count": 1_543_714_304}), True),
        (_card(details={"parameter_size": "494.03M"}), False),
        (_card(details={"parameter_size": "1.5B"}), True),
        (_card(details={}), False),
        (_card(details={"parameter_size": "large"}), False),
    ],
    ids=["0.5B", "1.5B", "0.5B in words", "1.5B in words", "not told", "nonsense"],
)
def test_a_model_that_does_not_stop_after_a_sentence_says_the_cause_first(
    card: ModelCard, is_cause_first: bool
) -> None:
    request = Request(Task.FIX, "", request_of().notebook, target=request_of().notebook.cells[1])
    with ScriptedOllama([ANSWER], models=[card]) as server:
        # The first question of a process, of which nothing is known before it; then another one.
        for _ in range(2):
            finished(assistant_with(DevstralConfig(host=server.url, model="sized")), request)
        lines = [chat.body["messages"][-1]["content"].rsplit("\n", 1)[-1] for chat in server.chats]
    wanted = wording("fix_cause_first" if is_cause_first else "fix").replace("[cell N]", "cell 1")
    assert lines == [wanted, wanted]


def test_what_was_sent_stands_for_the_same_model_in_the_same_window(scripted_ollama: ScriptedOllama) -> None:
    config = DevstralConfig(host=scripted_ollama.url)
    first, sent = long_request(), SentNotebook()
    second = edited(first, 3, "changed = 3")
    scripted_ollama.replies = [ANSWER]

    def ask(request: Request, **more: Any) -> Reply:
        return finished(Assistant(config, OllamaModel(config, **more), sent=sent), request)

    ask(first)
    preview = Assistant(config, OllamaModel(config), sent=sent).prompt(second)
    reply = ask(second)
    assert reply.prompt.messages == preview.messages, "what is shown is what is sent"
    assert "Cell 3 (new version, the earlier one is gone):" in reply.prompt.messages[-1].content
    assert "earlier versions of changed cells" in reply.receipt()
    for other in ({"num_ctx": 40_000}, {"model": "devstral-small-2:latest"}):
        again = ask(edited(first, 3, "changed = 4"), **other)
        text = again.prompt.messages[-1].content
        assert "new version" not in text
        assert "name_3_1" not in text
        ask(first)


def test_with_other_rules_above_it_everything_is_read_anew(scripted_ollama: ScriptedOllama) -> None:
    config = DevstralConfig(host=scripted_ollama.url)
    first, sent = long_request(), SentNotebook()
    scripted_ollama.replies = [ANSWER]

    def ask(request: Request, *rules: Rules) -> str:
        assistant = Assistant(config, OllamaModel(config), sent=sent, rules=rules)
        return finished(assistant, request).prompt.messages[-1].content

    ask(first)
    assert "new version" not in ask(edited(first, 3, "changed = 3"), Rules(".devstral.md", "Be brief."))
    assert "new version" in ask(edited(first, 3, "changed = 4"), Rules(".devstral.md", "Be brief."))


class Uncorrected(TokenEstimate):
    def correct(self, estimated: int, actual: int) -> None:
        """The scripted server counts in its own way."""


@pytest.mark.parametrize("room", [400, 9000])
def test_what_was_sent_stands_only_while_everything_fits(room: int) -> None:
    request = edited(long_request(), 0, "\n".join(f"first_{n} = {n}" for n in range(100)))
    config = DevstralConfig(max_reply_tokens=200)
    window = int((assistant_with(config).prompt(request).tokens + room) / 0.95) + 200
    with ScriptedOllama(replies=[ANSWER], context_length=window, loaded_context=window) as server:
        config.host = server.url
        assistant = assistant_with(config, sent=SentNotebook(), estimate=Uncorrected())
        finished(assistant, request)
        reply = finished(assistant, edited(request, 0, "\n".join(f"again_{n} = {n}" for n in range(100))))
    text = reply.prompt.messages[-1].content
    assert "again_99" in text
    assert not reply.prompt.dropped
    assert ("new version" in text) is (room == 9000)


def test_the_task_that_a_model_repeats_is_not_shown_as_its_answer(scripted_ollama: ScriptedOllama) -> None:
    assistant = assistant_with(DevstralConfig(host=scripted_ollama.url))
    echo = "Write the next cell:\n\nPrint the total.\n\n"
    scripted_ollama.replies = [[*echo, *ANSWER]]
    stream = assistant.reply(request_of())
    assert "".join(event.text for event in stream if isinstance(event, Delta)) == ANSWER
    reply = stream.result()
    assert reply.text == reply.turn.reply == ANSWER
    scripted_ollama.replies = ["Shorter, please, and with a comment.\nYes."]
    assert finished_stream(assistant.follow_up(reply, "Shorter, please, and with a comment.")).text == "Yes."
    scripted_ollama.replies = ["Write the next cell:\nprint the total"]
    [note] = finished(assistant, request_of()).notes
    assert note.startswith("The answer is empty.")


def finished_stream(stream: ReplyStream) -> Reply:
    for _ in stream:
        pass
    return stream.result()
