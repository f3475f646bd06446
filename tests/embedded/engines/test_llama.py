"""A real llama.cpp model behind the embedded server: tokens, streaming, cancel, cache, queue, window."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_devstral.embedded.engine import Counters, Job, Piece, RunnerOptions
from jupyter_devstral.embedded.engines.gguf import model_card, model_name
from jupyter_devstral.embedded.engines.llama import LlamaEngine
from tests.support.models.embedded_process import EmbeddedProcess
from tests.support.scripted.raw_client import Answer, RawClient

pytestmark = pytest.mark.timeout(300)
LIST = "\n".join(f"def f{number}(x): return x + {number}" for number in range(12))


@pytest.fixture
def client(embedded_server: EmbeddedProcess) -> RawClient:
    return RawClient(embedded_server.url, embedded_server.model)


def test_streams_one_record_per_token_and_counts_them(client: RawClient) -> None:
    answer = client.chat("Say hello.", options={"num_predict": 6})
    assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
    *pieces, final = answer.records
    assert len(pieces) >= 2
    assert all(record["message"]["content"] and not record["done"] for record in pieces)
    assert final["done"]
    assert final["done_reason"] in ("stop", "length")
    assert 0 < final["eval_count"] <= 6
    assert final["prompt_eval_count"] > 10
    assert final["total_duration"] >= final["prompt_eval_duration"] + final["eval_duration"]


def test_not_streamed_is_the_same_text(client: RawClient) -> None:
    streamed = client.chat("Name three colours.")
    whole = client.chat("Name three colours.", stream=False)
    assert whole.content_type.startswith("application/json")
    assert whole.text == streamed.text != ""
    assert whole.final["eval_count"] == streamed.final["eval_count"]


def test_num_predict_limits_the_answer(client: RawClient) -> None:
    answer = client.chat("Count from one to twenty in words.", options={"num_predict": 1})
    assert (answer.final["eval_count"], answer.final["done_reason"]) == (1, "length")


def test_an_answer_that_only_repeats_itself_says_so_at_its_end(client: RawClient) -> None:
    body = {"model": client.model, "prompt": "44 / 9 = 4." + "8" * 60, "raw": True}
    options = {"temperature": 0, "num_predict": 100, "num_ctx": 2048}
    final = client.post("/api/generate", {**body, "options": options}).final
    assert final["done"]
    assert final["done_reason"] == "repetition"
    assert final["eval_count"] < 100


def test_the_same_seed_gives_the_same_text(client: RawClient) -> None:
    options = {"temperature": 1.5, "top_k": 0, "top_p": 1.0, "num_predict": 12}
    texts = [client.chat("Invent a name.", options={**options, "seed": seed}).text for seed in (7, 7, 8, 9)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1, "the seed changes nothing"


def test_stop_words_end_the_answer(client: RawClient) -> None:
    answer = client.chat("Count: 1, 2, 3, 4, 5, 6. Repeat that.", options={"stop": [","], "num_predict": 30})
    assert "," not in answer.text
    assert answer.final["done_reason"] in ("stop", "length")


def test_second_request_reads_only_what_is_new(client: RawClient) -> None:
    client.unload()
    cold = client.chat(LIST + "\nWhat does f3 do?", options={"num_predict": 1})
    warm = client.chat(LIST + "\nWhat does f4 do?", options={"num_predict": 1})
    assert warm.final["prompt_eval_count"] >= cold.final["prompt_eval_count"] - 2
    assert warm.final["prompt_eval_duration"] < cold.final["prompt_eval_duration"] / 4


def test_context_length_and_reload(client: RawClient) -> None:
    client.chat("hi", options={"num_ctx": 1024, "num_predict": 1})
    assert [model["context_length"] for model in client.running()] == [1024]
    same = client.chat("hi", options={"num_ctx": 1024, "num_predict": 1, "temperature": 0.7})
    other = client.chat("hi", options={"num_ctx": 100_000, "num_predict": 1})
    assert [model["context_length"] for model in client.running()] == [8192], (
        "clamped to what it was trained for"
    )
    assert other.final["load_duration"] > 20 * same.final["load_duration"]


def test_truncate_false_refuses_with_exact_numbers(client: RawClient) -> None:
    long = "word " * 700
    answer = client.chat(long, truncate=False, options={"num_ctx": 512})
    assert answer.status == 400
    error = answer.inner_error()
    assert error["type"] == "exceed_context_size_error"
    assert (error["n_ctx"], error["code"]) == (512, 400)
    assert error["n_prompt_tokens"] > 700


def test_default_cuts_the_front_silently(client: RawClient) -> None:
    answer = client.chat("word " * 700, options={"num_ctx": 512, "num_predict": 2})
    assert (answer.status, answer.final["prompt_eval_count"]) == (200, 512 // 2 + 2)


def test_long_history_loses_its_oldest_messages(client: RawClient) -> None:
    messages = [
        {"role": "system", "content": "SYS"},
        {"role": "user", "content": "word " * 700},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "bye?"},
    ]
    answer = client.post("/api/chat", client.chat_body("", messages=messages, options={"num_ctx": 512}))
    assert answer.status == 200
    assert answer.final["prompt_eval_count"] < 60


def test_two_requests_take_turns(client: RawClient) -> None:
    client.chat("hi", options={"num_predict": 1})
    answers: list[tuple[float, Answer, float]] = []

    def ask(number: int) -> None:
        begun = time.monotonic()
        answer = client.chat(f"Tell story {number}.", options={"num_predict": 120})
        answers.append((begun, answer, time.monotonic()))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    (_, _, freed), (begun, second, _) = answers  # in the order in which they were done
    work = sum(second.final[name] for name in ("load_duration", "prompt_eval_duration", "eval_duration"))
    waited = (second.final["total_duration"] - work) / 1e9
    assert waited > (freed - begun) / 2 - 0.05, "waiting is in the total and in no other counter"


def test_disconnect_frees_the_server(client: RawClient) -> None:
    body = client.chat_body(
        "Write a very long story about a dragon.", options={"num_predict": 2000, "num_ctx": 4096}
    )
    with httpx.stream("POST", client.url + "/api/chat", json=body, timeout=120, trust_env=False) as response:
        lines = response.iter_lines()
        next(lines)
        begun = time.perf_counter()
        for _ in range(8):
            next(lines)
        seconds_per_token = (time.perf_counter() - begun) / 8
    begun = time.perf_counter()
    client.chat("hi", options={"num_predict": 1, "num_ctx": 4096})
    assert time.perf_counter() - begun < 2000 * seconds_per_token / 2, "it did not wait for the whole answer"


def test_disconnect_while_the_prompt_is_read(client: RawClient) -> None:
    client.chat("hi", options={"num_predict": 1, "num_ctx": 8192})
    read = client.chat("other " * 600, options={"num_predict": 1, "num_ctx": 8192}).final
    seconds_per_token = read["prompt_eval_duration"] / 1e9 / 600
    body = client.chat_body("word " * 6000, options={"num_predict": 1, "num_ctx": 8192})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(client.url + "/api/chat", json=body, timeout=httpx.Timeout(60, read=0.5), trust_env=False)
    begun = time.perf_counter()
    client.chat("hi", options={"num_predict": 1, "num_ctx": 8192})
    assert time.perf_counter() - begun < 6000 * seconds_per_token / 2, "it did not wait for the whole prompt"


def test_disconnect_while_queued_leaves_the_queue(client: RawClient) -> None:
    client.chat("hi", options={"num_predict": 1})
    finals: list[dict[str, Any]] = []
    first = threading.Thread(
        target=lambda: finals.append(client.chat("Tell a story.", options={"num_predict": 30}).final)
    )
    first.start()
    time.sleep(0.2)
    queued = client.chat_body("Tell a long story.", options={"num_predict": 1500})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            client.url + "/api/chat", json=queued, timeout=httpx.Timeout(60, read=0.05), trust_env=False
        )
    first.join()
    seconds_per_token = finals[0]["eval_duration"] / 1e9 / finals[0]["eval_count"]
    begun = time.perf_counter()
    client.chat("hi", options={"num_predict": 1})
    assert time.perf_counter() - begun < 1500 * seconds_per_token / 2, "nobody waits for one who left"


def test_the_server_answers_while_it_loads_and_reads(client: RawClient) -> None:
    client.unload()
    asking = threading.Thread(
        target=client.chat, args=("word " * 400,), kwargs={"options": {"num_predict": 1}}
    )
    asking.start()
    answered = 0
    while asking.is_alive():
        assert client.get("/api/version").status_code == 200
        answered += 1
    # A server that is blocked while it loads or reads would answer before, between and after.
    assert answered > 5


def test_unload_and_keep_alive(client: RawClient) -> None:
    loaded = client.post("/api/chat", {"model": client.model, "messages": [], "options": {"num_ctx": 512}})
    assert (loaded.final["done_reason"], len(client.running())) == ("load", 1)
    gone = client.post("/api/chat", {"model": client.model, "messages": [], "keep_alive": 0})
    assert (gone.final["done_reason"], client.running()) == ("unload", [])
    client.chat("hi", options={"num_predict": 1}, keep_alive=0)
    deadline = time.monotonic() + 5
    while client.running() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert client.running() == []


def test_debug_render_shows_the_template(client: RawClient) -> None:
    answer = client.chat("hello there", _debug_render_only=True)
    prompt = answer.final["_debug_info"]["rendered_template"]
    assert prompt.endswith("<|im_start|>user\nhello there<|im_end|>\n<|im_start|>assistant\n")


def test_format_json_and_schema(client: RawClient) -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    answer = client.chat("Bob is 7. Answer in JSON.", format=schema, options={"num_predict": 40})
    assert [type(value) for value in json.loads(answer.text).values()] == [int]
    free = client.chat("Bob is 7. Answer in JSON.", format="json", options={"num_predict": 2})
    assert free.text.lstrip().startswith("{")


def test_generate_returns_context(client: RawClient) -> None:
    body = {"model": client.model, "prompt": "Hi", "options": {"num_predict": 2, "num_ctx": 2048}}
    answer = client.post("/api/generate", body)
    counts = answer.final
    assert len(counts["context"]) >= counts["prompt_eval_count"]
    raw = client.post("/api/generate", {**body, "raw": True})
    assert "context" not in raw.final
    assert raw.final["prompt_eval_count"] < counts["prompt_eval_count"]


def test_logprobs(client: RawClient) -> None:
    answer = client.chat("Say hi", logprobs=True, top_logprobs=2, options={"num_predict": 2})
    entry = answer.records[0]["logprobs"][0]
    assert list(entry) == ["token", "logprob", "bytes", "top_logprobs"]
    assert entry["logprob"] <= 0
    assert len(entry["top_logprobs"]) == 2


def test_show_and_tags_describe_the_file(client: RawClient, smol_gguf: Path) -> None:
    show = httpx.post(client.url + "/api/show", json={"model": client.model}, trust_env=False).json()
    info = show["model_info"]
    assert info[f"{info['general.architecture']}.context_length"] == 8192
    assert show["details"]["quantization_level"] == "Q4_1"
    assert show["capabilities"] == ["completion"]
    (tag,) = client.get("/api/tags").json()["models"]
    assert (tag["name"], tag["size"]) == (client.model, smol_gguf.stat().st_size)
    assert (tag["digest"], tag["details"]["context_length"]) == (model_card(smol_gguf, "x").digest, 8192)


def test_pull_says_that_it_is_a_stand_in(client: RawClient) -> None:
    answer = client.post("/api/pull", {"model": "devstral-small-2"})
    assert answer.status == 200
    assert "stand-in" in answer.final["error"]
    assert "devstral-small-2" in answer.final["error"]


def test_name_comes_from_the_metadata(smol_gguf: Path) -> None:
    assert model_name(smol_gguf) == "smollm2:135m"


async def _events(engine: LlamaEngine, prompt: str) -> AsyncIterator[Piece | Counters]:
    tokens = await engine.tokenize(engine.card, prompt)
    async for event in engine.generate(Job(engine.card, prompt, tokens, num_predict=2)):
        yield event


def test_engine_tells_how_much_was_cached(smol_gguf: Path) -> None:
    pytest.importorskip("xllamacpp")

    async def run() -> list[Counters]:
        engine = LlamaEngine(smol_gguf, "smol:latest", threads=1)
        await engine.load(engine.card, RunnerOptions(1024))
        counters = []
        for question in ("What does f3 do?", "What does f4 do?"):
            events = [event async for event in _events(engine, LIST + question)]
            assert isinstance(events[-1], Counters)
            counters.append(events[-1])
        assert engine.last == counters[-1]
        await engine.unload(engine.card)
        assert not engine.ready(engine.card)
        return counters

    cold, warm = asyncio.run(run())
    assert cold.cached_tokens == 0
    assert warm.prompt_tokens - warm.cached_tokens < 12


def test_runner_killed_is_reported_and_reloaded(client: RawClient, embedded_server: EmbeddedProcess) -> None:
    client.chat("hi", options={"num_predict": 1})
    (worker,) = embedded_server.worker_pids()
    body = client.chat_body("Write a long story.", options={"num_predict": 1500})
    with httpx.stream("POST", client.url + "/api/chat", json=body, timeout=120, trust_env=False) as response:
        lines = response.iter_lines()
        next(lines)
        embedded_server.kill_worker(worker)
        last = list(lines)[-1]
    assert "an error was encountered while running the model" in json.loads(last)["error"]
    assert client.chat("hi", options={"num_predict": 1}).status == 200
