"""The standard library's dealings with other processes, in a copy that can reach none and start none."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

_EXECUTORS = (
    "concurrent.futures.process",
    "joblib.externals.loky.process_executor",
    "loky.process_executor",
)
_LOCKS = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event")


def refuse_process_pools(refuse: Callable[..., None]) -> None:
    """Make pools of processes call `refuse`, which raises, where they would wait for ever.

    Their processes belong to the original, and new ones are refused in any case.
    """
    for name in _EXECUTORS:
        executor = getattr(sys.modules.get(name), "ProcessPoolExecutor", None)
        if executor is not None:
            executor.submit = refuse
    pools = sys.modules.get("multiprocessing.pool")
    if pools is None:
        return
    threads, check = pools.ThreadPool, pools.Pool._check_running

    def check_running(self: Any) -> None:
        (check if isinstance(self, threads) else refuse)(self)

    pools.Pool._check_running = check_running


def keep_locks_within() -> None:
    """Give new locks of `multiprocessing` to threads alone: between processes they need a file."""
    from multiprocessing import synchronize

    for name in _LOCKS:
        setattr(synchronize, name, _maker(getattr(threading, name)))


def _maker(kind: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments, ctx=None, **options: kind(*arguments, **options)
