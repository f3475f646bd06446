"""The seam against a real Ollama daemon: windows, cancelling, refusals, truncation, cache, continuing."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from jupyter_devstral.core.assistant import Assistant, Delta, Reply
from jupyter_devstral.core.doctor import examine
from jupyter_devstral.core.errors import ModelError, ModelMissing, WindowExceeded
from jupyter_devstral.core.model.messages import Chunk, Message, Usage
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.ollama.facts import full_name
from jupyter_devstral.core.model.window import Window
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.settings.config import DevstralConfig
from tests.support.models.ollama_daemon import OllamaDaemon

pytestmark = [pytest.mark.ollama, pytest.mark.timeout(300)]

SYSTEM = Message("system", "You are terse.")
TRAINED = 8192  # SmolLM2-135M


@pytest.fixture(params=["native", "rendered"])
def name(request: pytest.FixtureRequest, real_ollama: OllamaDaemon) -> str:
    """A model on each of Ollama's two paths: the GGUF's own template, and a Go template as Devstral has."""
    return real_ollama.native_model if request.param == "native" else real_ollama.templated_model


@pytest.fixture
def config(real_ollama: OllamaDaemon, name: str) -> Iterator[DevstralConfig]:
    """Settings for the small model, which is unloaded before the test."""
    real_ollama.unload()
    yield DevstralConfig(**real_ollama.settings, model=name, seed=1, keep_alive="2m", max_reply_tokens=24)
    real_ollama.unload()


def _ask(model: OllamaModel, text: str = "Say hello.", num_predict: int = 8) -> tuple[str, Usage]:
    chunks = list(model.chat([SYSTEM, Message("user", text)], num_predict=num_predict))
    usage = chunks[-1].usage
    assert usage is not None
    return "".join(chunk.text for chunk in chunks), usage


def _words(count: int) -> str:
    return " ".join(f"word{n}" for n in range(count))


def test_streams_with_counters_and_repeats_itself(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    text, usage = _ask(model)
    assert text.strip()
    assert usage.prompt_tokens > 5
    assert 0 < usage.reply_tokens <= 8
    assert usage.load_seconds > 0
    again, second = _ask(model)
    assert second.prompt_tokens == usage.prompt_tokens
    # No reload: a quarter of a second is far less than any load, and far more than none.
    assert second.load_seconds < max(0.25, usage.load_seconds / 2)
    # Both from the prefix cache: a prompt read in one go gives other roundings than one that was cached.
    assert _ask(model)[0] == again


def test_the_length_limit_is_reported(config: DevstralConfig) -> None:
    _, usage = _ask(OllamaModel(config), "Count from one to one hundred in words.", num_predict=4)
    assert usage.done_reason == "length"


def test_window_rules(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    assert model.window() == Window(TRAINED, "model")
    assert OllamaModel(config, num_ctx=1024).window() == Window(1024, "configured")
    _ask(OllamaModel(config, num_ctx=1024))
    assert model.window() == Window(1024, "loaded")
    assert model.window(1024) == Window(1024, "loaded")
    assert model.window(1025) == Window(TRAINED, "model")
    config.num_ctx = 2048
    assert model.window() == Window(1024, "loaded")
    assert model.window(1500) == Window(2048, "configured")
    # A request that fits reuses what is loaded, and so does not load again.
    _, usage = _ask(model)
    assert usage.load_seconds < 0.25
    assert model.window() == Window(1024, "loaded")


def test_a_prompt_that_is_too_long_is_refused_with_its_length(config: DevstralConfig) -> None:
    model = OllamaModel(config, num_ctx=512)
    with pytest.raises(WindowExceeded) as caught:
        _ask(model, _words(900))
    assert caught.value.window == 512
    assert caught.value.prompt_tokens > 900
    assert _ask(model)[0]


def test_the_assistant_repacks_once(config: DevstralConfig) -> None:
    config.num_ctx = 2048
    # Words that the estimate takes for far fewer tokens than this model needs.
    cells = tuple(Cell(f"c{n}", n, "code", f"t{n} = '{'ѫѮѰ' * 40}'") for n in range(24))
    assistant = Assistant(config, OllamaModel(config, num_ctx=2048))
    request = Request(Task.ASK, "Which variables are there?", Notebook(cells))
    reply = _finish(assistant, request)
    assert reply.usage is not None
    assert reply.usage.prompt_tokens <= 2048
    assert reply.prompt.dropped
    assert any("packed smaller and sent again" in note for note in reply.notes)
    assert reply.window.tokens == 2048


def test_missing_model(config: DevstralConfig) -> None:
    model = OllamaModel(config, model="no-such-model:1b")
    with pytest.raises(ModelMissing, match=r"%devstral pull no-such-model:1b"):
        list(model.chat([Message("user", "x")], num_predict=1))
    with pytest.raises(ModelMissing):
        # Also when the chat itself is the first to find out.
        list(model.chat([Message("user", "x")], num_predict=1, window=Window(512, "configured")))


def test_pull_errors_are_sentences(config: DevstralConfig) -> None:
    with pytest.raises(ModelError) as caught:
        list(OllamaModel(config).pull("127.0.0.1:9/nobody/nothing:latest"))
    assert "nothing" in str(caught.value)
    assert "{" not in str(caught.value)


def test_listing(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    assert model.version()
    mine = next(info for info in model.models() if full_name(info.name) == full_name(config.model))
    assert mine.size > 50_000_000
    assert not mine.remote
    _ask(model)
    assert any(running.context_length == TRAINED for running in model.running())


def test_close_while_streaming(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    _ask(model)
    closed_at: list[float] = []

    def close() -> None:
        closed_at.append(time.monotonic())
        model.close()

    got: list[Chunk] = []
    for chunk in model.chat([SYSTEM, Message("user", "Write a long story.")], num_predict=2000):
        got.append(chunk)
        if len(got) == 3:
            threading.Timer(0.1, close).start()
    assert time.monotonic() - closed_at[0] < 1.0
    assert got[-1].usage is None
    # The daemon is free again at once.
    started = time.monotonic()
    _ask(model)
    assert time.monotonic() - started < 15


def test_close_while_loading_or_reading(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    window = model.window()
    timer = threading.Timer(0.2, model.close)
    timer.start()
    started = time.monotonic()
    chunks = list(model.chat([SYSTEM, Message("user", _words(1500))], num_predict=2000, window=window))
    assert time.monotonic() - started < 5
    assert not chunks or chunks[-1].usage is None
    timer.join()
    assert _ask(model)[0]


def test_phase_while_loading(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    phases: list[str] = []
    thread = threading.Thread(target=lambda: _ask(model, _words(200)))
    thread.start()
    while thread.is_alive():
        phases.append(model.phase())
        time.sleep(0.03)
    thread.join()
    waiting = {phase for phase in phases if phase not in ("", "preparing", "writing")}
    assert waiting & {"loading the model", "waiting for the model server"}
    assert all(
        re.fullmatch(r"waiting.*|loading the model|queued.*|reading [\d.k]+ tokens", one) for one in waiting
    )
    assert model.phase() == ""


def test_another_name_of_a_loaded_model_shares_its_window(config: DevstralConfig) -> None:
    _ask(OllamaModel(config, num_ctx=1024))
    alias = "jupyter-devstral-test-alias:135m"
    with httpx.Client(base_url=config.host, timeout=60, trust_env=False) as client:
        client.post("/api/copy", json={"source": config.model, "destination": alias}).raise_for_status()
        try:
            other = OllamaModel(config, model=alias)
            assert other.window() == Window(1024, "loaded")
            assert _ask(other)[1].load_seconds < 0.25
            findings = examine(
                DevstralConfig(host=config.host, allow_remote=config.allow_remote, model=alias)
            )
            assert any("It is loaded with a window of 1,024 tokens" in finding.text for finding in findings)
        finally:
            client.request("DELETE", "/api/delete", json={"model": alias}).raise_for_status()


def test_the_second_request_reads_only_what_is_new(config: DevstralConfig) -> None:
    model = OllamaModel(config)
    _ask(model)
    prefix = _words(400)
    _, cold = _ask(model, f"{prefix}\nFirst question?")
    _, warm = _ask(model, f"{prefix}\nSecond question?")
    assert abs(warm.prompt_tokens - cold.prompt_tokens) < 10
    assert warm.prompt_seconds < cold.prompt_seconds / 2
    assert warm.load_seconds < 0.25


def test_continue_goes_on(config: DevstralConfig) -> None:
    assistant = Assistant(config, OllamaModel(config))
    first = _finish(assistant, Request(Task.ASK, "Tell me a long story about a fox.", Notebook()))
    assert first.finished == "length"
    assert "%devstral continue" in first.receipt()
    stream = assistant.continue_reply(first)
    text = "".join(event.text for event in stream if isinstance(event, Delta))
    reply = stream.result()
    assert reply.text == text
    assert reply.text.startswith(first.text)
    assert reply.finished in ("length", "stop")


def test_the_estimate_moves_towards_the_daemons_count(config: DevstralConfig) -> None:
    assistant = Assistant(config, OllamaModel(config))
    cells = tuple(Cell(f"c{n}", n, "code", f"value_{n} = compute({n})") for n in range(20))
    reply = _finish(assistant, Request(Task.ASK, "What is value_3?", Notebook(cells)))
    assert reply.usage is not None
    assert 0.5 < reply.prompt.tokens / reply.usage.prompt_tokens < 2
    assert not any("in silence" in note for note in reply.notes)


def test_doctor(config: DevstralConfig) -> None:
    findings = examine(config)
    assert findings[0].ok is True
    assert all(finding.ok is not False for finding in findings)
    _ask(OllamaModel(config))
    assert any("It is loaded with a window of 8,192 tokens" in finding.text for finding in examine(config))
    missing = DevstralConfig(host=config.host, allow_remote=config.allow_remote, model="no-such-model:1b")
    assert any(finding.ok is False and "pull" in finding.next_step for finding in examine(missing))


def _finish(assistant: Assistant, request: Request) -> Reply:
    stream = assistant.reply(request)
    for _ in stream:
        pass
    return stream.result()
