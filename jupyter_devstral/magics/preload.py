"""Background imports of what a first question needs, so that it starts as fast as a later one.

A module at a time, and only while the shell rests: never in a process that has run no cell since the
extension was loaded, never while a cell runs, and no fork while an import is under way.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module
from typing import Any

from ..core.importing import collector_paused, in_background, no_background_import, random_state_kept

_REST_SECONDS = 1.0
# Between two modules, for whoever else wants the interpreter.
_PAUSE_SECONDS = 0.01
# The longest that a cell waits for the module under way. Beside it, a cell that imports the same packages
# could meet them half made, and its random numbers could be drawn twice (see `random_state_kept`).
_MOST_WAIT_SECONDS = 0.5
_PACKAGES = ("jupyter_core.paths", "httpcore", "httpx", "annotated_types", "pydantic_core", "pydantic")
# What needs less comes first, so that each costs little.
_MODULES = (
    ".core.text.control_tokens",
    ".core.python.source",
    ".core.redaction.redactor",
    ".core.context.context",
    ".core.prompt.prompt",
    ".core.reply.echo",
    ".core.reply.parser",
    ".core.offered_edits",
    ".core.notebook.file",
    ".core.whole_file",
    ".core.variables.namespace",
    ".core.failure.near_names",
    ".core.failure.name_hints",
    ".core.failure.hints",
    ".core.failure.reading",
    ".core.failure.run_order",
    ".core.model.ollama.connection",
    ".core.model.ollama.engine",
    ".session.permitted_completion",
    ".session.held_turns",
    ".session.rules",
    ".session.audit.send_log",
    ".magics.explanation.failure_subject",
    ".core.second_attempt",
    ".core.unit_tests.docstrings",
    ".core.unit_tests.question",
    ".core.wire",
    ".magics.subcommands",
    ".magics.ask",
    ".magics.display.insertion",
    ".magics.explanation.explanation",
    ".magics.explanation.fix_panel",
)


class Preload:
    """A pair of `pre_run_cell` and `post_run_cell` callbacks, until everything is loaded."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._left = [*_PACKAGES, *_MODULES]
        self._cells = 0
        # Set when the rest that a thread waits for, or uses, is over.
        self._over = threading.Event()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to load."""
        return not self._left

    def register(self) -> None:
        """Begin to watch for cells."""
        self._ip.events.register("pre_run_cell", self.pre_run_cell)
        self._ip.events.register("post_run_cell", self.post_run_cell)

    def unregister(self) -> None:
        """Stop loading and watching; safe to repeat."""
        self._over.set()
        for event, callback in (("pre_run_cell", self.pre_run_cell), ("post_run_cell", self.post_run_cell)):
            if callback in self._ip.events.callbacks[event]:
                self._ip.events.callbacks[event].remove(callback)

    def pre_run_cell(self, info: Any) -> None:
        """End the rest, and wait for the module under way."""
        self._cells += 1
        self._over.set()
        with no_background_import(_MOST_WAIT_SECONDS):
            pass

    def post_run_cell(self, result: Any) -> None:
        """Begin a rest, behind a cell that began after the extension was loaded."""
        # The cell that loads us has no beginning here, nor has an empty one.
        if not self._cells:
            return
        self._cells -= 1
        if self._cells or self.is_done:
            return
        self._over = threading.Event()
        threading.Thread(target=self._load, args=(self._over,), name="devstral-preload", daemon=True).start()

    def _load(self, over: threading.Event) -> None:
        pause = _REST_SECONDS
        while self._left and not over.wait(pause):
            with in_background():
                # A cell may have begun while this thread waited for its turn.
                if over.is_set():
                    return
                _import(self._left[0])
            del self._left[0]
            pause = _PAUSE_SECONDS


def _import(name: str) -> None:
    # What cannot be imported here says so to the question that needs it.
    with suppress(ImportError), collector_paused():
        if name.startswith("."):
            import_module(name, __package__.rpartition(".")[0])
        else:
            from ..core.own_packages import own_module

            with random_state_kept():
                own_module(name)
