"""One line in the audit log for each action of a run, and for each answer of the user's about one.

What a model wants done is logged by the name of its tool, its cell and what became of it; never its content.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ...core.settings.policy_files import policy
from .log_line import LogLine
from .send_log import Sender, head

if TYPE_CHECKING:
    from ...core.agent.steps import Question, Ran


class ActionLog:
    """The log of one run's actions; where a policy requires it, what cannot be logged is not done.

    Args:
        notebook: its path.
        run: the run's id.
    """

    def __init__(self, sender: Sender, notebook: str, run: str) -> None:
        self._sender = sender
        self._notebook = notebook
        self._run = run
        self._step = 0
        self._line: LogLine | None = None
        self._began = 0.0
        self._ending: dict[str, Any] = {}

    def asked(self, step: int) -> None:
        """The model is asked for the step of this number: actions that follow are its."""
        self._step = step

    def begin(self, tool: str, cell: str) -> None:
        """An action is about to be carried out; raises NotLogged where it must be logged and cannot be."""
        line = LogLine(policy())
        line.reserve({**self._head("action"), "tool": tool or None, "cell": cell or None, "outcome": None})
        self._line, self._began, self._ending = line, time.monotonic(), {}

    def ran(self, ran: Ran) -> None:
        """Its cell was run in the copy; the last of several times counts."""
        self._ending["trial"] = {
            "became": _became(ran),
            "outputs": len(ran.outputs),
            "ms": round(ran.seconds * 1000),
        }

    def answered(self, question: Question, *, allowed: bool) -> None:
        """The user has answered; raises NotLogged where that must be logged and cannot be."""
        decision = {"asked": _kind_of(question.effect), "allowed_by": "user" if allowed else None}
        LogLine(policy()).note(
            {
                **self._head("approval" if allowed else "refusal"),
                "cell": question.cell,
                "decision": {**decision, "remembered": False},
                "outcome": "allowed" if allowed else "refused",
            }
        )

    def end(self, outcome: str, cell: str = "") -> None:
        """The action is over; without one nothing is written."""
        line, self._line = self._line, None
        if line is not None:
            ms = round((time.monotonic() - self._began) * 1000)
            line.write({**self._ending, "outcome": outcome, "ms": ms, **({"cell": cell} if cell else {})})

    def failed(self, error: BaseException) -> None:
        """The run has ended with an error: its kind alone, for words may quote what was sent."""
        self.end(type(error).__name__)
        LogLine(policy()).note({**self._head("error"), "outcome": type(error).__name__})

    def _head(self, kind: str) -> dict[str, Any]:
        return head(self._sender, kind, self._notebook, self._run, self._step)


def _became(ran: Ran) -> str:
    if ran.problem:
        return "not finished"
    if ran.refused:
        return f"refused: {_kind_of(ran.refused)}"
    return f"failed: {ran.error.partition(':')[0]}" if ran.error else "ran"


def _kind_of(effect: str) -> str:
    """An effect without what it is about: of "it writes files (report.csv)" the words in front."""
    return effect.partition(" (")[0]
