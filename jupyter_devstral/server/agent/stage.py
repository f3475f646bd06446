"""The copy of a notebook's kernel in which a run on this server rehearses its cells.

The kernel is asked in short calls: between two of them it belongs to its user, whose cells come first.
Blocking, for the thread of a run.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ...core.agent.steps import Ran
from ...kernel.expressions import rehearse_expression
from ..kernel_expression import BUSY, FAILED, LATE, NO_KERNEL, Evaluated
from ..proving import WHY

MEMORY = 2**31
STEP_SECONDS = 60.0
_PATIENCE = 20.0
# The kernel waits this long for a cell in its copy; most have ended by then.
_LOOK_SECONDS = 0.25
_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.5)
_BUSY_PAUSE = 0.3
_MOST_LATE = 3
_LOST = "the kernel was restarted or ended, and the copy is gone with it"


class KernelStage:
    """The copy in one kernel, for one run.

    Args:
        run: the id of the run.
        evaluate: evaluates an expression in the kernel; takes it and the seconds to wait for it.
        say: tells the user what is being waited for.
        stopped: set when the run is to end: whatever waits here raises KeyboardInterrupt.
        without: runs a cell where there is no copy.
        hidden: names of variables that are described to nobody: the user has taken them out.

    Attributes:
        problem: why there is no copy, as a phrase; "" where there is one.
    """

    def __init__(
        self,
        run: str,
        evaluate: Callable[[str, float], Evaluated],
        *,
        say: Callable[[str], None],
        stopped: threading.Event,
        without: Callable[[str], Ran],
        hidden: Collection[str] = (),
        seconds: float = STEP_SECONDS,
    ) -> None:
        self.problem = "it was not begun"
        self._run = run
        self._evaluate = evaluate
        self._say = say
        self._stopped = stopped
        self._without = without
        self._hidden = hidden
        self._seconds = seconds
        self._copies = self._number = 0
        self._at_work = False
        self._real: dict[str, Ran] = {}

    def begin(self) -> None:
        """Make the copy, a fresh one where there is one; `problem` says where there can be none."""
        self._copies += 1
        said = self._call({"do": "begin", "seconds": self._seconds, "memory": MEMORY})
        self.problem = str(said.get("problem", "")) if "lost" not in said else self._away

    def run(self, source: str, allowed: Sequence[str]) -> Ran:
        """Run a cell in the copy; one that has just been run for real is not run again."""
        real = self._real.pop(source, None)
        if real is not None:
            return real
        if self.problem:
            return self._without(source)
        self._number += 1
        step = {
            "do": "step",
            "number": self._number,
            "source": source,
            "allowed": list(allowed),
            "seconds": _LOOK_SECONDS,
        }
        self._at_work = True
        said, looks = self._call(step), 0
        while said.get("running"):
            self._pause(_PAUSES[min(looks, len(_PAUSES) - 1)])
            looks += 1
            said = self._call(step)
        self._at_work = False
        if "lost" in said:
            self.problem = self._away
            return Ran(problem=self._away, lost=True)
        return Ran(**{**said, "outputs": tuple(said["outputs"]), "hints": tuple(said.get("hints", ()))})

    def take_real(self, source: str, ran: Ran) -> None:
        """Take what became of a cell that the user has let run for real; a fresh copy goes on behind it."""
        self._real[source] = ran
        if not self.problem:
            self.begin()

    def describe(self, names: Sequence[str]) -> str:
        """Describe variables of the copy."""
        return "\n".join(text for _, _, text in self.described(names))

    def described(self, names: Sequence[str] = ()) -> list[tuple[str, str, str]]:
        """Name, kind and description of variables of the copy, by default of the most important ones."""
        if self.problem:
            return []
        found = self._call({"do": "describe", "names": list(names)}).get("found", [])
        return [(str(name), str(kind), str(text)) for name, kind, text in found if name not in self._hidden]

    def changes(self) -> dict[str, Any]:
        """Name the variables that are "new" and "changed" in the copy, and whether it is "stale".

        Then "ran" are the sources of the cells that the user has run meanwhile, "moved" the variables that
        have changed by that.
        """
        nothing: dict[str, Any] = {"new": [], "changed": [], "stale": False, "ran": [], "moved": []}
        if self.problem or self._at_work or self._stopped.is_set():
            return nothing
        return {**nothing, **self._call({"do": "changes"})}

    @property
    def was_begun(self) -> bool:
        """Whether there has been a copy, or may have been."""
        return self._copies > 0

    @property
    def end_expression(self) -> str:
        """What ends the copy, whatever it is at work on."""
        return rehearse_expression(json.dumps({"do": "end", "run": self._id}))

    @property
    def _id(self) -> str:
        return f"{self._run}:{self._copies}"

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the kernel says; {"lost": true} where it is not there any more, `_away` says why."""
        if request["do"] in ("begin", "step"):
            request = {**request, "run": self._id}
        expression = rehearse_expression(json.dumps(request))
        late, told = 0, False
        while True:
            if self._stopped.is_set():
                raise KeyboardInterrupt
            said = self._evaluate(expression, _PATIENCE)
            if not said.problem:
                answer: dict[str, Any] = json.loads(said.text)
                if "lost" in answer:
                    self._away = _LOST
                return answer
            if said.problem == BUSY:
                if not told:
                    self._say("The kernel is busy with a cell of yours: the run waits for it.")
                told = True
                self._pause(_BUSY_PAUSE)
            elif said.problem == FAILED and request["do"] == "step":
                return {"problem": "it was interrupted in the kernel", "outputs": []}
            elif said.problem == LATE and late < _MOST_LATE:
                late += 1
            else:
                self._away = _LOST if self._began and said.problem == NO_KERNEL else WHY[said.problem]
                return {"lost": True}

    @property
    def _began(self) -> bool:
        return self._number > 0 or not self.problem

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise KeyboardInterrupt

    _away = _LOST
