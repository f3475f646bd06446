"""The same client against llama.cpp's own server, with a real (small) model."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_devstral.core.errors import RequestRefused, WindowExceeded
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.model.openai.client import OpenAIModel
from tests.core.model.openai.test_client import ASKED, model_at, told
from tests.support.models.llama_v1 import LlamaV1, start_llama_v1


@pytest.fixture(scope="module")
def real(smol_gguf: Path) -> Iterator[LlamaV1]:
    pytest.importorskip("xllamacpp", reason="the llama.cpp runtime xllamacpp is not installed")
    with start_llama_v1(smol_gguf) as server:
        yield server


@pytest.fixture
def model(real: LlamaV1, monkeypatch: pytest.MonkeyPatch) -> OpenAIModel:
    monkeypatch.setenv("LLM_KEY", real.key)
    return model_at(real.url, key_env="LLM_KEY", model="")


def test_it_answers_and_says_what_it_counted(model: OpenAIModel) -> None:
    chunks = list(model.chat(ASKED, num_predict=12))
    usage = chunks[-1].usage
    assert "".join(chunk.text for chunk in chunks)
    assert usage is not None
    assert usage.prompt_tokens > 10
    assert 0 < usage.reply_tokens <= 12
    assert usage.done_reason in ("length", "stop")


def test_a_longer_conversation_is_read_only_where_it_is_new(model: OpenAIModel) -> None:
    long = [Message("system", "Be brief."), Message("user", "Count: " + ", ".join(map(str, range(80))))]
    chunks = list(model.chat(long, num_predict=8))
    said = "".join(chunk.text for chunk in chunks)
    first = chunks[-1].usage
    more = [*long, Message("assistant", said), Message("user", "Go on.")]
    second = list(model.chat(more, num_predict=4))[-1].usage
    assert first is not None
    assert second is not None
    assert second.cached_tokens is not None
    assert second.cached_tokens >= 0.9 * first.prompt_tokens


def test_its_window_is_known(model: OpenAIModel, real: LlamaV1) -> None:
    assert model.window().tokens == real.window


def test_it_says_that_its_model_never_hears_of_tools(model: OpenAIModel) -> None:
    capabilities = model.details().capabilities
    assert "completion" in capabilities
    assert "tools" not in capabilities


def test_its_tokenizer_counts(model: OpenAIModel) -> None:
    assert 5 <= model.count(ASKED) <= 40


def test_a_prompt_beyond_the_window_is_refused_with_both_numbers(model: OpenAIModel, real: LlamaV1) -> None:
    with pytest.raises(WindowExceeded) as caught:
        told(model, [Message("user", "word " * 3000)])
    assert caught.value.window == real.window
    assert caught.value.prompt_tokens > real.window


def test_a_wrong_key_is_refused(real: LlamaV1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_KEY", "not-the-key")
    with pytest.raises(RequestRefused, match="does not accept the key in LLM_KEY"):
        told(model_at(real.url, key_env="LLM_KEY"))


def test_closing_frees_the_model_for_the_next_question(model: OpenAIModel) -> None:
    chunks = model.chat([Message("user", "Tell a very long story.")], num_predict=1500)
    next(chunks)
    threading.Timer(0.1, model.close).start()
    assert not any(chunk.usage for chunk in chunks)
    began = time.monotonic()
    list(model.chat(ASKED, num_predict=1))
    # Were the story still being written, this would wait for minutes.
    assert time.monotonic() - began < 60
