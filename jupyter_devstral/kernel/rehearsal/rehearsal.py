"""A rehearsal: a confined copy of the kernel that lives on over many cells, seen from the kernel it is of.

The user's variables and files stay as they are. Must not know what a run is, or who asks.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from ..copy.child import Origin, run_and_exit
from ..copy.forked import sound_fork
from ..copy.namespace_changes import Facts
from ..copy.outcome import TOO_MANY_FILES
from ..copy.private_folder import PrivateFolder
from ..copy.safety import why_not
from .child import RehearsalChild
from .reads import READS, SECRET

# Seconds: of one step, until the copy ends by itself when nobody asks, and of its whole life.
STEP_SECONDS, IDLE_SECONDS, LIFE_SECONDS = 60.0, 900.0, 4 * 3600.0
MEMORY = 2**31
_GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.2
_ANSWER_LIMIT = 32_000_000
_MOST_RESTARTS = 3


@dataclass(frozen=True)
class Step:
    """What became of one cell.

    Attributes:
        outputs: as nbformat 4 has them.
        shows: ids of the displays among them, which other cells may update.
        updates: what it makes of displays of other cells: "display_id", "data" and "metadata" of each.
        has_widget: it shows a widget or changes one, none of which is live in a copy.
        error: "NameError: name 'x' is not defined"; "" for none.
        refused: the effect that was refused, as a phrase; "" for none.
        problem: why it did not come to its end; "" where it did.
        seconds: that it took.
        memory: bytes that the copy has for itself.
        hints: what could be meant by what the error misses: near names, columns and files that there are.
    """

    outputs: tuple[dict[str, Any], ...] = ()
    shows: tuple[str, ...] = ()
    updates: tuple[dict[str, Any], ...] = ()
    has_widget: bool = False
    error: str = ""
    refused: str = ""
    problem: str = ""
    seconds: float = 0.0
    memory: int = 0
    hints: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return dict(vars(self))


class CopyEnded(Exception):
    """The copy is gone; the text says why."""


@dataclass
class _Waiting:
    """A step that the copy is at work on, and what was heard of it so far."""

    ends: float
    what: str
    source: str = ""
    reads: bool = False
    refused: str = ""
    late: bool = False


class Rehearsal:
    """A rehearsal of cells in a copy of `ip`; all methods are for the main thread.

    Where a cell takes the copy down with it, a fresh copy runs the cells before it again and goes on.

    Args:
        seconds: that one step may take.
        memory: bytes that the copy may allocate.
        idle: seconds after which a copy that nobody asks ends by itself.
        own_ports: remote ports of this project's own connections.
    """

    def __init__(
        self,
        ip: Any,
        *,
        seconds: float = STEP_SECONDS,
        memory: int = MEMORY,
        idle: float = IDLE_SECONDS,
        own_ports: Collection[int] = (),
    ) -> None:
        self._ip = ip
        self._seconds = seconds
        self._memory = memory
        self._idle = idle
        self._own_ports = own_ports
        self._pid = 0
        self._socket: socket.socket | None = None
        self._folder: PrivateFolder | None = None
        self._received = b""
        self._at_work: _Waiting | None = None
        self._behind: list[tuple[str, bool]] = []
        self._restarts = 0

    def why_not(self, sources: Sequence[str] = ()) -> str:
        """Give the reason why there can be no copy now, as a phrase; "" where there can."""
        return why_not(self._ip, sources, own_ports=self._own_ports)

    @property
    def is_alive(self) -> bool:
        """Whether there is a copy to run cells in."""
        return self._socket is not None

    def start(self) -> None:
        """Fork, from the main thread.

        Raises OSError when there can be no copy now, RuntimeError in another thread.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a fork is started from the main thread")
        ours, theirs = socket.socketpair()
        origin = Origin()
        with suppress(OSError):
            self._folder = PrivateFolder()
        folder = self._folder.path if self._folder else ""
        child = RehearsalChild(self._ip, idle=self._idle, folder=folder)
        try:
            with sound_fork(__name__):
                self._pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            self._remove_folder()
            raise
        if self._pid == 0:
            run_and_exit(
                child.run, theirs.detach(), origin, seconds=LIFE_SECONDS, memory=self._memory, folder=folder
            )
        theirs.close()
        self._socket, self._received = ours, b""

    def run(self, source: str, allowed: Collection[str] = ()) -> Step:
        """Run a cell; an interrupt meanwhile ends the cell, not the copy, and is raised.

        Args:
            allowed: effects of an earlier refusal that the user has allowed this cell once. Only reading can
                be: what else leaves the copy is refused all the same.
        """
        self.begin(source, allowed)
        while (step := self.outcome(self._seconds)) is None:
            pass
        return step

    def begin(self, source: str, allowed: Collection[str] = ()) -> None:
        """Let the copy run a cell, as `run` does, without waiting: `outcome` says what becomes of it."""
        reads = any(effect.startswith((READS, SECRET, "it reads")) for effect in allowed)
        if self._socket is not None and self._has_left():
            # It waited too long for a next step.
            self._end()
            self._restart()
        self._at_work = _Waiting(time.monotonic() + self._seconds, "run", source, reads)
        with suppress(CopyEnded, OSError):
            self._tell({"do": "run", "source": source, "reads": reads})

    def outcome(self, seconds: float) -> Step | None:
        """What became of the cell that was begun; None where it still runs after these seconds."""
        waiting = self._at_work
        if waiting is None:
            return Step(problem="no cell was begun")
        try:
            said = self._heard(waiting, seconds)
        except CopyEnded as end:
            self._at_work = None
            return Step(problem=f"{end}{self._restart()}")
        if said is None:
            return None
        self._at_work = None
        step = self._step(said)
        if not step.problem:
            self._behind.append((waiting.source, waiting.reads))
        return step

    def described(self, names: Sequence[str] = ()) -> list[tuple[str, str, str]]:
        """Name, kind and description of variables of the copy, by default of the most important ones."""
        try:
            found = self._asked({"do": "describe", "names": list(names)})["found"]
        except CopyEnded:
            return []
        return [(name, kind, text) for name, kind, text in found]

    def describe(self, names: Sequence[str] = ()) -> str:
        """Describe variables of the copy as text, a line or a few each."""
        return "\n".join(text for _, _, text in self.described(names))

    def changes(self) -> dict[str, list[str]]:
        """Name the variables that are "new" and "changed" in the copy."""
        try:
            said = self._asked({"do": "changes"})
        except CopyEnded:
            return {"new": [], "changed": []}
        return {"new": said["new"], "changed": said["changed"]}

    def facts(self) -> Facts | None:
        """Give what is known of the variables of the kernel as they were when the copy was made."""
        try:
            return cast("Facts", self._asked({"do": "facts"})["facts"])
        except CopyEnded:
            return None

    def close(self) -> None:
        """End the copy now, and for good; safe to repeat."""
        self._restarts = _MOST_RESTARTS
        if self._pid:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
        self._reap()

    def _step(self, said: dict[str, Any]) -> Step:
        return Step(
            outputs=tuple(said["outputs"]),
            shows=tuple(said["shows"]),
            updates=tuple(said["updates"]),
            has_widget=said["has_widget"],
            error=said["error"],
            refused=said["refusal"] or said["refused"],
            problem=f"timed out after {self._seconds:g} s" if said["late"] else "",
            seconds=said["seconds"],
            memory=said["memory"],
            hints=tuple(said.get("hints", ())),
        )

    def _asked(self, step: dict[str, Any]) -> dict[str, Any]:
        if self._at_work is not None:
            raise CopyEnded("the copy of the kernel is at work on a cell")
        waiting = _Waiting(time.monotonic() + self._seconds, step["do"])
        try:
            self._tell(step)
        except OSError:
            raise CopyEnded(self._end()) from None
        while (said := self._heard(waiting, self._seconds)) is None:
            pass
        return said

    def _tell(self, step: dict[str, Any]) -> None:
        if self._socket is None:
            raise CopyEnded("there is no copy of the kernel any more")
        self._socket.sendall(json.dumps(step).encode("ascii") + b"\n")

    def _has_left(self) -> bool:
        """Whether the copy has closed its end; nothing else is to be heard between two steps."""
        assert self._socket is not None
        return bool(select.select([self._socket], [], [], 0)[0]) and not self._socket.recv(1, socket.MSG_PEEK)

    def _heard(self, waiting: _Waiting, seconds: float) -> dict[str, Any] | None:
        """Wait for what the copy says; an interrupt ends its cell, and is raised."""
        try:
            return self._answer(waiting, time.monotonic() + seconds)
        except OSError:
            raise CopyEnded(self._end()) from None
        except KeyboardInterrupt:
            self._at_work = None
            self._interrupted()
            raise

    def _answer(self, waiting: _Waiting, until: float) -> dict[str, Any] | None:
        """Wait for what the copy says; a step that takes too long is interrupted, and then ended.

        None where it has not ended until then.
        """
        if self._socket is None:
            raise CopyEnded("there is no copy of the kernel any more")
        while True:
            while b"\n" in self._received:
                line, _, self._received = self._received.partition(b"\n")
                said = _message(line)
                if "refused" in said:
                    waiting.refused = waiting.refused or str(said["refused"])
                elif _answers(said, waiting.what):
                    return {**said, "refused": waiting.refused, "late": waiting.late}
            now = time.monotonic()
            self._receive(min(_POLL_SECONDS, max(0.0, until - now)))
            if self._folder is not None and self._folder.is_too_large():
                raise CopyEnded(self._end(TOO_MANY_FILES))
            if b"\n" in self._received:
                continue
            now = time.monotonic()
            if now >= waiting.ends:
                if waiting.late:
                    raise CopyEnded(self._end(f"timed out after {self._seconds:g} s"))
                waiting.late, waiting.ends = True, now + _GRACE_SECONDS
                os.kill(self._pid, signal.SIGINT)
            if now >= until:
                return None

    def _receive(self, seconds: float = _POLL_SECONDS) -> None:
        assert self._socket is not None
        if not select.select([self._socket], [], [], seconds)[0]:
            return
        piece = self._socket.recv(1 << 20)
        if not piece:
            raise CopyEnded(self._end())
        self._received += piece
        if len(self._received) > _ANSWER_LIMIT:
            raise CopyEnded(self._end("it shows more than can be kept"))

    def _interrupted(self) -> None:
        """End the cell that runs; the copy, where it does not listen."""
        with suppress(OSError):
            os.kill(self._pid, signal.SIGINT)
        ends = time.monotonic() + _GRACE_SECONDS
        with suppress(CopyEnded):
            while b"\n" not in self._received and time.monotonic() < ends:
                self._receive()
            if b"\n" not in self._received:
                self._end("interrupted")
            self._received = b""

    def _end(self, why: str = "") -> str:
        """See to it that the copy is gone; returns why it is, as a phrase."""
        if why:
            with suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)
        status = self._reap()
        if why:
            return why
        if status == -signal.SIGKILL:
            return "its copy of the kernel was killed, probably for want of memory"
        return (
            f"its copy of the kernel ended ({f'signal {-status}' if status < 0 else f'exit status {status}'})"
        )

    def _reap(self) -> int:
        status = 0
        if self._pid:
            with suppress(ChildProcessError):
                status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
            self._pid = 0
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._remove_folder()
        return status

    def _remove_folder(self) -> None:
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def _restart(self) -> str:
        """Make a fresh copy that is where the last one was; returns what is to be said about that."""
        if self._restarts >= _MOST_RESTARTS:
            return ""
        self._restarts += 1
        try:
            self.start()
            for source, reads in self._behind:
                self._asked({"do": "run", "source": source, "reads": reads})
        except (OSError, CopyEnded):
            self.close()
            return "; there is no copy of the kernel any more"
        return "; a fresh copy, in which the cells before it ran again, goes on"


# What an answer to each step holds, and of which types; a cell can write to the copy's socket, too.
_ANSWERS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "run": {
        **dict.fromkeys(("outputs", "shows", "updates"), list),
        "has_widget": bool,
        **dict.fromkeys(("error", "refusal"), str),
        "seconds": (int, float),
        "memory": int,
    },
    "describe": {"found": list},
    "changes": {"new": list, "changed": list},
    "facts": {"facts": object},
}


def _answers(said: dict[str, Any], what: str) -> bool:
    """Whether a message is the answer to a step, and no noise of its code."""
    return all(name in said and isinstance(said[name], kind) for name, kind in _ANSWERS[what].items())


def _message(line: bytes) -> dict[str, Any]:
    """Read what the copy says; {} for noise of its code."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and "done" not in said else {}
