"""`jupyter devstral run`: execution of a notebook of prompts to a finished notebook."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import DevstralError, UsageError
from ...core.whole_file import write_whole
from ...session.session import Session
from ..destination import check_destination
from ..notebook_input import read_notebook
from ..notebook_text import notebook_text
from ..settings import read_settings, settings_given
from .narration import Narration

if TYPE_CHECKING:
    from .notebook_runner import NotebookRunner


def command(arguments: argparse.Namespace) -> int:
    """Execute a notebook and write the result; return the exit code."""
    from .executable_notebook import runnable_notebook
    from .kernel_choice import kernel_for
    from .notebook_runner import NotebookRunner

    source = read_notebook(arguments.notebook)
    _check_destinations(arguments)
    notebook, notes = runnable_notebook(source)
    kernel, kernel_note = kernel_for(source)
    settings = read_settings(arguments.flags)
    # A missing or forbidden route is reported before anything runs.
    Session(settings).choose_route(arguments.route)
    narration = Narration(notebook)
    narration.begin(source.name, settings, executes=not arguments.no_execute_inserted, route=arguments.route)
    for note in [*notes, *([kernel_note] if kernel_note else [])]:
        narration.note(note)
    runner = NotebookRunner(
        notebook,
        narration=narration,
        given=settings_given(arguments.flags),
        execute_inserted=not arguments.no_execute_inserted,
        explain=arguments.explain,
        route=arguments.route,
        kernel_name=kernel,
        timeout=arguments.timeout,
        allow_errors=arguments.allow_errors,
        resources={"metadata": {"path": str(_folder(arguments.notebook))}},
    )
    with ExitStack() as ending:
        ending.callback(narration.close)
        failure = _execute(runner)
    return _finish(arguments, runner, failure, narration)


def _check_destinations(arguments: argparse.Namespace) -> None:
    """Reject, before anything runs, a destination that could not be written at the end."""
    out, html = arguments.output, arguments.html
    if html is not None and html.resolve() == out.resolve():
        raise UsageError(f"-o and --html both name {out}.")
    if (
        html is not None
        and arguments.notebook != "-"
        and html.resolve() == Path(arguments.notebook).resolve()
    ):
        raise UsageError(f"--html names the notebook itself: {html}.")
    for path in (out, html):
        if path is not None:
            check_destination(path)


def _folder(notebook: str) -> Path:
    """The folder that the kernel works in: the notebook's own, as in Jupyter."""
    return Path.cwd() if notebook == "-" else Path(notebook).resolve().parent


def _execute(runner: NotebookRunner) -> DevstralError | None:
    """Execute all cells. An error that ended it early is returned, so that the result is still written."""
    try:
        asyncio.run(runner.run())
    except DevstralError as error:
        return error
    except KeyboardInterrupt:
        # Raised before the runner handles signals, or after it has stopped to.
        runner.stopped_by = runner.stopped_by or signal.SIGINT
    return None


def _finish(
    arguments: argparse.Namespace, runner: NotebookRunner, failure: DevstralError | None, narration: Narration
) -> int:
    """Write the result, say how the run ended, and return the exit code."""
    if not runner.began and (failure or runner.stopped_by):
        if failure:
            raise failure
        raise KeyboardInterrupt
    written = [str(arguments.output)]
    write_whole(arguments.output, notebook_text(runner.nb))
    if arguments.html:
        from .html_page import html_page

        try:
            write_whole(arguments.html, html_page(runner.nb, title=arguments.output.stem))
            written.append(str(arguments.html))
        except DevstralError as error:
            failure = failure or error
    narration.end(runner.nb, failed=len(runner.failures), written=written)
    if runner.stopped_by:
        print("jupyter devstral: interrupted; what ran until then is written.", file=sys.stderr)
        return 128 + runner.stopped_by
    if failure:
        raise failure
    for one in runner.failures:
        print(f"jupyter devstral: {one}", file=sys.stderr)
    return 1 if runner.failures and not arguments.allow_errors else 0
