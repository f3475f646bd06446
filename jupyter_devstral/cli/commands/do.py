"""`jupyter devstral do`: a whole task, rehearsed in a copy of the notebook's kernel, written as a notebook.

Exit codes: 0 done, 1 an error, 2 typed wrongly, 3 the model gave up, 4 something was refused, 128 and the
number of the signal that ended it. NOTEBOOK is never written, OUT always.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.agent.outcome import Ended
from ...core.agent.steps import Question, Ran
from ...core.errors import DevstralError, UsageError
from ...core.notebook.own_cells import is_request, loads_extension, mentions_magic
from ...core.settings.permission import refuse_agent
from ...core.settings.policy_files import policy
from ...core.text.terminal_text import as_shown
from ...core.variables.namespace import Variable
from ...core.whole_file import write_whole
from ...session.session import Session
from ..destination import check_destination
from ..notebook_input import read_notebook
from ..notebook_text import notebook_text
from ..run.draft_notebook import with_draft
from ..run.executable_notebook import runnable_notebook
from ..run.kernel_choice import kernel_for
from ..run.kernel_stage import KernelStage
from ..settings import read_settings, settings_given

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from ...core.notebook.cells import Notebook

DONE, FAILED, GAVE_UP, REFUSED, INTERRUPTED = 0, 1, 3, 4, 130
# The tag of a cell that is meant to fail.
EXPECTED = "raises-exception"


def command(arguments: argparse.Namespace) -> int:
    """Have a task done and write the result; returns the exit code."""
    if not arguments.task.strip():
        raise UsageError("The task is empty: say in words what is to be done.")
    source = read_notebook(arguments.notebook)
    _check_output(arguments)
    session = Session(read_settings(arguments.flags), rules_places=source.places)
    # A missing or forbidden route is reported before anything runs.
    session.choose_route(arguments.route)
    refuse_agent(policy(), "run" if arguments.yes_run else "plan" if arguments.plan else "rehearse")
    node, notes = runnable_notebook(source)
    kernel, note = kernel_for(source)
    for one in [*notes, *([note] if note else [])]:
        _say(one)
    run = _Do(arguments, session, node)
    with _ended_as_by_interrupt() as ended_by:
        try:
            with KernelStage(kernel, _folder(arguments.notebook), seconds=arguments.timeout) as stage:
                code = run.carry_out(stage)
        except KeyboardInterrupt:
            if not ended_by:
                raise
        finally:
            # What there is is kept, however it ended.
            run.write()
    return 128 + ended_by[0] if ended_by else code


@contextmanager
def _ended_as_by_interrupt() -> Iterator[list[int]]:
    """Let what ends a process interrupt it, once; gives the signals that came.

    A job that runs out of time, or a terminal that is closed, must not take along what was written.
    """
    came: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        came.append(number)
        if len(came) == 1:
            raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    # Under `nohup` a closed terminal is no reason to end.
    numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, interrupt)) for number in numbers]
    try:
        yield came
    finally:
        for number, handler in before:
            signal.signal(number, handler)


class _Do:
    def __init__(self, arguments: argparse.Namespace, session: Session, node: NotebookNode) -> None:
        self._arguments = arguments
        self._session = session
        self._node = node

    def carry_out(self, stage: KernelStage) -> int:
        """Rehearse the notebook and the task, and run it for real where that was asked for."""
        from ...core.notebook.file import notebook_from_json

        notebook = notebook_from_json(self._node)
        if not self._session.trial_seconds:
            stage.problem = "copies are switched off"
        elif notebook.language == "python":
            stage.set_up(settings_given(self._arguments.flags), load=_uses_magics(notebook))
            stage.begin()
        else:
            stage.problem = f"it runs {notebook.language}"
        if stage.problem:
            _say(f"No rehearsal: {stage.problem}. Cells are written, and not run.")
        else:
            _rehearse(notebook, stage)
        ended = self._run(notebook, stage)
        self._node = with_draft(self._node, ended.draft)
        stage.end()
        has_failed = (
            self._arguments.yes_run
            and ended.how == "done"
            and not self._arguments.plan
            and _run_for_real(self._node, ended, stage)
        )
        return _code(ended) or (FAILED if has_failed else DONE)

    def write(self) -> None:
        """Write OUT."""
        write_whole(self._arguments.output, notebook_text(self._node))

    def _run(self, notebook: Notebook, stage: KernelStage) -> Ended:
        from jupyter_core.paths import jupyter_data_dir

        from ...core.model.server import Wishes
        from ...core.redaction.redactor import Redactor
        from ...session.agent.driver import AgentDriver, Audience
        from ...session.agent.run_record import RunRecord

        record = RunRecord(Path(jupyter_data_dir()) / "jupyter_devstral" / "runs")
        audience = Audience(_say, _show, _refuse, _tell, heard=lambda reply: print(flush=True))
        driver = AgentDriver(
            self._session,
            self._session.model(Wishes(notebook=str(self._arguments.notebook))),
            Redactor(),
            stage,
            audience,
            record,
            plan=self._arguments.plan,
        )
        variables = [Variable(*one) for one in stage.described()]
        run = driver.prepare(notebook, self._arguments.task, variables, seed=self._arguments.task)
        try:
            return driver.carry_out(run)
        except DevstralError:
            # What was written until then is kept; the error ends the command.
            self._node = with_draft(self._node, run.draft)
            raise
        finally:
            record.close()
            print(flush=True)


def _check_output(arguments: argparse.Namespace) -> None:
    out: Path = arguments.output
    if arguments.notebook != "-" and out.resolve() == Path(arguments.notebook).resolve():
        raise UsageError(f"-o names the notebook itself: {out}.")
    check_destination(out)


def _folder(notebook: str) -> Path:
    return Path.cwd() if notebook == "-" else Path(notebook).resolve().parent


def _uses_magics(notebook: Notebook) -> bool:
    sources = [cell.source for cell in notebook.cells if cell.kind == "code"]
    return any(map(mentions_magic, sources)) and not any(map(loads_extension, sources))


def _rehearse(notebook: Notebook, stage: KernelStage) -> None:
    """Run the cells there are in the copy; those that are refused or fail are named, and the rest goes on."""
    cells = [cell for cell in notebook.cells if cell.kind == "code" and cell.source.strip()]
    for cell in cells:
        if is_request(cell):
            continue
        # They are the user's own: what they read is his.
        ran = stage.run(cell.source, ["it reads"])
        what = ran.problem or (f"refused: {ran.refused}" if ran.refused else ran.error)
        if what:
            _say(f"cell #{cell.index + 1} (id {cell.key}) in the copy: {what}")


def _run_for_real(node: NotebookNode, ended: Ended, stage: KernelStage) -> bool:
    """Run all cells for real; of the run's own not those that the rules ask about.

    Returns whether one of the run's own failed that was not meant to.
    """
    from ...core.agent.rules import findings
    from ..run.comparison import is_as_rehearsed

    has_failed = False
    drafted = {cell.id: cell for cell in ended.draft.touched}
    for index, cell in enumerate(node.cells):
        mine = drafted.get(cell["id"])
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if mine is not None and findings(mine.source):
            _say(f"cell #{index + 1} (id {cell['id']}) is not run: {findings(mine.source)[0]}")
            continue
        ran = stage.run_for_real(cell.source)
        cell["outputs"] = [_node_of(output) for output in ran.outputs]
        if ran.error:
            _say(f"cell #{index + 1} (id {cell['id']}) failed: {ran.error}")
        if mine is not None:
            has_failed |= bool(ran.error) and EXPECTED not in cell.metadata.get("tags", [])
            same = is_as_rehearsed(mine.outputs, ran.outputs)
            cell.metadata.setdefault("devstral", {})["as_rehearsed"] = same
            _say(f"cell #{index + 1} (id {cell['id']}): {'as rehearsed' if same else 'not as rehearsed'}")
    return has_failed


def _node_of(output: Any) -> Any:
    import nbformat

    return nbformat.from_dict(output)


def _code(ended: Ended) -> int:
    if ended.how == "stopped":
        _say("interrupted; what was written until then is kept.")
        return INTERRUPTED
    if ended.how == "gave up":
        _say(f"gave up: {ended.reason}.")
        return GAVE_UP
    return REFUSED if ended.refused else DONE


def _say(words: str) -> None:
    print(f"jupyter devstral: {' '.join(as_shown(words).split())}", file=sys.stderr)


def _show(text: str) -> None:
    print(as_shown(text), end="", flush=True)


def _refuse(question: Question) -> bool:
    """Answer no, and say to what: nobody is there to allow anything."""
    _say(f"refused: cell {question.cell}: {question.effect}")
    return False


def _tell(cell: str, ran: Ran) -> None:
    what = ran.problem or ran.refused or ran.error or "ran"
    _say(f"cell {cell} in the copy: {what}")
