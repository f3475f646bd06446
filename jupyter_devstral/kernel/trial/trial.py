"""The trial of a proposal in a forked copy of the kernel: a fix is proven, not promised.

Must not know who proposes, or what is shown to whom.
"""

from __future__ import annotations

import signal
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.python.source import parses
from ..copy.forked import Forked, no_copy
from ..copy.outcome import CANCELLED, RETURNED, Outcome, late
from ..copy.safety import why_not
from .child import VALUE_LIMIT, Step, TrialChild

CLEAN, FAILS, NOT_TRIED, CUT_OFF = "clean", "fails", "not tried", "cut off"

_BADGE_VALUE, _BADGE_NAMES = 80, 3
_CANCELLED = "cancelled"


@dataclass(frozen=True)
class Verdict:
    """The result of a trial.

    Attributes:
        kind: CLEAN, FAILS, NOT_TRIED or CUT_OFF.
        seconds: what the steps took, displays included.
        ename: of FAILS: the error's class; "" when the process itself ended.
        evalue: of FAILS: the error's text, at most a few hundred characters.
        line: 1-based line of the step's source where it failed; 0 where that is not known.
        step: index of the step that failed or was cut off.
        reason: of NOT_TRIED and CUT_OFF: a phrase, "it writes files (out.csv)", "timed out after 5 s".
        changes: existing variables that were rebound, changed in place or deleted, as far as that is cheap.
        traceback: of FAILS: the user's frames and the error, as short text.
    """

    kind: str
    seconds: float = 0.0
    ename: str = ""
    evalue: str = ""
    line: int = 0
    step: int = 0
    reason: str = ""
    changes: tuple[str, ...] = ()
    traceback: str = ""

    def badge(self) -> str:
        """Write it as one line of plain text: "ran clean in 0.2 s, changes df"."""
        if self.kind == CLEAN:
            return f"ran clean in {_duration(self.seconds)}{_changes(self.changes)}"
        if self.kind == FAILS:
            value = " ".join(self.evalue.split())
            value = value if len(value) <= _BADGE_VALUE else value[: _BADGE_VALUE - 1] + "…"
            return f"still fails: {self.ename} {value}".replace("  ", " ").rstrip()
        return f"not tried: {self.reason}" if self.kind == NOT_TRIED else self.reason


class Trial:
    """A run of `steps`, cells in order, in a copy of `ip`'s namespace.

    Args:
        seconds: until the copy is ended.
        memory: bytes the steps may allocate.
        own_ports: remote ports of this project's own connections, which do not stand in the way.
    """

    def __init__(
        self,
        ip: Any,
        steps: Sequence[Step],
        *,
        seconds: float = 5.0,
        memory: int = 2**30,
        own_ports: Collection[int] = (),
    ) -> None:
        self._ip = ip
        self._steps = tuple(steps)
        self._seconds = seconds
        self._memory = memory
        self._own_ports = own_ports
        self._verdict: Verdict | None = None
        self._forked: Forked | None = None
        self._cancelled = False

    def start(self) -> None:
        """Fork and return; on the main thread, between two cells. A reason not to becomes the verdict."""
        sources = [step.source for step in self._steps]
        self._verdict = _syntax_error(sources)
        if self._verdict is None:
            reason = why_not(self._ip, sources, own_ports=self._own_ports)
            if reason:
                self._verdict = Verdict(NOT_TRIED, reason=reason)
        if self._verdict is not None or self._cancelled:
            return
        child = TrialChild(self._ip, self._steps)
        forked = Forked(child.run, seconds=self._seconds, memory=self._memory)
        try:
            forked.start()
        except OSError as error:
            self._verdict = Verdict(NOT_TRIED, reason=no_copy(error))
        else:
            self._forked = forked

    def result(self) -> Verdict:
        """Wait for the verdict; any thread. Always ends soon after `seconds`, and no process is left behind.

        A KeyboardInterrupt meanwhile ends the copy and is raised.
        """
        if self._verdict is None and self._forked is not None:
            self._verdict = _judge(self._forked.result(), self._seconds, self._memory)
        return self._verdict or Verdict(CUT_OFF, reason=_CANCELLED)

    def cancel(self) -> None:
        """End the copy; any thread, any number of times."""
        self._cancelled = True
        if self._forked is not None:
            self._forked.cancel()


def _syntax_error(sources: Sequence[str]) -> Verdict | None:
    for index, source in enumerate(sources):
        fault = parses(source)
        if fault is not None:
            text = fault.message[:VALUE_LIMIT]
            return Verdict(
                FAILS,
                ename="SyntaxError",
                evalue=text,
                line=fault.line,
                step=index,
                traceback=f"SyntaxError: {text}",
            )
    return None


def _judge(outcome: Outcome, seconds: float, memory: int) -> Verdict:
    """Conclude from what the child said, and from its end."""
    said: dict[str, Any] = {}
    for message in outcome.sent:
        said.update(message)
    step = _number(said.get("step"))
    if outcome.ended == CANCELLED:
        return Verdict(CUT_OFF, step=step, reason=_CANCELLED)
    if outcome.refused:
        return Verdict(NOT_TRIED, step=step, reason=outcome.refused)
    if outcome.is_late:
        return Verdict(CUT_OFF, seconds=outcome.seconds, step=step, reason=late(outcome, seconds))
    if outcome.ended != RETURNED or "seconds" not in said:
        return _ended(outcome, step)
    taken = float(said["seconds"])
    changes = tuple(str(name) for name in said.get("changes", ()))
    if said.get("memory"):
        return Verdict(NOT_TRIED, taken, step=step, reason=f"it needs more than {_size(memory)} of memory")
    if said.get("reason"):
        return Verdict(NOT_TRIED, taken, step=step, reason=str(said["reason"]))
    if "ename" not in said:
        return Verdict(CLEAN, taken, changes=changes)
    return Verdict(
        FAILS,
        taken,
        ename=str(said["ename"]),
        evalue=str(said["evalue"]),
        line=_number(said.get("line")),
        step=step,
        changes=changes,
        traceback=str(said["traceback"]),
    )


def _ended(outcome: Outcome, step: int) -> Verdict:
    name = _signal_name(-outcome.status)
    if -outcome.status in (signal.SIGINT, signal.SIGTERM):
        return Verdict(CUT_OFF, outcome.seconds, step=step, reason=f"interrupted ({name})")
    if -outcome.status == signal.SIGKILL:
        # Nobody here sent it: most likely the system, for want of memory.
        return Verdict(CUT_OFF, outcome.seconds, step=step, reason=f"killed ({name})")
    how = name if outcome.status < 0 else f"exit status {outcome.status}"
    text = f"the process ended ({how})"
    return Verdict(FAILS, outcome.seconds, evalue=text, step=step, traceback=text)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{max(1, round(seconds * 1000))} ms"


def _size(memory: int) -> str:
    return f"{memory / 2**30:g} GB" if memory >= 2**30 else f"{memory / 2**20:.0f} MB"


def _changes(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = len(names) - _BADGE_NAMES
    return f", changes {', '.join(names[:_BADGE_NAMES])}" + (f" and {more} more" if more > 0 else "")
