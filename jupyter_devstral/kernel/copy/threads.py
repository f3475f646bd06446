"""The threads of this process, whose they are, and whether they work or wait for work.

A copy has none of them. One that works may hold locks, which the copy would then wait for for ever; one that
waits for work holds nothing, and `IdleThreads` tells the copy what it used to serve. Must not know what the
copy is for.
"""

from __future__ import annotations

import inspect
import os
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from types import CodeType, FrameType
from typing import Any

# Whose threads are the kernel's own, and ours: they may do what they like.
_KERNEL_PACKAGES = frozenset(
    {
        "IPython",
        "comm",
        "ipykernel",
        "ipywidgets",
        "jupyter_client",
        "prompt_toolkit",
        "tornado",
        "tqdm",
        "zmq",
    }
    | {"_pydev_bundle", "_pydevd_bundle", "debugpy", "pydevd", "jupyter_devstral"}
)
# What starts threads of its own, or runs what others have started.
_PLUMBING = frozenset(
    {"threading", "asyncio", "concurrent", "selectors", "queue", "socketserver", "contextlib"}
    | {"multiprocessing", "logging", "weakref"}
)
# Where a thread of the standard library's waits, in Python: module and function. What it waits in is C.
_WAITS = frozenset(
    {
        ("asyncio.unix_events", "_do_waitpid"),
        ("concurrent.futures.thread", "_worker"),
        ("multiprocessing.connection", "_recv"),
        ("multiprocessing.connection", "wait"),
        ("multiprocessing.pool", "_handle_results"),
        ("multiprocessing.pool", "_handle_tasks"),
        ("multiprocessing.pool", "worker"),
        ("selectors", "select"),
        ("threading", "_wait_for_tstate_lock"),
        ("threading", "wait"),
        # The workers of pools are looked after ten times a second.
        ("multiprocessing.pool", "_handle_workers"),
        ("multiprocessing.pool", "_wait_for_updates"),
        ("multiprocessing.connection", "select"),
    }
)
# Locals of a waiting function that are set while it calls what a user has given it.
_AT_WORK = {"_worker": "work_item", "worker": "func"}
# Between two waits a worker is seen at work for a moment: it is looked at again.
_LOOKS, _BETWEEN_LOOKS = 5, 0.005


def is_any_at_work(ip: Any) -> bool:
    """Whether a thread of the user's code, or of a library it uses, is doing something now."""
    for look in range(_LOOKS):
        if look:
            time.sleep(_BETWEEN_LOOKS)
        if not any(_is_at_work(thread, frames, ip) for thread, frames in _others()):
            return False
    return True


class IdleThreads:
    """The pools and loops that idle threads serve, noted before a fork, put right in the copy."""

    def __init__(self) -> None:
        self._executors: list[Any] = []
        self._loops: list[Any] = []
        has_pools = False
        for thread, frames in _others():
            target = getattr(thread, "_target", None)
            has_pools = has_pools or getattr(target, "__module__", "") == "multiprocessing.pool"
            self._executors += _executors_of(frames)
            if not _is_kernels(thread, frames):
                self._loops += _loops_of(frames)
        self._pools = _thread_pools() if has_pools else []

    def replace(self, refuse: Callable[[], None]) -> None:
        """Give pools threads of their own in the copy, and refuse what cannot have any.

        Args:
            refuse: called, instead of waiting for ever, by what would hand work to an event loop of another
                thread; must raise.
        """
        from queue import SimpleQueue

        for executor in self._executors:
            executor._threads.clear()
            executor._idle_semaphore = threading.Semaphore(0)
            executor._work_queue = SimpleQueue()
        for loop in self._loops:
            loop.call_soon_threadsafe = lambda *arguments, **options: refuse()
        for pool in self._pools:
            # Threads start with it, so not before the copy is confined.
            type(pool).__init__(pool, pool._processes, pool._initializer, pool._initargs)


def _others() -> Iterator[tuple[threading.Thread | None, Sequence[FrameType]]]:
    """List the other threads that run Python, each with its frames, innermost first."""
    alive = {int(name) for name in os.listdir("/proc/self/task")}
    known = {thread.ident: thread for thread in threading.enumerate()}
    mine = {threading.get_ident(), threading.main_thread().ident}
    for ident, frame in sys._current_frames().items():
        thread = known.get(ident)
        if ident not in mine and (thread is None or thread.native_id in alive):
            yield thread, tuple(_frames(frame))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_at_work(thread: threading.Thread | None, frames: Sequence[FrameType], ip: Any) -> bool:
    if any(frame.f_globals is ip.user_ns for frame in frames):
        return True
    if _is_kernels(thread, frames) or _loop_of_scripts(ip) in _loops_of(frames):
        return False
    if any(_is_users_file(frame.f_code) for frame in frames):
        return True
    return _is_users_start(thread) or not _waits(frames[0]) or any(map(_has_tasks, _loops_of(frames)))


def _is_kernels(thread: threading.Thread | None, frames: Sequence[FrameType]) -> bool:
    target = getattr(thread, "_target", None)
    owner = getattr(target, "__func__", target)
    starts = [type(thread).__module__ if thread is not None else "", getattr(owner, "__module__", "")]
    # A thread of the standard library's pools, or one that `_thread` started: by what it runs.
    runs = (_package(frame.f_globals.get("__name__")) for frame in reversed(frames))
    first = next((package for package in runs if package not in _PLUMBING), "")
    return any(_package(name) in _KERNEL_PACKAGES for name in (*starts, first))


def _is_users_start(thread: threading.Thread | None) -> bool:
    """Whether somebody made a thread of a bare lock or timer; only the user knows what that is for."""
    if thread is None:
        return True
    if type(thread) is threading.Timer:
        return True
    target = getattr(thread, "_target", None)
    owner = getattr(target, "__func__", target)
    module = getattr(owner, "__module__", None)
    plain = type(thread) is threading.Thread
    return plain and (module in ("threading", "queue", "time", None) or inspect.isbuiltin(target))


def _is_users_file(code: CodeType) -> bool:
    """Whether code stands in a module of the user's own, beside the notebook."""
    file = code.co_filename
    return os.path.isabs(file) and not file.startswith(_libraries()) and "-packages" not in file


@cache
def _libraries() -> tuple[str, ...]:
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return (own, *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def _waits(frame: FrameType) -> bool:
    name = frame.f_code.co_name
    if (frame.f_globals.get("__name__"), name) not in _WAITS:
        return False
    return name not in _AT_WORK or frame.f_locals.get(_AT_WORK[name]) is None


def _has_tasks(loop: Any) -> bool:
    import asyncio

    try:
        return bool(asyncio.all_tasks(loop))
    except RuntimeError:  # it changes while it is read
        return True


def _loops_of(frames: Sequence[FrameType]) -> list[Any]:
    """Find the event loops that a thread runs."""
    return [
        frame.f_locals["self"]
        for frame in frames
        if frame.f_code.co_name == "run_forever" and frame.f_globals.get("__name__") == "asyncio.base_events"
    ]


def _loop_of_scripts(ip: Any) -> object:
    """Find the event loop that IPython runs `%%bash` and its kind in; a new object where there is none."""
    loop = getattr(ip.magics_manager.registry.get("ScriptMagics"), "event_loop", None)
    return loop if loop is not None else object()


def _executors_of(frames: Sequence[FrameType]) -> Iterator[Any]:
    """Find the executor that a worker works for."""
    for frame in frames:
        if (
            frame.f_code.co_name == "_worker"
            and frame.f_globals.get("__name__") == "concurrent.futures.thread"
        ):
            executor = frame.f_locals["executor_reference"]()
            if executor is not None:
                yield executor


def _thread_pools() -> list[Any]:
    """Find pools of `multiprocessing`, whose workers do not know them."""
    import gc
    from multiprocessing.pool import RUN, ThreadPool

    found = []
    for one in gc.get_objects():
        # `isinstance` would ask the user's objects for their class.
        with suppress(AttributeError):
            if issubclass(type(one), ThreadPool) and one._state == RUN:
                found.append(one)
    return found


def _package(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""
