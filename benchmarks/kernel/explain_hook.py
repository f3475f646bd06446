"""What watching for failures costs a cell: one that fails, until its traceback shows; one that succeeds."""

from __future__ import annotations

import io
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from tests.support.jupyter.shells import explainer_of

ROUNDS, RUNS = 12, 40
_EXTENSION = "jupyter_devstral"
Times = dict[bool, list[list[float]]]


def run(shared: Path | None) -> list[Row]:
    """Needs no shared data. One shell, the extension loaded and unloaded in turns."""
    with _shell() as shell:
        failing, succeeding, idle = _measured(shell)
    return [
        _row("traceback of a failing cell: added by the hook", failing, 5.0),
        _row("a succeeding cell: added by the hook", succeeding, 0.1),
        Row(
            "a failing cell until its facts are read (kernel idle)",
            f"{statistics.median(map(statistics.median, idle[True])):.2f} ms",
            f"without {statistics.median(map(statistics.median, idle[False])):.2f} ms",
            "",
            None,
        ),
    ]


def _row(what: str, times: Times, bar: float) -> Row:
    """The median of the differences between turns that follow one another: a slow moment drops out."""
    medians = {loaded: [statistics.median(turn) for turn in turns] for loaded, turns in times.items()}
    added = statistics.median(one - other for one, other in zip(medians[True], medians[False], strict=True))
    with_it, without = (statistics.median(medians[loaded]) for loaded in (True, False))
    return Row(
        what,
        f"{added:+.3f} ms",
        f"with {with_it:.3f} ms, without {without:.3f} ms",
        f"≤ {bar} ms median",
        added <= bar,
    )


def _measured(shell: Any) -> tuple[Times, Times, Times]:
    """Milliseconds, for each turn of `RUNS`: until the traceback, of a succeeding cell, until idle."""
    failing: Times = {True: [], False: []}
    succeeding: Times = {True: [], False: []}
    idle: Times = {True: [], False: []}
    shown = _note_tracebacks(shell)
    number = 0
    for turn in range(2 * ROUNDS):
        loaded = turn % 2 == 0
        with _loaded(shell) if loaded else _bare():
            # The first one imports what is needed to read an exception; it is the first of a session only.
            shell.run_cell("undefined", store_history=True)
            for thread in threading.enumerate():
                if thread.name.startswith("devstral"):
                    thread.join()
            for times in (failing, succeeding, idle):
                times[loaded].append([])
            for _ in range(RUNS):
                number += 1
                begun = time.perf_counter()
                shell.run_cell(f"{number} / 0", store_history=True)
                idle[loaded][-1].append((time.perf_counter() - begun) * 1000)
                failing[loaded][-1].append((shown() - begun) * 1000)
                begun = time.perf_counter()
                shell.run_cell(f"x = {number}", store_history=True)
                succeeding[loaded][-1].append((time.perf_counter() - begun) * 1000)
    return failing, succeeding, idle


def _note_tracebacks(shell: Any) -> Callable[[], float]:
    """When the last traceback was shown."""
    last = [0.0]
    show = shell._showtraceback

    def showing(*arguments: Any) -> None:
        show(*arguments)
        last[0] = time.perf_counter()

    shell._showtraceback = showing
    return lambda: last[0]


@contextmanager
def _loaded(shell: Any) -> Iterator[None]:
    shell.extension_manager.load_extension(_EXTENSION)
    # One line with a button: what is asked of a model afterwards is no part of the hook.
    session = shell.magics_manager.registry["DevstralMagics"].session
    session.config.auto_explain, explainer_of(session).place = "button", "here"
    yield
    shell.extension_manager.unload_extension(_EXTENSION)


@contextmanager
def _bare() -> Iterator[None]:
    yield


@contextmanager
def _shell() -> Iterator[Any]:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    os.environ.pop("JPY_SESSION_NAME", None)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with redirect_stdout(io.StringIO()):
        yield shell
    InteractiveShell.clear_instance()
