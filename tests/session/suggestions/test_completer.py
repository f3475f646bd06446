"""A suggestion from cursor to offer: what stops it, who goes first, and what the model server is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_devstral.core.completion.place import Place
from jupyter_devstral.core.completion.room import Memory
from jupyter_devstral.core.errors import ModelMissing
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.precedence.right_of_way import chat_streams
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.redaction.redactor import Redactor
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.core.settings.policy import Policy
from jupyter_devstral.session import permitted_server
from jupyter_devstral.session.permitted_completion import PermittedCompletingServer
from jupyter_devstral.session.suggestions.completer import Completer, Completion, Cursor
from jupyter_devstral.session.suggestions.completion_model import CompletionModel, State
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

PLENTY = Memory(main=10**12)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedOllama]:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with ScriptedOllama([" 1"], models=[devstral_card(), fim_card()]) as server:
        yield server


def completer(server: ScriptedOllama, *, memory: Memory = PLENTY, name: str | None = None) -> Completer:
    config = DevstralConfig(host=server.url)
    model = permitted(config, name or config.completion_model)
    return Completer(CompletionModel(model, config, memory=lambda: memory))


def permitted(config: DevstralConfig, model: str | None = None) -> PermittedCompletingServer:
    return PermittedCompletingServer(OllamaModel(config, model=model), config, Wishes())


def cursor(text: str, **more: bool) -> Cursor:
    before, _, after = text.partition("|")
    cell = Cell("a", 0, "code", before + after)
    return Cursor(Notebook((cell,)), cell, Place(cell.source, len(before)), **more)


def ask(completer: Completer, text: str = "x =|", **more: bool) -> Completion:
    return completer.complete(cursor(text, **more), Redactor())


def test_a_suggestion_is_offered(server: ScriptedOllama) -> None:
    found = ask(completer(server))
    assert (found.text, found.reply, found.dropped, found.notes) == (" 1", " 1", "", ())
    assert found.request == server.completions[-1].body


def test_the_server_is_looked_at_once(server: ScriptedOllama) -> None:
    asking = completer(server)
    for _ in range(4):
        ask(asking)
    paths = [request.path for request in server.requests]
    assert paths.count("/api/generate") == 4
    assert paths.count("/api/show") == paths.count("/api/tags") == 1
    # Before the first one, and to see what it did.
    assert paths.count("/api/ps") == 2


@pytest.mark.parametrize("text", ["x = 'a|", "# a|", "x = |1 + 1", "|", "%%html\n<a|"])
def test_where_it_is_of_no_use_nobody_is_asked_unless_by_hand(server: ScriptedOllama, text: str) -> None:
    asking = completer(server)
    assert ask(asking, text).dropped
    assert server.completions == []
    found = ask(asking, text, by_hand=True)
    assert server.completions
    assert found.notes


def test_a_word_that_is_being_typed_is_completed_from_its_beginning(server: ScriptedOllama) -> None:
    server.replies = ["DataFrame(rows)"]
    found = ask(completer(server), "x = pd.DataFra|")
    assert found.text == "me(rows)"
    assert [each.body["prompt"].endswith("x = pd.") for each in server.completions] == [True]


def test_another_word_than_the_one_being_typed_is_asked_for_again(server: ScriptedOllama) -> None:
    server.replies = [Script(["read", "_csv"] * 50, delay=0.02), "me(rows)"]
    found = ask(completer(server), "x = pd.DataFra|")
    assert found.text == "me(rows)"
    assert found.request == server.completions[1].body
    assert found.request is not None
    assert found.request["prompt"].endswith("x = pd.DataFra")
    assert server.wait_for(lambda: server.completions[0].closed_early)


def test_what_the_model_is_not_sure_of_is_not_offered_unless_by_hand(server: ScriptedOllama) -> None:
    server.replies = [Script([" 1"], logprobs=[-9.0])]
    asking = completer(server)
    found = ask(asking)
    assert (found.text, "not sure" in found.dropped) == ("", True)
    by_hand = ask(asking, by_hand=True)
    assert (by_hand.text, by_hand.dropped) == (" 1", "")
    assert "not sure" in by_hand.notes[0]


def test_while_a_chat_streams_nobody_is_asked(server: ScriptedOllama) -> None:
    asking = completer(server)
    with chat_streams():
        assert "chat" in ask(asking).dropped
        assert "chat" in ask(asking, by_hand=True).dropped
        assert server.completions == []
        regardless = ask(asking, by_hand=True, regardless=True)
        assert (regardless.text, len(regardless.notes)) == (" 1", 1)


def test_a_chat_that_begins_closes_a_running_one(server: ScriptedOllama) -> None:
    server.replies = lambda messages, body: (
        Script(["a"] * 400, delay=0.02) if "raw" in body else Script(["Hello."])
    )
    asking, found = completer(server), []
    thread = threading.Thread(target=lambda: found.append(ask(asking)))
    thread.start()
    assert server.wait_for(lambda: bool(server.completions) and server.completions[-1].lines > 1)
    chat = permitted(DevstralConfig(host=server.url))
    assert "".join(chunk.text for chunk in chat.chat([Message("user", "hi")], num_predict=9)) == "Hello."
    thread.join(5)
    assert "chat" in found[0].dropped
    assert found[0].text == ""
    assert server.wait_for(lambda: server.completions[-1].closed_early)
    assert server.wait_for(lambda: server.chats[-1].finished_at is not None)
    assert server.completions[-1].closed_at < server.chats[-1].finished_at  # type: ignore[operator]


def test_a_newer_question_closes_the_older_one(server: ScriptedOllama) -> None:
    server.replies = [Script(["a"] * 400, delay=0.02), " 2"]
    asking, found = completer(server), []
    thread = threading.Thread(target=lambda: found.append(ask(asking)))
    thread.start()
    assert server.wait_for(lambda: bool(server.completions) and server.completions[-1].lines > 1)
    assert ask(asking).text == " 2"
    thread.join(5)
    assert "newer" in found[0].dropped
    assert server.wait_for(lambda: server.completions[0].closed_early)


def test_a_missing_model_is_asked_for_once(server: ScriptedOllama) -> None:
    asking = completer(server, name="nobody:1b")
    for _ in range(5):
        assert ask(asking).state is State.NO_MODEL
    assert [request.path for request in server.requests] == ["/api/tags"]
    with pytest.raises(ModelMissing):
        ask(asking, by_hand=True, regardless=True)


def test_where_nothing_can_be_pulled_no_model_is_offered(
    server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OllamaModel, "can_pull", False)
    assert ask(completer(server, name="nobody:1b")).state is State.UNAVAILABLE


def test_after_a_pull_it_is_looked_up_again(server: ScriptedOllama) -> None:
    asking = completer(server, name="starcoder2:3b")
    assert ask(asking).state is State.NO_MODEL
    server.engine.cards.append(fim_card("starcoder2:3b"))
    asking.model.forget()
    assert ask(asking).text == " 1"


def test_a_model_that_cannot_insert_is_never_asked(server: ScriptedOllama) -> None:
    asking = completer(server, name="devstral-small-2")
    assert ask(asking, by_hand=True).state is State.NO_INSERT
    assert server.completions == []


def test_it_waits_until_the_chat_model_is_loaded(server: ScriptedOllama) -> None:
    server.set_loaded(None)
    asking = completer(server)
    assert ask(asking).state is State.WAITING
    assert server.completions == []
    found = ask(asking, by_hand=True, regardless=True)
    assert found.text == " 1"
    assert "devstral-small-2 is not loaded" in found.notes[0]


def test_a_model_that_is_loaded_already_waits_for_nobody(server: ScriptedOllama) -> None:
    server.set_loaded(None)
    server.set_loaded(8192, "qwen2.5-coder:1.5b-base")
    found = ask(completer(server))
    assert found.text == " 1"
    # Its window stays as it is: another one would load it anew.
    assert found.request is not None
    assert found.request["options"]["num_ctx"] == 8192


def test_without_room_nobody_is_asked(server: ScriptedOllama) -> None:
    asking = completer(server, memory=Memory(main=10**8))
    assert ask(asking).state is State.NO_ROOM
    assert server.completions == []
    assert "no room" in ask(asking, by_hand=True, regardless=True).notes[0]


def test_a_chat_model_that_was_pushed_out_ends_it(server: ScriptedOllama) -> None:
    asking = completer(server)

    def push_out(messages: object, body: dict[str, object]) -> str:
        server._service.residence.residents.pop("devstral-small-2:latest", None)  # type: ignore[union-attr]
        return " 1"

    server.replies = push_out
    found = ask(asking)
    assert "pushed" in found.notes[0]
    assert server.completions[-1].body["keep_alive"] == 0
    assert "qwen2.5-coder:1.5b-base" not in [running.name for running in asking.model.model.running()]
    server.replies = [" 1"]
    server.set_loaded(32_768)
    asking.model.forget()
    again = ask(asking)
    assert again.request is not None
    assert again.request["options"]["num_gpu"] == 0


def test_a_fault_makes_it_silent_and_not_the_keystrokes_slow(server: ScriptedOllama) -> None:
    asking = completer(server)
    ask(asking)
    server.fail_next("500")
    assert ask(asking).text == ""
    asked = len(server.requests)
    assert ask(asking).text == ""
    assert len(server.requests) == asked


def test_a_server_that_is_not_there_is_a_state() -> None:
    config = DevstralConfig(host="http://127.0.0.1:9")
    asking = Completer(CompletionModel(permitted(config, "x"), config))
    assert ask(asking).state is State.NO_SERVER


def test_a_secret_at_the_cursor_stops_it_even_by_hand(server: ScriptedOllama) -> None:
    found = ask(completer(server), "password = 'hunter2hunter|", by_hand=True, regardless=True)
    assert (found.text, found.request, "secret" in found.dropped) == ("", None, True)
    assert server.completions == []


def test_a_policy_redacts_whatever_the_settings_say(
    server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA2cD4fG6hJ8"
    monkeypatch.setattr(permitted_server, "policy", lambda: Policy(redact=True))
    completer(server).complete(cursor(f"k = '{secret}'\nx =|"), None)
    assert secret not in str(server.completions[-1].body)


def test_where_the_model_is_not_permitted_nothing_is_sent(
    server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permitted_server, "policy", lambda: Policy(models=(("devstral*",),)))
    asking = completer(server)
    # Told before anybody asks, too: the page of the model does.
    assert asking.model.known().state is State.REFUSED
    found = ask(asking)
    assert (found.text, found.state) == ("", State.REFUSED)
    assert "policy" in found.dropped
    assert server.completions == []


def test_what_a_policy_forbids_later_is_said_at_once(
    server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = completer(server)
    assert ask(asking).text == " 1"
    monkeypatch.setattr(permitted_server, "policy", lambda: Policy(models=(("devstral*",),)))
    assert ask(asking).state is asking.model.known().state is State.REFUSED
    monkeypatch.undo()
    assert ask(asking).text == " 1"


def test_a_model_elsewhere_is_not_available(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    with ScriptedOllama(cloud_model="coder:480b-cloud") as server:
        config = DevstralConfig(host=server.url, allow_remote=True)
        asking = Completer(CompletionModel(permitted(config, "coder:480b-cloud"), config))
        assert asking.model.known().state is State.UNAVAILABLE
        found = ask(asking, by_hand=True)
        assert (found.state, "not this machine" in found.dropped) == (State.UNAVAILABLE, True)
        assert server.completions == []


def test_cells_that_may_not_be_sent_are_not(server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permitted_server, "policy", lambda: Policy(send={"local": frozenset({"schemas"})}))
    found = ask(completer(server), by_hand=True)
    assert (found.state, "may not be sent" in found.dropped) == (State.REFUSED, True)
    assert server.completions == []


def test_a_line_that_is_too_long_is_not_sent_even_by_hand(server: ScriptedOllama) -> None:
    found = ask(completer(server), f"x = '{'a' * 10_000}'; y =|", by_hand=True, regardless=True)
    assert (found.text, found.request, found.is_final) == ("", None, True)
    assert server.completions == []


def test_nothing_is_read_behind_the_line_from_a_server_that_does_not_stop(server: ScriptedOllama) -> None:
    server.replies = [Script([" 1", "\n", *["more"] * 500], delay=0.02)]
    assert ask(completer(server)).text == " 1"
    assert server.wait_for(lambda: server.completions[-1].closed_early)


def test_a_line_without_end_is_left(server: ScriptedOllama) -> None:
    server.replies = [Script(["ab" * 2_500] * 40, delay=0.02)]
    ask(completer(server))
    assert server.wait_for(lambda: server.completions[-1].closed_early)


@pytest.mark.parametrize("text", ["x =|", "# a|"])
def test_an_answer_says_that_it_would_come_again(server: ScriptedOllama, text: str) -> None:
    assert ask(completer(server), text).is_final


def test_what_only_stood_in_the_way_is_no_final_answer(server: ScriptedOllama) -> None:
    asking = completer(server)
    with chat_streams():
        assert not ask(asking).is_final
    server.fail_next("500")
    assert not ask(asking).is_final
    # Remembered for a while, and no more final for that.
    assert not ask(asking).is_final
