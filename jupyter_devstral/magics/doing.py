"""`%%devstral do`: a whole task, rehearsed in a copy of this kernel, shown as text, and kept by `accept`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.agent.steps import Question, Ran
from ..core.edits.edit import Edit
from ..core.errors import DevstralError, UsageError
from ..core.text.markdown import code_block, inline_code, prose
from ..core.variables.namespace import describe_namespace
from ..kernel.copy.forked import no_copy
from ..kernel.rehearsal.rehearsal import Rehearsal
from ..session.agent.driver import AgentDriver, Audience
from ..session.agent.run_record import RunRecord
from .display.insertion import next_cell
from .display.live_output import publish_text

if TYPE_CHECKING:
    from ..core.agent.draft import DraftCell
    from ..core.agent.outcome import Ended
    from ..core.request.command import Command
    from .explanation.explain_on_error import ExplainOnError
    from .session import ShellSession


NO_COPIES = "copies are switched off"
_IN_THE_SIDEBAR = (
    "The sidebar does this in a copy of the kernel: nothing changes until you have seen it there."
)
_FAILED = "the model could not be asked any more"
# What the sidebar chooses by name; with any other option the run stays here.
_HANDED_OVER = frozenset({"model", "route"})


def do(session: ShellSession, explainer: ExplainOnError, command: Command) -> None:
    """Have a task done in a copy, and show its cells; nothing of the user's changes.

    Where a page of JupyterLab shows the notebook, its sidebar takes the task over at once.

    Raises UsageError where there is none, ModelError where the model cannot be asked.
    """
    if not command.text.strip():
        raise UsageError("do needs a task: `%devstral do …`, or `%%devstral do` with a body.")
    if session.lab.runs_here and command.given <= _HANDED_OVER:
        session.lab.hand_over(command.text, model=command.model or "", route=command.route or "")
        publish_text(session.ip.display_pub, f"*{_IN_THE_SIDEBAR}*", _IN_THE_SIDEBAR)
        return
    from jupyter_core.paths import jupyter_data_dir

    from ..core.model.kept_connections import kept_ports

    rehearsal = Rehearsal(session.ip, own_ports=kept_ports())
    stage = _Stage(rehearsal, rehearsal.why_not() if session.trial_seconds else NO_COPIES)
    record = RunRecord(Path(jupyter_data_dir()) / "jupyter_devstral" / "runs")
    driver = AgentDriver(
        session, session.model_for(command), session.redactor, stage, _audience(session.ip), record
    )
    try:
        stage.begin()
        variables = describe_namespace(session.ip.user_ns, hidden=set(session.ip.user_ns_hidden))
        run = driver.prepare(session.context.notebook(), command.text, variables, seed=record.id)
        try:
            ended = driver.carry_out(run)
        except DevstralError:
            # What was written until then is kept; the error ends the cell.
            run.ended.reason = _FAILED
            if _written(run.ended):
                _keep(session, explainer, run.ended, rehearsal.changes(), stage.problem)
            raise
        changes = rehearsal.changes()
    finally:
        rehearsal.close()
        record.close()
    _keep(session, explainer, ended, changes, stage.problem)


def _keep(
    session: ShellSession,
    explainer: ExplainOnError,
    ended: Ended,
    changes: dict[str, list[str]],
    problem: str,
) -> None:
    """Show what the run has written, for `accept` to take."""
    text = _text_of(ended)
    session.drafted = (text, explainer.latest) if text else None
    markdown = _report(ended, changes, problem)
    publish_text(session.ip.display_pub, markdown, markdown)


class _Stage:
    """Runs cells in the copy; where there is none, says so."""

    def __init__(self, rehearsal: Rehearsal, problem: str) -> None:
        self._rehearsal = rehearsal
        self.problem = problem

    def begin(self) -> None:
        if not self.problem:
            try:
                self._rehearsal.start()
            except OSError as error:
                self.problem = no_copy(error)

    def run(self, source: str, allowed: Sequence[str]) -> Ran:
        if self.problem:
            return Ran(problem=f"not run: there is no copy of this kernel ({self.problem})")
        return Ran(**vars(self._rehearsal.run(source, allowed)))

    def describe(self, names: Sequence[str]) -> str:
        return self._rehearsal.describe(names)


def _audience(ip: Any) -> Audience:
    """Tell of each cell as it comes; nobody answers while a cell runs, so every question is answered no."""

    def say(words: str) -> None:
        line = f"*{prose(words)}*"
        publish_text(ip.display_pub, line, words)

    def answer(question: Question) -> bool:
        say(f"refused: {question.effect}")
        return False

    return Audience(say=say, answer=answer)


def _text_of(ended: Ended) -> str:
    """Give the cells that the run wrote as one; "" for none."""
    edits = [Edit("insert", "", "", cell.source, cell.kind) for cell in _written(ended)]
    return next_cell(edits) if edits else ""


def _written(ended: Ended) -> list[DraftCell]:
    return [cell for cell in ended.draft.touched if not cell.deleted]


def _report(ended: Ended, changes: dict[str, list[str]], problem: str) -> str:
    """Write the cells with what they showed, what was refused, and one line about the whole run."""
    parts = [f"No rehearsal: {problem}. The cells are written, and were not run."] if problem else []
    for cell in _written(ended):
        parts += _shown(ended, cell)
    if ended.summary:
        parts.append(ended.summary)
    if ended.how != "done":
        parts.append(f"**{'Stopped' if ended.how == 'stopped' else f'Gave up: {ended.reason}'}.**")
    parts += [
        f"{word}: {', '.join(map(inline_code, names))}"
        for word, names in (("New variables", changes["new"]), ("Changed variables", changes["changed"]))
        if names
    ]
    receipt = f"{ended.steps} steps · {ended.reply_tokens:,} tokens written"
    how = " · `%devstral accept` puts the cells into a cell" if _written(ended) else ""
    return "\n\n".join([*parts, f"*{receipt}*{how}"])


def _shown(ended: Ended, cell: DraftCell) -> list[str]:
    from ..core.agent.results import capped, outputs_text

    name = f"cell {inline_code(ended.draft.short(cell))}, {cell.state}"
    parts = [f"**{name}**", code_block(cell.source, "python" if cell.kind == "code" else "markdown")]
    shown = outputs_text(cell.outputs)
    if shown:
        parts.append(code_block(capped(shown), "text"))
    refused = [f"Refused in the copy: {prose(effect)}." for effect in cell.refused]
    if cell.ran is not None and cell.ran.problem:
        refused.append(f"Not finished: {prose(cell.ran.problem)}.")
    return [*parts, *refused]
