"""All runs of one server: one at a time, the others wait and say for whom; on the server's event loop.

One at a time because they share a model, whose cache of a run's beginning another run would take away, and
because two copies would take the memory of two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...core.errors import UsageError
from ..kernel_expression import BUSY, Evaluated, evaluate
from .consequence import STOPPED

if TYPE_CHECKING:
    from ..kept.runs import KeptRuns
    from .server_run import ServerRun


_STOP_AGAIN_SECONDS = (0.1, 0.5)
_END_PATIENCE, _END_PAUSE, _END_TRIES = 10.0, 1.0, 600
_WAIT_SECONDS = 0.1
_WAITS = "Waits for another run: one run at a time."


class AgentRuns:
    """The runs that have not been decided about."""

    def __init__(self) -> None:
        self._runs: dict[str, ServerRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._at_work: ServerRun | None = None

    def get(self, id: str) -> ServerRun | None:
        """The run, None when nobody knows of it."""
        return self._runs.get(id)

    def of(self, path: str) -> ServerRun | None:
        """The run about a notebook."""
        return next((run for run in self._runs.values() if run.path == path), None)

    def refuse_second(self, path: str) -> None:
        """Raise UsageError where a run about this notebook has not ended."""
        run = self.of(path)
        if run is not None and run.state != "review":
            raise UsageError(
                "A run about this notebook is at work already: stop it first, or wait for its end."
            )

    def begin(self, run: ServerRun, kept: KeptRuns, kernels: Any, kernel_id: str) -> None:
        """Begin it, behind the one that is at work."""
        self.refuse_second(run.path)
        for other in [one for one in self._runs.values() if one.path == run.path]:
            self.forget(other.id)
        self._runs[run.id] = run
        task = asyncio.create_task(self._carry_out(run, kept, kernels, kernel_id))
        self._tasks[run.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run.id, None))

    def forget(self, id: str) -> None:
        """Whoever follows it has decided."""
        self._runs.pop(id, None)

    def stop(self, id: str) -> None:
        """End a run now."""
        run = self._runs.get(id)
        if run is None or run.state == "review":
            return
        run.stop()
        # A request that was just about to begin was not there to be closed.
        for seconds in _STOP_AGAIN_SECONDS:
            asyncio.get_running_loop().call_later(seconds, run.stop)

    def stop_all(self) -> None:
        """End all runs: the server goes."""
        for run in list(self._runs.values()):
            run.stop()

    def rename(self, path: str, new_path: str) -> None:
        """The notebook of a run has another path now."""
        for run in self._runs.values():
            if run.path == path:
                run.path = new_path

    async def _carry_out(self, run: ServerRun, kept: KeptRuns, kernels: Any, kernel_id: str) -> None:
        try:
            await self._wait_for_turn(run)
            try:
                self._at_work = run
                await asyncio.to_thread(run.carry_out)
            finally:
                self._at_work = None
                self._turn.release()
        except _Stopped:
            run.log.add({"type": "ended", "how": "stopped", "words": STOPPED})
        run.state = "review"
        with suppress(OSError):
            await asyncio.to_thread(kept.write, run.path, as_kept(run))
        run.log.end()
        await _end_copy(run, kernels, kernel_id)

    async def _wait_for_turn(self, run: ServerRun) -> None:
        if self._turn.locked():
            other = self._at_work.path if self._at_work else ""
            words = f"Waits for the run in {other}: one run at a time." if other else _WAITS
            run.log.add({"type": "waiting", "path": other, "text": words})
        getting = asyncio.ensure_future(self._turn.acquire())
        while not getting.done():
            await asyncio.wait([getting], timeout=_WAIT_SECONDS)
            if run.stopped.is_set():
                if getting.done():
                    self._turn.release()
                getting.cancel()
                raise _Stopped


class _Stopped(Exception):
    """The run was stopped before its turn came."""


def as_kept(run: ServerRun) -> dict[str, Any]:
    """A run as it is kept for its review."""
    return {"version": 1, "id": run.id, "state": run.state, "records": run.log.joined, "decision": None}


def evaluating(
    kernels: Any, kernel_id: str, stopped: Callable[[], bool]
) -> Callable[[str, float], Evaluated]:
    """Evaluate expressions in a kernel from another thread; stopping raises KeyboardInterrupt there."""
    loop = asyncio.get_running_loop()

    def evaluated(expression: str, patience: float) -> Evaluated:
        asked = asyncio.run_coroutine_threadsafe(
            evaluate(kernels, kernel_id, expression, patience=patience), loop
        )
        while not wait([asked], timeout=_WAIT_SECONDS).done:
            if stopped():
                asked.cancel()
                raise KeyboardInterrupt
        return asked.result()

    return evaluated


async def _end_copy(run: ServerRun, kernels: Any, kernel_id: str) -> None:
    """End the copy of a run; a busy kernel is asked again when it is not."""
    if run.stage.problem and not run.stage.was_begun:
        return
    for _ in range(_END_TRIES):
        said = await evaluate(kernels, kernel_id, run.stage.end_expression, patience=_END_PATIENCE)
        if said.problem != BUSY:
            return
        await asyncio.sleep(_END_PAUSE)
