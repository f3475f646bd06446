"""A completion on `/api/generate`: streamed with its probabilities, closed at once, refused in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from jupyter_devstral.core.errors import ModelError, ModelMissing, RemoteRefused, RequestRefused
from jupyter_devstral.core.model.completion import CompletionRequest, unloading
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

MODEL = "qwen2.5-coder:1.5b-base"


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama(models=[devstral_card(), fim_card()]) as server:
        yield server


def model(server: ScriptedOllama, name: str = MODEL) -> OllamaModel:
    return OllamaModel(DevstralConfig(host=server.url), model=name)


def request(prompt: str = "x =", *, name: str = MODEL, suffix: str | None = None) -> CompletionRequest:
    return CompletionRequest(name, prompt, suffix, {"num_ctx": 4096, "num_predict": 40, "stop": ["\n"]}, 60)


def test_text_and_probabilities_arrive_and_the_body_is_sent_as_it_is(server: ScriptedOllama) -> None:
    server.replies = [Script([" 1", " +", " 2"], logprobs=[-0.5, -2.0, -0.25])]
    chunks = list(model(server).completion(request()).chunks())
    assert "".join(chunk.text for chunk in chunks) == " 1 + 2"
    tokens = [(token.text, token.logprob) for chunk in chunks for token in chunk.tokens]
    assert tokens == [(" 1", -0.5), (" +", -2.0), (" 2", -0.25)]
    assert chunks[-1].usage is not None
    assert server.completions[-1].body == request().body()


def test_a_suffix_is_put_in_place_by_the_server(server: ScriptedOllama) -> None:
    server.replies = ["1"]
    list(model(server).completion(request("x = ", suffix="\ny")).chunks())
    assert (server.completions[-1].body["suffix"], "raw" in server.completions[-1].body) == ("\ny", False)


def test_closing_from_another_thread_ends_it_and_the_server_sees_it(server: ScriptedOllama) -> None:
    server.replies = [Script(["a"] * 500, delay=0.05)]
    call = model(server).completion(request())
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.extend(chunk.text for chunk in call.chunks()))
    reader.start()
    assert server.wait_for(lambda: bool(server.completions) and server.completions[-1].lines > 1)
    call.close()
    reader.join(5)
    assert not reader.is_alive()
    assert server.wait_for(lambda: server.completions[-1].closed_early)


def test_closing_before_it_is_sent_sends_nothing(server: ScriptedOllama) -> None:
    call = model(server).completion(request())
    call.close()
    assert list(call.chunks()) == []
    assert server.completions == []


def test_leaving_early_closes_the_connection(server: ScriptedOllama) -> None:
    server.replies = [Script(["a"] * 500, delay=0.02)]
    chunks = model(server).completion(request()).chunks()
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert server.wait_for(lambda: server.completions[-1].closed_early)


def test_a_missing_model_and_one_that_cannot_insert_are_told_apart(server: ScriptedOllama) -> None:
    with pytest.raises(ModelMissing):
        list(model(server, "nobody").completion(request(name="nobody")).chunks())
    with pytest.raises(RequestRefused, match="does not support insert"):
        list(
            model(server, "devstral-small-2")
            .completion(request(name="devstral-small-2", suffix="x"))
            .chunks()
        )


@pytest.mark.parametrize(
    "fault", ["500", "502-html", "503", "error-line", "garbage-line", "drop", "reset", "reset-mid"]
)
def test_every_fault_is_a_model_error(server: ScriptedOllama, fault: str) -> None:
    server.replies = [Script(["a"] * 6, delay=0.01)]
    server.fail_next(fault)
    with pytest.raises(ModelError):
        list(model(server).completion(request()).chunks())


def test_after_a_fault_the_next_one_is_answered(server: ScriptedOllama) -> None:
    server.replies = ["1"]
    server.fail_next("drop", after=0)
    with pytest.raises(ModelError):
        list(model(server).completion(request()).chunks())
    assert next(chunk.text for chunk in model(server).completion(request()).chunks()) == "1"


def test_unloading_takes_the_model_out_of_memory(server: ScriptedOllama) -> None:
    client = model(server)
    list(client.completion(request()).chunks())
    assert MODEL in [running.name for running in client.running()]
    list(client.completion(unloading(MODEL)).chunks())
    assert MODEL not in [running.name for running in client.running()]


def test_nothing_is_sent_to_another_machine() -> None:
    far = OllamaModel(DevstralConfig(host="http://example.org"), model=MODEL)
    with pytest.raises(RemoteRefused):
        far.completion(request())
