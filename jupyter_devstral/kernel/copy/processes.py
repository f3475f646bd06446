"""The standard library's dealings with other processes, in a copy that can reach none and start none."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

_EXECUTORS = (
    "concurrent.futures.process",
    "joblib.externals.loky.process_executor",
    "loky.process_executor",
)
# What reaches other processes past every audit event, and the place of the process among its arguments.
_REACHES = {"setpriority": 1, "sched_setaffinity": 0, "sched_setparam": 0, "sched_setscheduler": 0}
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


def refuse_other_processes(refuse: Callable[[], None], refuse_signals: Callable[..., None]) -> None:
    """Make what would change limits of another process call `refuse`, which raises; signals, too."""
    for name, place in _REACHES.items():
        plain = getattr(os, name, None)
        if plain is not None:
            setattr(os, name, _for_itself(plain, place, refuse))
    if hasattr(signal, "pidfd_send_signal"):
        signal.pidfd_send_signal = refuse_signals


def is_this_process(pid: object) -> bool:
    """Whether a number means this process, as 0 does."""
    return pid in (0, os.getpid())


def _for_itself(plain: Callable[..., Any], place: int, refuse: Callable[[], None]) -> Callable[..., Any]:
    def within(*arguments: Any, **named: Any) -> Any:
        is_itself = len(arguments) > place and is_this_process(arguments[place])
        # A group of processes, or all of a user's.
        if not is_itself or (place and arguments[0] != os.PRIO_PROCESS):
            refuse()
        return plain(*arguments, **named)

    return within


def keep_locks_within() -> None:
    """Give new locks of `multiprocessing` to threads alone: between processes they need a file."""
    from multiprocessing import synchronize

    for name in _LOCKS:
        setattr(synchronize, name, _maker(getattr(threading, name)))


def _maker(kind: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments, ctx=None, **options: kind(*arguments, **options)
