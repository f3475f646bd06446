"""The copy of the kernel that lives on: it runs one cell after the other, as it is told, until nobody asks.

Runs in the child alone. Must not know how it was forked, or what becomes of what it says.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.failure.exception_facts import field_of, is_error
from ...core.variables.namespace import Variable, describe_namespace, describe_variable
from ..copy.child import Child
from ..copy.muted_shell import MutedShell
from ..copy.namespace_changes import Namespace
from ..trial.child import error_text, refused_by_us
from .outputs import Outputs
from .reads import ReadGuard

ENDS = "it ends the kernel"
_CHANGES = 200
_DESCRIPTION_SECONDS = 2.0
_MOST_DESCRIBED = 30
_HINTS, _HINT = 3, 300
_LIMITS = (resource.RLIMIT_DATA, resource.RLIMIT_AS)


class RehearsalChild:
    """The function that a rehearsal forks.

    Args:
        idle: seconds that it waits for the next step.
        folder: the one that it may write to.
    """

    def __init__(self, ip: Any, *, idle: float, folder: str) -> None:
        self._ip = ip
        self._idle = idle
        self._folder = folder
        self._runs = False
        self._received = b""
        # In the kernel still: what warnings and tracebacks call the files of cells.
        self._cells_folder = _folder_of_cells()

    def run(self, child: Child) -> None:
        """Carry out steps until the other side is gone or idle."""
        # What the guard and the description need is loaded while files can be read.
        shell = MutedShell(self._ip, child.refusals, in_loop=child.in_loop)
        self._outputs = Outputs(self._ip)
        self._before = Namespace(self._ip.user_ns, (), self._ip.user_ns_hidden)
        self._facts = self._before.facts()
        self._guard = ReadGuard(child.refusals, [self._folder, self._cells_folder])
        self._guard.install()
        compiler: Any = sys.modules.get("ipykernel.compiler")
        if compiler is not None:
            compiler.get_tmp_directory = lambda: self._cells_folder
        self._limits = {limit: resource.getrlimit(limit) for limit in _LIMITS}
        signal.signal(signal.SIGINT, self._interrupt)
        while (step := self._next(child.pipe)) is not None:
            child.send(self._carry_out(step, child, shell))

    def _interrupt(self, number: int, frame: object) -> None:
        if self._runs:
            raise KeyboardInterrupt

    def _next(self, pipe: int) -> dict[str, Any] | None:
        while b"\n" not in self._received:
            poll = select.poll()
            poll.register(pipe, select.POLLIN)
            if not poll.poll(self._idle * 1000):
                return None
            piece = os.read(pipe, 65536)
            if not piece:
                return None
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        step: dict[str, Any] = json.loads(line)
        return step

    def _carry_out(self, step: dict[str, Any], child: Child, shell: MutedShell) -> dict[str, Any]:
        if step["do"] == "describe":
            return {"found": self._described(step["names"])}
        if step["do"] == "changes":
            return self._changes()
        if step["do"] == "facts":
            return {"facts": self._facts}
        child.refusals.tell_again()
        self._guard.allows = bool(step["reads"])
        self._outputs.begin()
        began = time.monotonic()
        error = self._run(shell, step["source"])
        seconds = time.monotonic() - began
        self._guard.allows = False
        with self._room():
            said = self._judged(error)
            shown = {"outputs": self._outputs.taken(), "shows": self._outputs.shows()}
            more = {"updates": self._outputs.updates(), "has_widget": self._outputs.has_widget}
            return {**shown, **more, "seconds": seconds, "memory": own_memory(), **said}

    def _run(self, shell: MutedShell, source: str) -> BaseException | None:
        self._runs = True
        try:
            return shell.run(source)[0]
        except BaseException as error:  # noqa: BLE001 - what the user's code lets through is its failure
            return error
        finally:
            self._runs = False

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Make room to report in, for this long."""
        for limit in _LIMITS:
            resource.setrlimit(limit, (self._limits[limit][1],) * 2)
        try:
            yield
        finally:
            for limit, limits in self._limits.items():
                resource.setrlimit(limit, limits)

    def _judged(self, error: BaseException | None) -> dict[str, Any]:
        """Say how the step ended; its refusal is that of its own error."""
        if error is None:
            return {"error": "", "refusal": ""}
        # Where warnings are errors, IPython's own about `exit` stands before it.
        if isinstance(error, SystemExit) or isinstance(error.__context__, SystemExit):
            return {"error": "", "refusal": ENDS}
        if isinstance(error, KeyboardInterrupt):
            return {"error": "KeyboardInterrupt", "refusal": ""}
        name, value = type(error).__name__[:80], error_text(error)
        refusal = "it needs too much memory" if isinstance(error, MemoryError) else refused_by_us(error)
        self._outputs.add_error(name, value, self._traceback(error))
        said = {"error": f"{name}: {value}".rstrip(": "), "refusal": refusal}
        return said if refusal else {**said, "hints": self._hints(error)}

    def _hints(self, error: BaseException) -> list[str]:
        """Find near names; not of a file elsewhere, where to look would be a read of its own."""
        from ...core.failure.reading import read_exception

        path = field_of(error, "filename") if is_error(error, OSError) else None
        if path is not None and (type(path) is not str or os.path.isabs(path) or ".." in path):
            return []
        failure = read_exception(error, cell="", cell_of=self._cell_of, namespace=self._ip.user_ns)
        return [hint[:_HINT] for hint in failure.hints[:_HINTS]]

    def _cell_of(self, file: str) -> str | None:
        """Tell code of a cell by its file's name; which cell does not matter here."""
        is_cell = bool(self._cells_folder) and file.startswith(self._cells_folder)
        return "" if is_cell or file.startswith("<ipython-input") else None

    def _traceback(self, error: BaseException) -> list[str]:
        """Format a traceback as the shell does; with code of the user's in it, that may fail."""
        try:
            lines: list[str] = self._ip.InteractiveTB.structured_traceback(
                type(error), error, error.__traceback__, tb_offset=1
            )
        except Exception:  # noqa: BLE001 - the user's own __str__ and __repr__ are called
            return []
        return [line.encode("utf-8", "replace").decode("utf-8") for line in lines]

    def _described(self, names: list[str]) -> list[list[str]]:
        ns = self._ip.user_ns
        if names:
            found = tuple(
                describe_variable(name, ns[name])
                if name in ns
                else Variable(name, "object", f"{name}: there is no such variable")
                for name in names[:_MOST_DESCRIBED]
            )
        else:
            found = describe_namespace(
                ns,
                hidden=set(self._ip.user_ns_hidden),
                limit=_MOST_DESCRIBED,
                deadline_seconds=_DESCRIPTION_SECONDS,
            )
        return [[variable.name, variable.kind, variable.text] for variable in found]

    def _changes(self) -> dict[str, Any]:
        """Name the variables that are new, and those that are changed or gone."""
        changed = list(self._before.changed()[:_CHANGES])
        new = [name for name in self._before.new_names() if not name.startswith("_")]
        return {"changed": changed, "new": new[:_CHANGES]}


def _folder_of_cells() -> str:
    """Give the folder that ipykernel names the files of cells in, which holds the process's number."""
    module = sys.modules.get("ipykernel.compiler")
    return str(module.get_tmp_directory()) if module is not None else ""


def own_memory() -> int:
    """Give the bytes of this process's memory that no other process shares; 0 where it is not known."""
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as rollup:
            sizes = [int(line.split()[1]) for line in rollup if line.startswith("Private_")]
    except (OSError, ValueError, IndexError):
        return 0
    return 1024 * sum(sizes)
