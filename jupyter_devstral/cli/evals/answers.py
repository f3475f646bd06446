"""Where answers to cases come from: the model, asked as a user asks it, or what is known to be right."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .cases import Case
from .notebook_kernel import NotebookKernel, cell_id


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Attributes:
        new: sources by the place of the cell that they replace, for `fix`.
        rerun: places of cells to run again, in order.
        blocks: new cells: what was written, or tests.
        tokens: of prompt and reply; 0 where nothing was asked.
        reply_tokens: of the reply alone.
        reply_seconds: for the reply alone, as the server counts.
        cut: the reply was ended by its length.
    """

    new: dict[int, str] = field(default_factory=dict)
    rerun: tuple[int, ...] = ()
    blocks: tuple[str, ...] = ()
    tokens: int = 0
    reply_tokens: int = 0
    reply_seconds: float = 0.0
    cut: bool = False


class Answers(Protocol):
    """Something that answers cases."""

    def __call__(self, case: Case) -> Answer: ...


def gold_answer(case: Case) -> Answer:
    """The right answer that a case ships."""
    if case.suite == "fix":
        return Answer(new={case.place: case.gold} if case.gold else {}, rerun=case.rerun)
    return Answer(blocks=(case.gold,))


def null_answer(case: Case) -> Answer:
    """No answer: what must never be right."""
    return Answer()


class ModelAnswers:
    """Asks through the extension, in a kernel for each case: with everyday's prompts, reader and trials.

    `settings` are for `DevstralConfig`.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings

    def __call__(self, case: Case) -> Answer:
        with tempfile.TemporaryDirectory(prefix="devstral-eval-") as folder:
            working = Path(folder) / "work"
            working.mkdir()
            write_files(case, working)
            kernel = NotebookKernel(working, case.cells, self._settings)
            try:
                return _ASK[case.suite](kernel, case)
            finally:
                kernel.close()


def write_files(case: Case, folder: Path) -> None:
    """The files that a case reads."""
    for name, text in case.files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _ask_for_fix(kernel: NotebookKernel, case: Case) -> Answer:
    kernel.execute("get_ipython().run_line_magic('devstral', 'auto on')")
    bundle: dict[str, Any] = {}
    for place in case.order:
        bundle = kernel.run(place, case.ran(place))
    places = {cell_id(place): place for place in range(len(case.cells))}
    edits = [edit for edit in bundle.get("edits", ()) if edit["cell_id"] in places]
    rerun = (bundle.get("card") or {}).get("rerun", ())
    return _counted(
        bundle,
        new={places[edit["cell_id"]]: edit["source"] for edit in edits},
        rerun=tuple(places[key] for key in rerun if key in places),
    )


def _ask_to_write(kernel: NotebookKernel, case: Case) -> Answer:
    return _asked(kernel, case, f"%%devstral\n{case.ask}")


def _ask_for_tests(kernel: NotebookKernel, case: Case) -> Answer:
    return _asked(kernel, case, f"%devstral test {case.id}")


def _asked(kernel: NotebookKernel, case: Case, question: str) -> Answer:
    for place in case.order:
        kernel.run(place)
    bundle = kernel.run(kernel.add(question))
    return _counted(
        bundle, blocks=tuple(edit["source"] for edit in bundle.get("edits", ()) if edit["op"] == "insert")
    )


_ASK: dict[str, Callable[[NotebookKernel, Case], Answer]] = {
    "fix": _ask_for_fix,
    "write": _ask_to_write,
    "test": _ask_for_tests,
}


def _counted(bundle: dict[str, Any], **found: Any) -> Answer:
    usage = bundle.get("usage") or {}
    reply_tokens = int(usage.get("reply_tokens", 0))
    return Answer(
        **found,
        tokens=int(usage.get("prompt_tokens", 0)) + reply_tokens,
        reply_tokens=reply_tokens,
        reply_seconds=float(usage.get("reply_seconds", 0.0)),
        cut=bundle.get("finished") == "length",
    )
