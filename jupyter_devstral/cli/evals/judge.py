"""Whether an answer is right: run in confined copies of a kernel, and held against the check of its case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import DevstralError
from ...kernel.expressions import (
    begin_proof_expression,
    go_on_expression,
    judge_expression,
    soundness_expression,
)
from .answers import Answer, write_files
from .cases import Case
from .notebook_kernel import NotebookKernel

_SECONDS = 20
_NOT_SOUND = "Nothing was run, because answers are only ever run in copies of a kernel: {}."


def _missing(problem: str) -> str:
    """What to install, in words; "" where that is not the problem."""
    return f"{problem}: `pip install numpy pandas` in this environment." if "need numpy" in problem else ""


@dataclass(frozen=True)
class Judged:
    """What an answer is worth: it runs without an error, and its result is right."""

    runs: bool = False
    right: bool = False
    why: str = ""


class Judge:
    """One kernel, whose copies run all answers; raises DevstralError where no copy is sound."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kernel = NotebookKernel(folder)
        try:
            problem = self._kernel.evaluate(soundness_expression())
            if problem:
                raise DevstralError(_missing(problem) or _NOT_SOUND.format(problem))
        except DevstralError:
            self.close()
            raise

    def close(self) -> None:
        """End the kernel."""
        self._kernel.close()

    def __call__(self, case: Case, answer: Answer) -> Judged:
        write_files(case, self._folder)
        if case.suite == "test":
            return self._tests(case, answer)
        if not (answer.new or answer.rerun or answer.blocks):
            return Judged(why="no code")
        return self._result(case, _steps(case, answer))

    def _result(self, case: Case, steps: list[tuple[str, bool]]) -> Judged:
        asked = {"steps": steps, "check": case.check, "seconds": _SECONDS}
        return Judged(**self._kernel.evaluate(judge_expression(json.dumps(asked))))

    def _tests(self, case: Case, answer: Answer) -> Judged:
        """Right is one test that holds and notices a fault: the proof of `%devstral test`, whole."""
        if not answer.blocks:
            return Judged(why="no test")
        self._kernel.execute("\n".join(case.cells))
        asked = {"blocks": answer.blocks, "targets": [case.id], "cell": case.cells[-1], "seconds": _SECONDS}
        said = self._kernel.evaluate(
            begin_proof_expression(json.dumps({**asked, "form": "functions", "strengthens": ""}))
        )
        while said["step"] in ("say", "ask"):
            # Nobody writes anew what raises errors here.
            answered = json.dumps({"problem": "no further answer"}) if said["step"] == "ask" else ""
            said = self._kernel.evaluate(go_on_expression(said["key"], answered))
        self._kernel.execute(f"del {case.id}")
        kept = bool(said.get("cell"))
        return Judged(kept, kept, "" if kept else "no test was kept")


def _steps(case: Case, answer: Answer) -> list[tuple[str, bool]]:
    """The cells to run, and for each whether it may fail."""
    if case.suite == "write":
        return [(source, False) for source in (*case.cells, *answer.blocks)]
    if not case.live:
        return [(answer.new.get(place, source), False) for place, source in enumerate(case.cells)]
    before = [(case.ran(place), place == case.failing) for place in case.order]
    again = answer.rerun or (*sorted({*answer.new, case.failing}),)
    again = again if case.failing in again else (*again, case.failing)
    return [*before, *((answer.new.get(place, case.cells[place]), False) for place in again)]
