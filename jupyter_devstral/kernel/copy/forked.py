"""A function in a forked, confined copy of this process, what it sends back, and how the copy ends.

Must not know what the function does, nor a shell. Linux only; whether a fork would be sound is for
`safety` to say first.
"""

from __future__ import annotations

import errno
import json
import os
import re
import select
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ...core.importing import no_background_import
from .child import DONE, Child, Origin, run_and_exit
from .outcome import CANCELLED, DIED, FULL, RETURNED, TIME, TOO_MANY_FILES, UNDECIDED, Outcome
from .private_folder import PrivateFolder
from .time_limit import end_of_time, patience, starved, worked

_SENT_LIMIT = 256 * 1024
# How long a child may take to die of SIGKILL before it is left to the system.
_DEATH_SECONDS = 2.0
# How long a module of ours may take that a background thread is importing.
_IMPORT_SECONDS = 0.5
# The child's own timers, should nobody wait for it.
_TIMERS: dict[int | None, str] = {-signal.SIGALRM: UNDECIDED, -signal.SIGXCPU: TIME}
# How often a child is looked at: for its files and its time, without a pidfd also for its end.
_POLL, _BLIND_POLL, _LATE_POLL = 0.2, 0.02, 0.02


class Forked:
    """A run of `function(child)` in a fork.

    Args:
        seconds: that the child may take. They begin with the fork; those that the machine gave it no
            processor for do not count, up to a limit.
        memory: bytes it may allocate beyond what this process has.
    """

    def __init__(self, function: Callable[[Child], None], *, seconds: float, memory: int) -> None:
        self._function = function
        self._seconds = seconds
        self._memory = memory
        self._pid = 0
        self._pidfd = -1
        self._pipe = -1
        self._received = b""
        self._closed = False
        self._began = 0.0
        self._starved = 0.0
        self._cancelled = False
        self._status: int | None = None
        self._outcome: Outcome | None = None
        self._lock = threading.Lock()
        self._folder: PrivateFolder | None = None

    def start(self) -> None:
        """Fork, from the main thread: another thread's copy would live on as the child's only one.

        Raises OSError when there can be no copy now, RuntimeError in another thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a fork is started from the main thread")
        if self._cancelled:
            return
        origin = Origin()
        self._pipe, child_end = os.pipe()
        # Where there is none, nothing can be written at all.
        with suppress(OSError):
            self._folder = PrivateFolder()
        self._began = time.monotonic()
        try:
            with sound_fork(__name__):
                self._pid = os.fork()
        except OSError:
            os.close(self._pipe)
            os.close(child_end)
            self._remove_folder()
            raise
        if self._pid == 0:
            folder = self._folder.path if self._folder else ""
            run_and_exit(
                self._function,
                child_end,
                origin,
                # It is waited for a little longer where others have the processors.
                seconds=patience(self._seconds),
                memory=self._memory,
                folder=folder,
            )
        os.close(child_end)
        os.set_blocking(self._pipe, False)
        with suppress(OSError, AttributeError):  # a number can be given away again, a pidfd cannot
            self._pidfd = os.pidfd_open(self._pid)

    def result(self) -> Outcome:
        """Wait for the end; any thread. Always ends, shortly after `seconds`, and leaves no process behind.

        An exception that arrives meanwhile (KeyboardInterrupt) ends the child first.
        """
        with self._lock:
            if self._outcome is None:
                ended = self._wait_and_end()
                self._outcome = self._read_outcome(ended)
        return self._outcome

    def cancel(self) -> None:
        """End the child now; any thread, any number of times."""
        self._cancelled = True
        self._kill()
        # Whoever is waiting in `result` reaps it.
        if self._pid and self._lock.acquire(blocking=False):
            try:
                if self._outcome is None:
                    self._reap()
                    self._outcome = self._read_outcome(CANCELLED)
            finally:
                self._lock.release()

    def _wait_and_end(self) -> str:
        """Read until the child is done with its pipe, then see to it that it is gone."""
        if not self._pid:
            return CANCELLED
        ended = ""
        try:
            while not ended:
                self._wait_for_news()
                if self._receive() or self._cancelled or self._exited():
                    ended = DIED
                elif self._folder is not None and self._folder.is_too_large():
                    ended = FULL
                else:
                    ended = self._end_of_time()
            self._receive()
        except BaseException:
            self._cancelled = True
            raise
        finally:
            self._starved = starved(self._pid)
            self._kill()
            self._reap()
        return CANCELLED if self._cancelled else ended

    def _end_of_time(self) -> str:
        elapsed, pid = time.monotonic() - self._began, self._pid
        return end_of_time(elapsed, worked=worked(pid), starved=starved(pid), seconds=self._seconds)

    def _wait_for_news(self) -> None:
        """Wait until the child says something or ends, or it is time to look at its folder and clock."""
        left = self._began + self._seconds - time.monotonic()
        poll = select.poll()
        if not self._closed:
            poll.register(self._pipe, select.POLLIN)
        if self._pidfd >= 0:
            poll.register(self._pidfd, select.POLLIN)
        poll.poll(min(max(left, _LATE_POLL), _POLL if self._pidfd >= 0 else _BLIND_POLL) * 1000)

    def _receive(self) -> bool:
        """Take what is in the pipe; True when the child is done, or says more than it should."""
        while len(self._received) <= _SENT_LIMIT:
            try:
                chunk = os.read(self._pipe, 65536)
            except BlockingIOError:
                break
            if not chunk:
                # The child has ended, or its code has closed what it found open and goes on.
                self._closed = True
                break
            self._received += chunk
        return self._received.endswith(DONE) or len(self._received) > _SENT_LIMIT

    def _exited(self) -> bool:
        if self._status is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self._pid, os.WNOHANG)
                if pid:
                    self._status = os.waitstatus_to_exitcode(status)
                return bool(pid)
            # Somebody else has reaped it: a handler of the user's, or SIGCHLD is ignored.
            self._status = 0
        return True

    def _kill(self) -> None:
        if self._pid and self._status is None and self._outcome is None:
            with suppress(OSError, ValueError):
                if self._pidfd >= 0:
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
                else:
                    os.kill(self._pid, signal.SIGKILL)

    def _reap(self) -> None:
        ends = time.monotonic() + _DEATH_SECONDS
        while not self._exited() and time.monotonic() < ends:
            time.sleep(0.001)
        self._remove_folder()

    def _remove_folder(self) -> None:
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def _read_outcome(self, ended: str) -> Outcome:
        for number in (self._pipe, self._pidfd):
            if number >= 0:
                os.close(number)
        self._pipe = self._pidfd = -1
        messages = list(_messages(self._received))
        refused = next((str(m["refused"]) for m in messages if "refused" in m), "")
        last = ""
        for message in messages:
            last = (last or str(message["refused"])) if "refused" in message else ""
        if ended != CANCELLED and self._received.endswith(DONE):
            ended = RETURNED
        elif ended == DIED and self._status in _TIMERS:
            ended = _TIMERS[self._status]
        if ended == FULL:
            refused = last = TOO_MANY_FILES
        sent = tuple(m for m in messages if "refused" not in m and "done" not in m)
        seconds = time.monotonic() - self._began
        return Outcome(ended, sent, refused, last, self._status or 0, seconds, self._starved)


def _messages(received: bytes) -> Iterator[dict[str, Any]]:
    """Read whole lines that are messages; anything else is the child's own noise."""
    for line in received.split(b"\n"):
        with suppress(ValueError, RecursionError):
            message = json.loads(line)
            if isinstance(message, dict):
                yield message


def no_copy(error: OSError) -> str:
    """A phrase that says why a fork was refused."""
    return f"no copy of the kernel can be made ({error.strerror})"


@contextmanager
def sound_fork(module: str) -> Iterator[None]:
    """Fork inside the block, in `module`: beside no import of ours, and without Python's warning.

    Raises OSError where an import goes on for too long.
    """
    with no_background_import(_IMPORT_SECONDS) as held:
        if not held:
            raise OSError(errno.EAGAIN, "jupyter-devstral is loading its own modules: try again in a moment")
        with _no_fork_warning(module):
            yield


@contextmanager
def _no_fork_warning(module: str) -> Iterator[None]:
    """Silence Python 3.12's warning of a fork beside threads in `module`; `safety` has looked at them.

    Not `warnings.catch_warnings`: that makes every warning that was shown once be shown again.
    """
    ignore = ("ignore", None, DeprecationWarning, re.compile(re.escape(module) + r"\Z"), 0)
    filters: Any = warnings.filters
    filters.insert(0, ignore)
    try:
        yield
    finally:
        with suppress(ValueError):
            filters.remove(ignore)
