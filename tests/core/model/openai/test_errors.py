"""Every form of error as advice: what llama-server said when it was asked, what vLLM's source and Mistral's
documentation say that they say."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from jupyter_devstral.core.errors import (
    ModelError,
    ModelMissing,
    NoServer,
    RequestRefused,
    RunnerFailed,
    ServerBusy,
    WindowExceeded,
)
from jupyter_devstral.core.model.openai import client as client_module
from jupyter_devstral.core.model.openai.errors import Busy, refusal, stream_error, unpack
from jupyter_devstral.core.model.openai.link import Link
from jupyter_devstral.core.model.openai.waiting import BACK_OFF_SECONDS, pause_before, seconds_of
from tests.core.model.openai.test_client import model_at, told
from tests.support.scripted.openai_server import ScriptedV1

LINK = Link("cluster", "https://llm.example:443/v1", key="sesame-4711", key_env="LLM_KEY")
LLAMA = {
    "code": 400,
    "message": "request (9031 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 9031,
    "n_ctx": 4096,
}
VLLM = "This model's maximum context length is 4096 tokens. However, "


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    client_module._listed.clear()


@pytest.fixture
def server() -> Iterator[ScriptedV1]:
    with ScriptedV1() as running:
        yield running


@pytest.mark.parametrize(
    ("body", "prompt_tokens", "window"),
    [
        ({"error": LLAMA}, 9031, 4096),
        ({"error": json.dumps({"error": LLAMA})}, 9031, 4096),
        ({"error": {"message": f"{VLLM}your prompt contains 9031 input tokens."}}, 9031, 4096),
        ({"error": {"message": f"{VLLM}your prompt contains at least 9,031 input tokens."}}, 9031, 4096),
        ({"object": "error", "message": f"{VLLM}your prompt contains 31000 characters."}, 0, 4096),
        (
            {"error": {"message": f"{VLLM}you requested 500 output tokens and your prompt contains at least "
                       "9031 input tokens, for a total of at least 9531 tokens."}},
            9031,
            4096,
        ),
        (
            {"message": f"{VLLM}you requested 9531 tokens (9031 in the messages, 500 in the completion)."},
            9031,
            4096,
        ),
        (
            {"object": "error", "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for "
             "model with 32768 maximum context length"},
            40000,
            32768,
        ),
        ({"error": "The number of tokens to keep from the initial prompt is greater than the context length"},
         0, 0),
    ],
)  # fmt: skip
def test_an_overlong_prompt_is_known_in_every_wording(body: object, prompt_tokens: int, window: int) -> None:
    error = refusal(LINK, 400, json.dumps(body))
    assert isinstance(error, WindowExceeded)
    assert (error.prompt_tokens, error.window) == (prompt_tokens, window)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            401,
            {"error": {"message": "Invalid API Key"}},
            RequestRefused,
            "does not accept the key in LLM_KEY",
        ),
        (403, {"message": "no plan"}, RequestRefused, "does not allow this"),
        (404, {"message": "The model `x` does not exist.", "param": "model"}, ModelMissing, "has no model x"),
        (400, {"object": "error", "message": "Invalid model: x"}, ModelMissing, "has no model x"),
        (404, {"detail": "Not Found"}, RequestRefused, "usually ends with /v1"),
        (404, "<html><title>nginx</title></html>", RequestRefused, "nginx"),
        (413, "", RequestRefused, "no request this large"),
        (422, {"detail": [{"loc": ["body", "seed"], "msg": "extra"}]}, RequestRefused, "body.seed: extra"),
        (422, {"message": {"detail": [{"loc": ["a"], "msg": "b"}]}}, RequestRefused, "a: b"),
        (429, {"message": "Requests rate limit exceeded"}, ServerBusy, "takes no more requests"),
        (429, {"error": {"code": "insufficient_quota", "message": "q"}}, ServerBusy, "is spent"),
        (307, "", RequestRefused, "not followed"),
        (407, "", RequestRefused, "wants a sign-in"),
        (500, {"error": {"message": "CUDA out of memory"}}, RunnerFailed, "ran out of memory"),
        (500, {"error": {"message": "boom"}}, RunnerFailed, "could not answer"),
        (502, "<html><title>Bad</title></html>", ServerBusy, "busy or not up"),
        (503, {"error": {"message": "Loading model"}}, ServerBusy, "is loading its model"),
        (400, {"error": {"message": "Conversation roles must alternate"}}, RequestRefused, "chat template"),
        (400, {"error": {"message": "top_p is wrong"}}, RequestRefused, "top_p is wrong"),
        (400, "what?", RequestRefused, "not the API"),
    ],
)
def test_every_refusal_is_advice(status: int, body: object, kind: type[ModelError], words: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    error = refusal(LINK, status, text, model="x")
    assert isinstance(error, kind)
    assert words in str(error)
    assert "\n" not in str(error)


def test_a_key_that_the_server_repeats_is_not_shown() -> None:
    said = json.dumps({"error": {"message": "Incorrect API key provided: sesame-4711."}})
    assert "sesame" not in str(refusal(LINK, 401, said))
    assert "sesame" not in str(stream_error(LINK, said, model="m", begun=True))


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "[" * 100_000, '{"error": {}}', '{"error": 7}', "\x00\x1b[2J"]
)
def test_no_body_is_too_strange_to_be_read(body: str) -> None:
    assert unpack(body).text.isprintable()
    assert str(refusal(LINK, 400, body))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_a_time_to_come_back_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    assert seconds_of(header) == seconds


def test_coming_back_obeys_the_server_and_ends() -> None:
    busy = Busy("later")
    assert pause_before(1, busy, "") == BACK_OFF_SECONDS[0]
    assert pause_before(1, busy, "7") == 7
    assert pause_before(1, busy, "3600") is None
    assert pause_before(len(BACK_OFF_SECONDS) + 1, busy, "1") is None
    assert pause_before(1, Busy("spent", again=False), "1") is None
    assert pause_before(20, Busy("loading", loading=True), "") == 2


def test_an_error_in_the_stream_ends_the_answer_with_its_words(server: ScriptedV1) -> None:
    server.replies = ["one two three four five"]
    server.fail_next("error-event", body={"error": {"message": "engine died", "code": 500}})
    with pytest.raises(RunnerFailed, match=r"in the middle of its answer.*engine died"):
        told(model_at(server.url))


@pytest.mark.parametrize("kind", ["cut", "reset-mid", "garbage"])
def test_a_stream_that_breaks_is_an_error_and_not_an_end(server: ScriptedV1, kind: str) -> None:
    server.replies = ["one two three four five"]
    server.fail_next(kind)
    with pytest.raises(RunnerFailed, match="n the middle of the answer"):
        told(model_at(server.url))


def test_a_connection_that_is_reset_before_the_answer_is_said(server: ScriptedV1) -> None:
    server.fail_next("reset")
    with pytest.raises(RunnerFailed, match="lost before it answered"):
        told(model_at(server.url))


def test_a_web_page_is_no_answer(server: ScriptedV1) -> None:
    server.fail_next("web-page")
    with pytest.raises(RunnerFailed, match="does not speak the OpenAI API"):
        told(model_at(server.url))


def test_a_redirect_is_not_followed_and_the_key_stays_here(
    server: ScriptedV1, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_KEY", "sesame-4711")
    with ScriptedV1() as other:
        server.fail_next("redirect", location=f"{other.url}/chat/completions")
        with pytest.raises(RequestRefused, match="not followed"):
            told(model_at(server.url, key_env="LLM_KEY"))
        assert other.requests == []


def test_a_prompt_counted_in_characters_is_counted_by_the_tokenizer(server: ScriptedV1) -> None:
    said = {"object": "error", "message": f"{VLLM}your prompt contains 31000 characters."}
    server.fail_next("status", status=400, body=said)
    with pytest.raises(WindowExceeded) as caught:
        told(model_at(server.url))
    assert caught.value.prompt_tokens > 0
    assert server.requests[-1].path == "/tokenize"


def test_a_prompt_that_is_too_long_is_not_sent_again_as_it_is(server: ScriptedV1) -> None:
    server.fail_next("status", times=2, status=400, body={"error": LLAMA})
    with pytest.raises(WindowExceeded):
        told(model_at(server.url))
    assert len(server.chats) == 1


def test_a_model_that_loads_is_waited_for(server: ScriptedV1) -> None:
    server.fail_next("503-loading")
    assert told(model_at(server.url))[0] == "Hello."
    assert len(server.chats) == 2


def test_nobody_at_the_address_is_said_with_the_route() -> None:
    with pytest.raises(NoServer, match="the route cluster"):
        told(model_at("http://127.0.0.1:9/v1"))
