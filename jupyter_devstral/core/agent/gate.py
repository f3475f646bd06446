"""The gate between a model and what it wants run: rules, then the copy, and the user where either says so.

What is allowed is allowed by the answer to a question, for one cell, once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from .active_html import output_finding
from .draft import Draft, DraftCell
from .steps import Question, Ran, RunCell

Rules = Callable[[str, str], tuple[str, ...]]


class Gate:
    """The gate of one run.

    Args:
        rules: give the effects of a source and its kind that have to be asked about beforehand.

    Attributes:
        refused: (cell's id, effect) of all that was asked and not allowed.
    """

    def __init__(self, draft: Draft, rules: Rules) -> None:
        self._draft = draft
        self._rules = rules
        self.refused: list[tuple[str, str]] = []

    def run(self, cell: DraftCell, why: str = "") -> Generator[Any, Any, Ran]:
        """Run a cell in the copy, as far as it may; its outputs are kept with it.

        Args:
            why: the model's reason, which is passed on to the user and decides nothing.
        """
        allowed: list[str] = []
        for effect in self._rules(cell.source, cell.kind):
            if not (yield from self._may(cell, effect)):
                cell.ran, cell.outputs = Ran(refused=effect), ()
                return cell.ran
            allowed.append(effect)
        ran: Ran = yield RunCell(cell.id, cell.source, tuple(allowed), why)
        # Behind what is allowed the next effect may be refused, which is a question of its own.
        while ran.refused and ran.refused not in allowed:
            # What only reads may do so in the copy, once it is allowed to; all else leaves it.
            leaves = not ran.refused.startswith("it reads")
            if not (yield from self._may(cell, ran.refused, for_real=leaves)):
                break
            allowed.append(ran.refused)
            ran = yield RunCell(cell.id, cell.source, tuple(allowed), why)
        else:
            if ran.refused:
                self._note(cell, ran.refused)
        cell.ran = ran
        cell.outputs = yield from self._harmless(cell, ran, allowed)
        return ran

    def show(self, cell: DraftCell) -> Generator[Any, Any, None]:
        """Ask about a cell of text that loads or runs something where it is shown."""
        for effect in self._rules(cell.source, cell.kind):
            yield from self._may(cell, effect)

    def _may(self, cell: DraftCell, effect: str, *, for_real: bool = False) -> Generator[Any, Any, bool]:
        before = tuple(one.id for one in self._draft.touched if one is not cell and _runs_well(one))
        answer = yield Question("effect", cell.id, effect, cell.source, before, for_real)
        if answer is True:
            return True
        self._note(cell, effect)
        return False

    def _note(self, cell: DraftCell, effect: str) -> None:
        if effect not in cell.refused:
            cell.refused.append(effect)
            self.refused.append((cell.id, effect))

    def _harmless(
        self, cell: DraftCell, ran: Ran, allowed: list[str]
    ) -> Generator[Any, Any, tuple[Mapping[str, Any], ...]]:
        """Give the outputs without what is active in them, unless the user lets it be shown.

        He is asked once for each kind, however many outputs are of it.
        """
        kept: list[Mapping[str, Any]] = []
        may = dict.fromkeys(["", *allowed], True)
        for output in ran.outputs:
            data = output.get("data")
            finding = output_finding(data) if isinstance(data, Mapping) else ""
            if finding not in may:
                may[finding] = yield from self._may(cell, finding)
            if may[finding]:
                kept.append(output)
            elif isinstance(data, Mapping) and "text/plain" in data:
                kept.append({**output, "data": {"text/plain": data["text/plain"]}, "metadata": {}})
        return tuple(kept)


def _runs_well(cell: DraftCell) -> bool:
    """Whether a cell of the run may run for real before another one: it did all in the copy."""
    return not cell.deleted and cell.ran is not None and cell.ran.is_clean and not cell.refused
