"""The same checks against the embedded server and against a real Ollama daemon: one API, one behaviour.

Against the daemon they run twice: with the model as its GGUF describes it, and with a Go template.
No absolute times: the machine may be slow and busy.
"""

from __future__ import annotations

import json
import re
import time

import httpx
import pytest

from tests.support.models.embedded_process import EmbeddedProcess
from tests.support.models.ollama_daemon import OllamaDaemon
from tests.support.scripted.raw_client import RawClient
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)
FINAL_KEYS = [
    "model",
    "created_at",
    "message",
    "done",
    "done_reason",
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
]


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("ollama", marks=pytest.mark.ollama),
        pytest.param("ollama-templated", marks=pytest.mark.ollama),
    ]
)
def client(request: pytest.FixtureRequest) -> RawClient:
    if request.param == "embedded":
        embedded: EmbeddedProcess = request.getfixturevalue("embedded_server")
        return RawClient(embedded.url, embedded.model, timeout=600)
    daemon: OllamaDaemon = request.getfixturevalue("real_ollama")
    model, other = daemon.model, daemon.templated_model
    if request.param == "ollama-templated":
        model, other = other, model
    client = RawClient(daemon.url, model, timeout=600)
    # Both are one file, which a daemon runs once and lists under the name it was loaded by.
    if any(running["name"] == other for running in client.running()):
        daemon.unload()
    return client


def windows(client: RawClient) -> list[int]:
    """The window of the test's own model, if it is loaded; a daemon may run others."""
    return [running["context_length"] for running in client.running() if running["name"] == client.model]


def unload(client: RawClient) -> None:
    client.unload()
    assert eventually(lambda: windows(client) == [])


def code(functions: int) -> str:
    return "\n".join(f"def f{number}(x): return x + {number}" for number in range(functions))


def test_root_and_version(client: RawClient) -> None:
    assert client.get("/").text == "Ollama is running"
    assert re.match(r"\d+\.\d+", client.get("/api/version").json()["version"])
    assert client.get("/api/nope").status_code == 404
    wrong = client.get("/api/chat")
    assert (wrong.status_code, wrong.text) == (405, "405 method not allowed")


def test_tags_and_show(client: RawClient) -> None:
    tags = {tag["name"]: tag for tag in client.get("/api/tags").json()["models"]}
    tag = tags[client.model]
    assert tag["details"]["family"] == "llama"
    assert tag["size"] > 50_000_000
    assert len(tag["digest"]) == 64
    show = httpx.post(
        client.url + "/api/show", json={"model": client.model}, timeout=60, trust_env=False
    ).json()
    info = show["model_info"]
    assert info[info["general.architecture"] + ".context_length"] == 8192
    assert "completion" in show["capabilities"]
    assert "insert" not in show["capabilities"]
    assert show["details"]["parameter_size"] == tag["details"]["parameter_size"]


def test_missing_model(client: RawClient) -> None:
    for path in ("/api/chat", "/api/show"):
        answer = client.post(
            path, {"model": "jupyter-devstral-nope:1b", "messages": [{"role": "user", "content": "x"}]}
        )
        assert answer.status == 404
        assert answer.final == {"error": "model 'jupyter-devstral-nope:1b' not found"}


def test_bad_bodies(client: RawClient) -> None:
    for content, error in ((b"", "missing request body"), (b'{"model": ', "unexpected EOF")):
        answer = httpx.post(client.url + "/api/chat", content=content, timeout=60, trust_env=False)
        assert (answer.status_code, answer.json()) == (400, {"error": error})
    wrong = client.chat("x", options={"num_ctx": "big"})
    assert (wrong.status, wrong.final["error"]) == (500, 'option "num_ctx" must be of type integer')


def test_chat_stream(client: RawClient) -> None:
    answer = client.chat("Count from one to ten in words.", options={"num_predict": 6})
    assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
    assert all(list(record) == ["model", "created_at", "message", "done"] for record in answer.records[:-1])
    assert list(answer.final) == FINAL_KEYS
    assert answer.final["model"] == client.model
    assert answer.final["done_reason"] in ("stop", "length")
    assert 1 <= answer.final["eval_count"] <= 6
    assert answer.text


def test_chat_not_streamed(client: RawClient) -> None:
    answer = client.chat("Count from one to ten in words.", stream=False, options={"num_predict": 1})
    assert answer.content_type == "application/json; charset=utf-8"
    assert list(answer.final) == FINAL_KEYS
    assert (answer.final["eval_count"], answer.final["done_reason"]) == (1, "length")


def test_generate_raw(client: RawClient) -> None:
    body = {"model": client.model, "prompt": "one two three", "raw": True, "stream": False}
    answer = client.post(
        "/api/generate", {**body, "options": {"num_ctx": 2048, "num_predict": 2, "temperature": 0}}
    )
    assert answer.status == 200
    assert isinstance(answer.final["response"], str)
    assert "context" not in answer.final
    assert 2 <= answer.final["prompt_eval_count"] <= 6


def test_load_and_unload(client: RawClient) -> None:
    unload(client)
    body = {"model": client.model, "messages": [], "options": {"num_ctx": 2048}, "keep_alive": "10m"}
    loaded = client.post("/api/chat", body).final
    assert (loaded["done"], loaded["done_reason"], loaded["message"]["content"]) == (True, "load", "")
    assert windows(client) == [2048]
    gone = client.post("/api/chat", {"model": client.model, "messages": [], "keep_alive": 0}).final
    assert gone["done_reason"] == "unload"
    assert eventually(lambda: windows(client) == [])


def test_window_in_ps_and_reload(client: RawClient) -> None:
    unload(client)
    client.chat("hi", options={"num_ctx": 1024, "num_predict": 1})
    assert windows(client) == [1024]
    same = client.chat("hi", options={"num_ctx": 1024, "num_predict": 1, "temperature": 0.9, "top_p": 0.5})
    changed = client.chat("hi", options={"num_ctx": 2048, "num_predict": 1})
    assert windows(client) == [2048]
    assert changed.final["load_duration"] > 5 * same.final["load_duration"]


def test_window_is_clamped_to_the_trained_one(client: RawClient) -> None:
    client.chat("hi", options={"num_ctx": 100_000, "num_predict": 1})
    assert windows(client) == [8192]


@pytest.mark.parametrize("stream", [True, False])
def test_truncate_false_is_refused_with_numbers(client: RawClient, stream: bool) -> None:
    answer = client.chat(
        "word " * 900, truncate=False, stream=stream, options={"num_ctx": 512, "num_predict": 4}
    )
    assert answer.status == 400
    error = answer.inner_error()
    assert (error["type"], error["n_ctx"]) == ("exceed_context_size_error", 512)
    assert 900 < error["n_prompt_tokens"] < 980
    shorter = client.chat(
        "word " * 300, truncate=False, stream=stream, options={"num_ctx": 512, "num_predict": 1}
    )
    assert shorter.status == 200


def test_default_truncation_is_silent(client: RawClient) -> None:
    answer = client.chat("word " * 900, stream=False, options={"num_ctx": 512, "num_predict": 4})
    assert answer.status == 200
    assert answer.final["prompt_eval_count"] == 258


def test_long_history_loses_old_messages(client: RawClient) -> None:
    messages = [
        {"role": "system", "content": "SYS"},
        {"role": "user", "content": "word " * 900},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "bye?"},
    ]
    body = client.chat_body("", messages=messages, stream=False, options={"num_ctx": 512, "num_predict": 2})
    assert client.post("/api/chat", body).final["prompt_eval_count"] < 80


def test_unchanged_prompt_is_not_read_again(client: RawClient) -> None:
    unload(client)
    prompt = f"{code(25)}\nWhat does f7 do?"
    cold = client.chat(prompt, options={"num_predict": 1})
    warm = client.chat(prompt, options={"num_predict": 1})
    assert warm.final["prompt_eval_count"] == cold.final["prompt_eval_count"] > 200
    assert warm.final["prompt_eval_duration"] < cold.final["prompt_eval_duration"] / 3


def test_only_the_end_that_changed_is_read(client: RawClient) -> None:
    unload(client)
    cold = client.chat(f"{code(25)}\nWhat does f7 do?", options={"num_predict": 1})
    other = client.chat(f"{code(25)}\nWhat does f8 do?", options={"num_predict": 1})
    assert other.final["prompt_eval_duration"] < cold.final["prompt_eval_duration"] / 2


def test_cancel_while_streaming_frees_the_model(client: RawClient) -> None:
    options = {"num_predict": 3000, "num_ctx": 8192}
    client.chat("hi", options={**options, "num_predict": 1})
    times = []
    body = client.chat_body("Write a very long story about a dragon.", options=options)
    with httpx.stream("POST", client.url + "/api/chat", json=body, timeout=600, trust_env=False) as response:
        for line in response.iter_lines():
            times.append(time.perf_counter())
            if len(times) == 6 or json.loads(line).get("done"):
                break
    seconds_per_token = (times[-1] - times[0]) / max(len(times) - 1, 1)
    begun = time.perf_counter()
    assert client.chat("hi", options={**options, "num_predict": 1}).status == 200
    assert time.perf_counter() - begun < max(3000 * seconds_per_token / 2, 10)


def test_pull_of_what_does_not_exist_is_an_error_line(client: RawClient) -> None:
    # Nothing listens there: nobody beyond this machine is asked.
    answer = client.post("/api/pull", {"model": "127.0.0.1:9/jupyter-devstral/no-such-model:1b"})
    assert answer.status == 200
    assert answer.records[0] == {"status": "pulling manifest"}
    assert answer.final["error"]


def test_unsupported_requests(client: RawClient) -> None:
    tool = {
        "type": "function",
        "function": {"name": "f", "description": "", "parameters": {"type": "object"}},
    }
    answer = client.chat("x", tools=[tool])
    assert answer.status == 400
    assert "does not support tools" in answer.final["error"]
    answer = client.chat("x", think=True)
    assert (answer.status, answer.final["error"]) == (400, f'"{client.model}" does not support thinking')
    body = {"model": client.model, "prompt": "def f(", "suffix": "return x"}
    answer = client.post("/api/generate", body)
    assert answer.status == 400
    assert "does not support insert" in answer.final["error"]
