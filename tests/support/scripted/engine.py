"""An engine that says what it is told to: the tests' double for a model. Needs no model runtime."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_devstral.embedded.engine import (
    Counters,
    EngineFailure,
    Job,
    ModelCard,
    Piece,
    Refusal,
    RunnerOptions,
)

_TOKEN = re.compile(r"\s?[^\W_]{1,8}|\s+(?!\w)|[^\w\s]|\s|_", re.UNICODE)
_SECONDS_PER_PROMPT_TOKEN = 1e-3
_CHARACTERS_PER_TOKEN = 3.5
_SURE = -0.1


def split_tokens(text: str) -> tuple[str, ...]:
    """Text in small pieces as a model would stream it; joined they are the text again."""
    return tuple(_TOKEN.findall(text))


def rough_count(text: str) -> int:
    """A token count proportional to length."""
    return round(len(text) / _CHARACTERS_PER_TOKEN)


def render_chatml(card: ModelCard, messages: Sequence[Mapping[str, Any]]) -> str:
    """Messages in the chatml template, left open for the answer."""
    turns = (
        f"<|im_start|>{message.get('role')}\n{message.get('content', '')}<|im_end|>\n" for message in messages
    )
    return "".join(turns) + "<|im_start|>assistant\n"


@dataclass(frozen=True)
class Script:
    """How one answer goes.

    Attributes:
        pieces: the text, piece by piece.
        first_delay, delay: seconds before the first piece, and before each later one.
        done_reason: of the final record; "" ends the answer without one.
        failure: raised after the pieces instead of a final record, as the server's error text.
        logprobs: of the pieces, where they are asked for; -0.1 for each that is not named.
    """

    pieces: Sequence[str] = ()
    first_delay: float = 0.0
    delay: float = 0.0
    done_reason: str = "stop"
    failure: str = ""
    logprobs: Sequence[float] = ()


@dataclass
class ScriptedEngine:
    """Answers with `script(job)`.

    Attributes:
        count: tokens of a text, by default proportional to its length.
        load_delay: seconds that loading takes; `next_load_delay` is added for the next load alone.
        next_load_failure: when not "", the next load fails with this text.
        last_cached: how many tokens of the last prompt began the one before it too.
    """

    cards: list[ModelCard]
    script: Callable[[Job], Script]
    count: Callable[[str], int] = rough_count
    render_messages: Callable[[ModelCard, Sequence[Mapping[str, Any]]], str] = render_chatml
    pull_script: Callable[[str], Sequence[Mapping[str, Any]]] = lambda name: ({"status": "success"},)
    pull_delay: float = 0.0
    load_delay: float = 0.0
    next_load_delay: float = 0.0
    next_load_failure: str = ""
    loads: int = 0
    last_cached: int = 0
    _previous: dict[str, str] = field(default_factory=dict)
    _runners: dict[str, RunnerOptions] = field(default_factory=dict)

    def models(self) -> Sequence[ModelCard]:
        return self.cards

    def ready(self, card: ModelCard) -> bool:
        return True

    async def load(self, card: ModelCard, runner: RunnerOptions) -> int:
        delay, self.next_load_delay = self.load_delay + self.next_load_delay, 0.0
        failure, self.next_load_failure = self.next_load_failure, ""
        if delay:
            await asyncio.sleep(delay)
        if failure:
            raise EngineFailure(failure)
        self.loads += 1
        self._previous.pop(card.name, None)
        self._runners[card.name] = runner
        return card.size + runner.num_ctx * 1024

    async def unload(self, card: ModelCard) -> None:
        self._previous.pop(card.name, None)

    async def render(
        self, card: ModelCard, messages: Sequence[Mapping[str, Any]], body: Mapping[str, Any]
    ) -> str:
        if body.get("suffix"):
            return f"<|fim_prefix|>{body.get('prompt', '')}<|fim_suffix|>{body['suffix']}<|fim_middle|>"
        return self.render_messages(card, messages)

    async def tokenize(self, card: ModelCard, text: str) -> Sequence[int]:
        return range(1, self.count(text) + 1)

    async def generate(self, job: Job) -> AsyncGenerator[Piece | Counters, None]:
        cached = self._remember(job)
        script = self.script(job)
        if script.first_delay:
            await asyncio.sleep(script.first_delay)
        limit = min(job.num_predict or len(script.pieces), len(script.pieces), self._room(job))
        started = time.perf_counter()
        for position, text in enumerate(script.pieces[:limit]):
            if script.delay and position:
                await asyncio.sleep(script.delay)
            logprob = script.logprobs[position] if position < len(script.logprobs) else _SURE
            yield Piece(text, _logprobs(text, job.top_logprobs, logprob))
        if script.failure:
            raise EngineFailure(script.failure)
        if script.done_reason:
            yield self._counters(job, script, limit, cached, time.perf_counter() - started)

    async def pull(self, name: str) -> AsyncGenerator[Mapping[str, Any], None]:
        for record in self.pull_script(name):
            if self.pull_delay:
                await asyncio.sleep(self.pull_delay)
            if "error" in record:
                raise Refusal(record["error"], 500)
            yield record

    def _room(self, job: Job) -> int:
        """How many tokens may be written: the rest of the window, or any number where it may shift."""
        runner = self._runners.get(job.card.name)
        return sys.maxsize if runner is None or runner.shift else runner.num_ctx - len(job.tokens)

    def _remember(self, job: Job) -> int:
        previous = self._previous.get(job.card.name, "")
        self._previous[job.card.name] = job.prompt
        common = _common_prefix(previous, job.prompt)
        # A real engine evaluates the last token again, else there is nothing to sample from.
        self.last_cached = max(min(self.count(common), len(job.tokens) - 1), 0) if common else 0
        return self.last_cached

    def _counters(self, job: Job, script: Script, written: int, cached: int, seconds: float) -> Counters:
        cut = written < len(script.pieces)
        fresh = len(job.tokens) - cached
        return Counters(
            done_reason="length" if cut else script.done_reason,
            prompt_tokens=len(job.tokens),
            prompt_seconds=fresh * _SECONDS_PER_PROMPT_TOKEN,
            # The token that ends an answer is counted though it has no text.
            reply_tokens=written if cut else written + 1,
            reply_seconds=max(seconds, 1e-6),
            cached_tokens=cached,
        )


def _common_prefix(one: str, other: str) -> str:
    """By halving: prompts are long, and a test's server must be quick."""
    same, different = 0, min(len(one), len(other)) + 1
    while different - same > 1:
        middle = (same + different) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            different = middle
    return one[:same]


def _logprobs(text: str, top: int | None, logprob: float) -> tuple[Mapping[str, Any], ...]:
    if top is None:
        return ()
    entry: dict[str, Any] = {"token": text, "logprob": logprob, "bytes": list(text.encode())}
    alternatives = [{**entry, "logprob": logprob - rank} for rank in range(top)]
    return ({**entry, "top_logprobs": alternatives} if top else entry,)
