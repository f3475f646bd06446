"""One model behind the OpenAI dialect: what is asked, what comes back, and how it is closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from jupyter_devstral.core.errors import ConfigurationError, RemoteRefused, UsageError
from jupyter_devstral.core.model.messages import Message, Usage
from jupyter_devstral.core.model.openai import client as client_module
from jupyter_devstral.core.model.openai.chat_body import body_of
from jupyter_devstral.core.model.openai.client import OpenAIModel
from jupyter_devstral.core.model.server import Wishes
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.scripted.openai_server import ScriptedV1

ASKED = [Message("system", "Be brief."), Message("user", "What is 6 × 7?")]


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    client_module._listed.clear()


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    with ScriptedV1(["It is 42 — «ça va» 🎉."]) as running:
        yield running
        assert running.complaints == []


def model_at(address: str, wishes: Wishes | None = None, **route: object) -> OpenAIModel:
    config = DevstralConfig(routes={"cluster": {"address": address, "model": "devstral-2", **route}})
    return OpenAIModel(config, config.route("cluster"), wishes or Wishes())


def told(model: OpenAIModel, messages: list[Message] | None = None) -> tuple[str, Usage | None]:
    chunks = list(model.chat(messages or ASKED, num_predict=100))
    return "".join(chunk.text for chunk in chunks), chunks[-1].usage if chunks else None


def test_an_answer_streams_and_ends_with_its_counters(server: ScriptedV1) -> None:
    text, usage = told(model_at(server.url))
    assert text == "It is 42 — «ça va» 🎉."
    assert usage is not None
    assert usage.prompt_tokens > 0
    assert usage.reply_tokens > 0
    assert usage.done_reason == "stop"
    body = server.chats[0].body
    assert body["model"] == "devstral-2"
    assert body["stream_options"] == {"include_usage": True}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


@pytest.mark.parametrize(
    "form", ["bytewise", "crlf", "no-done", "null-content", "parts", "whole", "late-end"]
)
def test_every_form_of_stream_gives_the_same_text(server: ScriptedV1, form: str) -> None:
    server.fail_next(form)
    text, usage = told(model_at(server.url))
    assert text == "It is 42 — «ça va» 🎉."
    assert usage is not None
    assert usage.prompt_tokens > 0


def test_an_answer_without_a_finish_reason_is_cut(server: ScriptedV1) -> None:
    server.fail_next("end-early")
    text, usage = told(model_at(server.url))
    assert text == "It is"
    assert usage is None


def test_counters_that_are_not_told_are_not_invented(server: ScriptedV1) -> None:
    server.fail_next("no-usage")
    _, usage = told(model_at(server.url))
    assert usage is not None
    assert (usage.prompt_tokens, usage.cached_tokens) == (0, None)


@pytest.mark.parametrize(
    ("reason", "done"), [("length", "length"), ("model_length", "length"), ("stop", "stop")]
)
def test_the_end_says_whether_the_length_was_hit(server: ScriptedV1, reason: str, done: str) -> None:
    server.fail_next("finish", reason=reason)
    _, usage = told(model_at(server.url))
    assert usage is not None
    assert usage.done_reason == done


def test_what_the_server_had_cached_is_known(server: ScriptedV1) -> None:
    model = model_at(server.url)
    _, first = told(model)
    longer = [*ASKED, Message("assistant", "It is 42."), Message("user", "And 6 + 7?")]
    _, second = told(model, longer)
    assert first is not None
    assert second is not None
    assert second.cached_tokens is not None
    assert second.cached_tokens >= first.prompt_tokens - 1


def test_closing_ends_the_answer_at_once_from_another_thread() -> None:
    with ScriptedV1(["word " * 1000], piece_delay=0.01) as server:
        model = model_at(server.url)
        chunks = model.chat(ASKED, num_predict=2000)
        next(chunks)
        threading.Timer(0.05, model.close).start()
        rest = list(chunks)
        assert not any(chunk.usage for chunk in rest)
        assert server.wait_for(lambda: server.chats[0].closed_early)


def test_closing_before_the_first_byte_ends_the_wait(server: ScriptedV1) -> None:
    server.fail_next("hang")
    model = model_at(server.url)
    chunks = model.chat(ASKED, num_predict=10)
    threading.Thread(
        target=lambda: (server.wait_for(lambda: bool(server.chats)), model.close()), daemon=True
    ).start()
    assert list(chunks) == []
    assert server.wait_for(lambda: server.chats[0].closed_early)


def test_leaving_an_answer_early_closes_its_connection() -> None:
    with ScriptedV1(["word " * 1000], piece_delay=0.005) as server:
        chunks = model_at(server.url).chat(ASKED, num_predict=2000)
        next(chunks)
        chunks.close()  # type: ignore[attr-defined]
        assert server.wait_for(lambda: server.chats[0].closed_early)


def test_a_connection_is_used_again(server: ScriptedV1) -> None:
    from jupyter_devstral.core.model.kept_connections import kept_ports

    told(model_at(server.url))
    assert server.port in kept_ports()


def test_a_kept_connection_that_the_server_has_closed_is_replaced(server: ScriptedV1) -> None:
    told(model_at(server.url))
    # What the server does as soon as the next request comes on it.
    server.fail_next("reset")
    assert told(model_at(server.url))[0] == "It is 42 — «ça va» 🎉."
    assert len(server.chats) == 3


@pytest.mark.parametrize("meta", [False, True])
def test_the_window_is_what_the_server_says(meta: bool) -> None:
    with ScriptedV1(window=50_000, meta=meta) as server:
        window = model_at(server.url).window()
        assert (window.tokens, window.source) == (50_000, "loaded")
        told(model_at(server.url))
        assert [each.path for each in server.requests].count("/v1/models") == 1


def test_a_window_in_the_route_needs_no_request(server: ScriptedV1) -> None:
    window = model_at(server.url, window=9000).window()
    assert (window.tokens, window.source) == (9000, "configured")
    assert server.requests == []


def test_a_window_that_is_asked_for_can_only_be_smaller(server: ScriptedV1) -> None:
    assert model_at(server.url, Wishes(num_ctx=8000)).window().tokens == 8000
    assert model_at(server.url, Wishes(num_ctx=80_000)).window().tokens == 32_768


def test_without_a_model_the_first_one_of_the_server_answers(server: ScriptedV1) -> None:
    model = model_at(server.url, model="")
    told(model)
    assert server.chats[0].body["model"] == "devstral-2"


def test_the_key_comes_from_the_environment_and_goes_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", "sesame-4711")
    with ScriptedV1(key="sesame-4711") as server:
        model = model_at(server.url, key_env="LLM_KEY")
        assert told(model)[0] == "Hello."
        assert "sesame" not in repr(model.__dict__)
        assert "sesame" not in repr(model._link())


@pytest.mark.parametrize(
    ("value", "words"), [("", "is not set"), ("two words", "no key"), ("ключ", "no key")]
)
def test_a_key_that_is_none_is_said_without_showing_it(
    server: ScriptedV1, monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    monkeypatch.setenv("LLM_KEY", value)
    with pytest.raises(ConfigurationError, match=words) as caught:
        told(model_at(server.url, key_env="LLM_KEY"))
    assert not value or value not in str(caught.value)
    assert server.chats == []


def test_headers_carry_the_user_and_a_session_of_the_notebook(
    server: ScriptedV1, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    told(model_at(server.url, Wishes(session="5e55"), headers={"X-User-ID": "{user}@lab"}))
    assert server.chats[0].headers["x-user-id"] == "ada@lab"
    assert server.chats[0].headers["x-session-id"] == "5e55"
    assert "prompt_cache_key" not in server.chats[0].body


def test_mistrals_cloud_is_asked_in_its_own_words() -> None:
    config = DevstralConfig(routes={"mistral": {"address": "https://api.mistral.ai/v1", "model": "m"}})
    wishes = Wishes(temperature=1.7, seed=3, session="5e55")
    body = body_of(config.route("mistral"), config, wishes, "m", ASKED, 10)
    assert body["temperature"] == 1.0
    assert body["random_seed"] == 3
    assert body["prompt_cache_key"] == "5e55"
    assert "seed" not in body


def test_pictures_are_sent_as_data(server: ScriptedV1) -> None:
    told(model_at(server.url), [Message("user", "What is this?", ("/9j/AAAA", "iVBORw0KGgo="))])
    parts = server.chats[0].body["messages"][0]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert urls == ["data:image/jpeg;base64,/9j/AAAA", "data:image/png;base64,iVBORw0KGgo="]


def test_nothing_leaves_this_machine_unless_that_is_allowed() -> None:
    model = model_at("https://llm.example/v1")
    for ask in (model.window, model.models, model.version, model.details):
        with pytest.raises(RemoteRefused, match=r"llm\.example"):
            ask()
    with pytest.raises(RemoteRefused):
        model.chat(ASKED, num_predict=10)
    with pytest.raises(RemoteRefused):
        model.count(ASKED)


def test_models_are_not_downloaded_over_a_route(server: ScriptedV1) -> None:
    model = model_at(server.url)
    assert not model.can_pull
    with pytest.raises(UsageError, match="cannot be told to download"):
        model.pull("x")


def test_the_wait_is_said_in_words(server: ScriptedV1) -> None:
    server.fail_next("429", times=2, retry_after="1")
    model = model_at(server.url)
    said: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            said.add(model.phase())

    looking = threading.Thread(target=look)
    looking.start()
    text, _ = told(model)
    over.set()
    looking.join()
    assert text.startswith("It is 42")
    assert any(each.startswith("the engine is busy, third try in") for each in said), said
    first, second, third = (each.arrived_at for each in server.chats)
    assert second - first >= 1
    assert third - second >= 1
    assert model.phase() == ""
