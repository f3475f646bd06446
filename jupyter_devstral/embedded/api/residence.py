"""Residence of models in memory: which are loaded, with which window, until when; and whose turn it is.

One request at a time, first come first served, as with OLLAMA_NUM_PARALLEL=1. Independent of HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ..engine import Engine, ModelCard, RunnerOptions
from ..go_json import FOREVER

DEFAULT_KEEP_ALIVE = 300.0
# Go's largest duration, which Ollama shows as the expiry of a model that stays forever.
_FOREVER_SECONDS = 292 * 365.25 * 86400


@dataclass
class Resident:
    """A loaded model; `expires_at` is seconds since the epoch."""

    card: ModelCard
    runner: RunnerOptions
    size: int
    expires_at: float


class Residence:
    """The loaded models, loaded on demand and unloaded when their time is over."""

    def __init__(self, engine: Engine, *, keep_alive: float = DEFAULT_KEEP_ALIVE) -> None:
        self.engine = engine
        self.keep_alive = keep_alive
        self.residents: dict[str, Resident] = {}
        self._turn = asyncio.Lock()  # wakes its waiters in the order they came
        self._expiries: dict[str, asyncio.TimerHandle] = {}
        self._unloading: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def turn(
        self, card: ModelCard, runner: RunnerOptions, keep_alive: float | None
    ) -> AsyncIterator[float]:
        """Wait for this request's turn and load the model if needed; give the seconds that loading took."""
        await self._turn.acquire()
        try:
            self._cancel_expiry(card.name)
            started = time.perf_counter()
            await self._make_resident(card, runner)
            yield time.perf_counter() - started
        finally:
            self._turn.release()
            self._keep(card.name, self.keep_alive if keep_alive is None else keep_alive)

    async def dismiss(self, card: ModelCard) -> None:
        """Unload the model now, or as soon as the request that uses it is done."""
        async with self._turn:
            await self._unload(card.name)

    async def close(self) -> None:
        """Unload everything; no request may be running."""
        for name in list(self.residents):
            await self._unload(name)

    async def _make_resident(self, card: ModelCard, runner: RunnerOptions) -> None:
        resident = self.residents.get(card.name)
        if resident is not None and resident.runner == runner and self.engine.ready(card):
            return
        await self._unload(card.name)
        loading = asyncio.ensure_future(self.engine.load(card, runner))
        try:
            size = await asyncio.shield(loading)
        except asyncio.CancelledError:
            # A load cannot be stopped half-way; the next request must not start a second one beside it.
            await self._settle(loading, card, runner)
            raise
        self.residents[card.name] = Resident(card, runner, size, time.time() + self.keep_alive)

    async def _settle(self, loading: asyncio.Future[int], card: ModelCard, runner: RunnerOptions) -> None:
        await asyncio.wait([loading])
        if loading.exception() is None:
            self.residents[card.name] = Resident(
                card, runner, loading.result(), time.time() + self.keep_alive
            )

    async def _unload(self, name: str) -> None:
        self._cancel_expiry(name)
        resident = self.residents.pop(name, None)
        if resident is not None:
            await self.engine.unload(resident.card)

    def _keep(self, name: str, seconds: float) -> None:
        resident = self.residents.get(name)
        if resident is None:
            return
        resident.expires_at = time.time() + min(seconds, _FOREVER_SECONDS)
        if seconds != FOREVER:
            loop = asyncio.get_running_loop()
            self._expiries[name] = loop.call_later(seconds, self._expire, resident)

    def _expire(self, resident: Resident) -> None:
        unloading = asyncio.ensure_future(self._unload_if_idle(resident))
        self._unloading.add(unloading)
        unloading.add_done_callback(self._unloading.discard)

    async def _unload_if_idle(self, resident: Resident) -> None:
        async with self._turn:
            if self.residents.get(resident.card.name) is resident and resident.expires_at <= time.time():
                await self._unload(resident.card.name)

    def _cancel_expiry(self, name: str) -> None:
        expiry = self._expiries.pop(name, None)
        if expiry is not None:
            expiry.cancel()
