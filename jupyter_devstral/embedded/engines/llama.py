"""The engine that runs a GGUF file with llama.cpp from the `xllamacpp` wheel, with its prefix cache."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ..engine import Counters, EngineFailure, Job, ModelCard, Piece, Refusal, RunnerOptions
from .gguf import model_card
from .llama_http import LlamaHttp

_BATCH = 128
_CACHE_MIB = 1024
_CANNOT_PULL = (
    "this is jupyter-devstral's embedded stand-in, which cannot pull models: it serves the one model file it "
    "was started with; install Ollama (https://ollama.com/download) to pull '{name}'"
)
_LOAD_FAILED = "the model file could not be loaded with num_ctx {num_ctx}: {reason}"
# Ollama's defaults where they differ from llama.cpp's.
_DEFAULTS = {
    "temperature": 0.8,
    "top_k": 40,
    "top_p": 0.9,
    "min_p": 0.0,
    "repeat_penalty": 1.0,
    "repeat_last_n": 64,
}
_SAME_NAME = (*_DEFAULTS, "typical_p", "presence_penalty", "frequency_penalty", "seed", "stop")
_JSON_GRAMMAR = r"""root ::= object
value ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9]{1,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
"""


def default_threads() -> int:
    """The number of threads: two where two more CPUs stay free, else one.

    Threads that wait for a CPU slow the others down.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 if usable >= 4 else 1


class LlamaEngine:
    """An engine for one GGUF file. A worker process loads it with the window that a request asks for.

    Attributes:
        last: counters of the last finished generation; `cached_tokens` tells what the prefix cache saved.
    """

    def __init__(self, gguf: Path, name: str, *, threads: int | None = None) -> None:
        self.gguf = gguf
        self.card = model_card(gguf, name)
        self.threads = threads or default_threads()
        self.last: Counters | None = None
        self._worker: asyncio.subprocess.Process | None = None
        self._llama: LlamaHttp | None = None

    def models(self) -> Sequence[ModelCard]:
        """The one file."""
        return [self.card]

    def ready(self, card: ModelCard) -> bool:
        """Whether the model is in memory."""
        return self._worker is not None and self._worker.returncode is None

    async def load(self, card: ModelCard, runner: RunnerOptions) -> int:
        """Start the worker with the model. Raises EngineFailure."""
        key = secrets.token_hex(16)
        settings = {
            "gguf": str(self.gguf),
            "num_ctx": runner.num_ctx,
            "shift": runner.shift,
            "threads": runner.num_thread or self.threads,
            "batch": _BATCH,
            "cache_mib": _CACHE_MIB,
            "key": key,
        }
        self._worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "jupyter_devstral.embedded.engines.llama_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._worker.stdin.write(json.dumps(settings).encode() + b"\n")  # type: ignore[union-attr]
        answer = await _first_answer(self._worker)
        if "address" not in answer:
            await self.unload(card)
            reason = answer.get("error", "the process that loads it ended")
            raise EngineFailure(_LOAD_FAILED.format(num_ctx=runner.num_ctx, reason=reason))
        self._llama = LlamaHttp(answer["address"], key)
        return card.size + _cache_bytes(card, runner.num_ctx)

    async def unload(self, card: ModelCard) -> None:
        """End the worker."""
        worker, self._worker, self._llama = self._worker, None, None
        if worker is not None:
            if worker.returncode is None:
                worker.kill()
            await worker.wait()

    async def render(
        self, card: ModelCard, messages: Sequence[Mapping[str, Any]], body: Mapping[str, Any]
    ) -> str:
        """Apply the model's own template to the messages."""
        plain = [{"role": each.get("role", ""), "content": each.get("content") or ""} for each in messages]
        answer = await self._connection().post("/apply-template", {"messages": plain})
        return str(answer["prompt"])

    async def tokenize(self, card: ModelCard, text: str) -> Sequence[int]:
        """The tokens of a text."""
        body = {"content": text, "add_special": True, "parse_special": True}
        answer = await self._connection().post("/tokenize", body)
        return list(answer["tokens"])

    async def generate(self, job: Job) -> AsyncGenerator[Piece | Counters, None]:
        """Yield pieces of text, then the counters."""
        async with aclosing(self._connection().stream("/completion", _completion(job))) as events:
            async for event in events:
                probabilities = event.get("completion_probabilities") or ()
                if event.get("content"):
                    yield Piece(event["content"], tuple(_logprob(each) for each in probabilities))
                if event.get("stop"):
                    self.last = _counters(event)
                    yield self.last
                    return

    async def pull(self, name: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """Refuse, after the first record that Ollama sends. There is one file and no library."""
        yield {"status": "pulling manifest"}
        raise Refusal(_CANNOT_PULL.format(name=name), 500)

    def _connection(self) -> LlamaHttp:
        if self._llama is None:
            raise EngineFailure("no model is loaded")
        return self._llama


async def _first_answer(worker: asyncio.subprocess.Process) -> dict[str, Any]:
    """The worker's own JSON line. llama.cpp may print other lines before it."""
    async for line in worker.stdout:  # type: ignore[union-attr]
        if line.startswith(b'{"'):
            return dict(json.loads(line))
    return {}


def _completion(job: Job) -> dict[str, Any]:
    """Describe the job in the terms of llama.cpp's `/completion`."""
    options = {**_DEFAULTS, **job.options}
    body: dict[str, Any] = {name: options[name] for name in _SAME_NAME if name in options}
    body |= {"prompt": list(job.tokens), "n_predict": job.num_predict or -1, "cache_prompt": True}
    body["n_keep"] = options.get("num_keep", 4)
    if job.schema == "json":
        body["grammar"] = _JSON_GRAMMAR
    elif job.schema is not None:
        body["json_schema"] = _closed(job.schema)
    if job.top_logprobs is not None:
        body["n_probs"] = max(job.top_logprobs, 1)
    return body


def _closed(schema: Any) -> Any:
    """Limit the objects of a schema to their properties, as Ollama's own grammar does."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _counters(event: Mapping[str, Any]) -> Counters:
    timings = event["timings"]
    cached = timings["cache_n"]
    return Counters(
        done_reason="length" if event.get("stop_type") == "limit" else "stop",
        prompt_tokens=cached + timings["prompt_n"],
        prompt_seconds=timings["prompt_ms"] / 1e3,
        reply_tokens=timings["predicted_n"],
        reply_seconds=timings["predicted_ms"] / 1e3,
        cached_tokens=cached,
    )


def _logprob(entry: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: entry[name] for name in ("token", "logprob", "bytes")}
    top = [
        {name: each[name] for name in ("token", "logprob", "bytes")} for each in entry.get("top_logprobs", ())
    ]
    return {**fields, "top_logprobs": top} if top else fields


def _cache_bytes(card: ModelCard, num_ctx: int) -> int:
    """The size of the key-value cache: two 16-bit values per layer, key-value head and head dimension."""
    info, family = card.model_info, card.model_info.get("general.architecture", "")
    heads = info.get(f"{family}.attention.head_count") or 1
    shared_heads = info.get(f"{family}.attention.head_count_kv") or heads
    width = (info.get(f"{family}.embedding_length") or 0) // heads
    return int(2 * 2 * (info.get(f"{family}.block_count") or 0) * shared_heads * width * num_ctx)
