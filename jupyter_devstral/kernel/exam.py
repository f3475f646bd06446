"""A model's code judged: cells run from nothing in a confined copy of this kernel, and a check of the result.

Called by name, from a front-end that measures models. Must not know where the code came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .copy.child import Child
from .copy.forked import Forked
from .copy.muted_shell import MutedShell
from .copy.outcome import DIED, TIME
from .copy.safety import why_not

_NEEDED = ("numpy", "pandas")
_MEMORY = 2 * 1024**3


def why_no_exam(ip: Any) -> str:
    """Why this kernel cannot judge the cases that ship, as a phrase; "" when it can."""
    try:
        for name in _NEEDED:
            import_module(name)
    except ImportError as error:
        return f"The cases need numpy and pandas ({error})"
    return why_not(ip)


def judge(ip: Any, steps: Sequence[tuple[str, bool]], check: str, seconds: float) -> dict[str, Any]:
    """Run cells in an empty namespace of a copy, and check what came of them.

    Args:
        steps: the source of each cell, and whether it may fail.
        check: code that raises where the result is wrong.

    Returns {"runs": bool, "right": bool, "why": text}.
    """
    forked = Forked(_Exam(ip, steps, check).run, seconds=seconds, memory=_MEMORY)
    forked.start()
    outcome = forked.result()
    said = next((message for message in outcome.sent if "right" in message), None)
    if said is None:
        why = {TIME: "timed out", DIED: "the process died"}.get(outcome.ended, outcome.ended)
        said = {"runs": False, "right": False, "why": outcome.refused or why}
    return said


class _Exam:
    """The function that the judge forks."""

    def __init__(self, ip: Any, steps: Sequence[tuple[str, bool]], check: str) -> None:
        self._ip = ip
        self._steps = steps
        self._check = check

    def run(self, child: Child) -> None:
        ip = self._ip
        shell = MutedShell(ip, child.refusals, in_loop=child.in_loop)
        namespace = ip.user_ns
        for name in [name for name in namespace if name[:1] != "_" and name not in ip.user_ns_hidden]:
            del namespace[name]
        for source, may_fail in self._steps:
            error = _error_of(shell, source)
            if error is not None and not may_fail:
                child.send({"runs": False, "right": False, "why": _said(error)})
                return
        wrong = self._wrong(namespace)
        child.send({"runs": True, "right": not wrong, "why": wrong})

    def _wrong(self, namespace: dict[str, Any]) -> str:
        try:
            exec(compile(self._check, "<check>", "exec"), namespace)  # noqa: S102 - a check that ships with us
        except BaseException as error:  # noqa: BLE001 - whatever a value does when it is looked at is wrong
            return _said(error) or "wrong"
        return ""


def _error_of(shell: MutedShell, source: str) -> BaseException | None:
    try:
        return shell.run(source)[0]
    except BaseException as error:  # noqa: BLE001 - what a model's code lets through is its failure
        return error


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:200].rstrip(": ")
    except Exception:  # noqa: BLE001 - the text of an error is its author's code
        return type(error).__name__
