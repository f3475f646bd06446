"""The notebook as this kernel knows it, and the request that a magic makes of it.

Order of sources: what a front-end pushed, the notebook file as last saved (completed by what was executed
since), what was executed alone.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

from ...core.errors import NotebookError, UsageError
from ...core.notebook.cells import Cell, Notebook
from ...core.request.tasks import Request, Task
from .pushed_notebook import PushedNotebook
from .transcript import ExecutedCell, Transcript

if TYPE_CHECKING:
    from ...core.request.command import Command
    from ...core.variables.namespace import Variable

_ATTACH = re.compile(r"(?<![\w@.+-])@([^\W\d]\w*)")


@dataclass
class NotebookFile:
    """The notebook on disk. It is read again only after it was saved again."""

    _stamp: tuple[str, int, int] | None = None
    _notebook: Notebook | None = None

    @property
    def saved_at(self) -> float:
        """The time of its last save, in seconds since the epoch."""
        return self._stamp[1] / 1e9 if self._stamp else 0.0

    def read(self, ip: Any) -> Notebook | None:
        """The notebook as last saved, or None where there is no file that can be read."""
        path = notebook_path(ip)
        if path is None:
            return None
        try:
            status = path.stat()
            # Reading a pipe would wait for ever.
            if not stat.S_ISREG(status.st_mode):
                return None
            stamp = (str(path), status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                from ...core.notebook.file import notebook_from_json, read_notebook_json

                self._notebook = notebook_from_json(read_notebook_json(path.read_bytes()))
                self._stamp = stamp
        # ValueError: a path that no file can have.
        except (OSError, ValueError, NotebookError):
            return None
        return self._notebook


def notebook_path(ip: Any) -> Path | None:
    """The notebook's path as the front-end gives it: VS Code in the namespace, Jupyter in the environment."""
    named = ip.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    return Path(named) if isinstance(named, str) and named.endswith(".ipynb") else None


@dataclass
class ShellContext:
    """The notebook, the asking cell and the namespace of one shell.

    Attributes:
        pushes: the notebook as a front-end pushed it when a cell was run.
        pushing: whether such a front-end runs the cell.
    """

    ip: Any
    transcript: Transcript
    pushes: PushedNotebook = field(default_factory=PushedNotebook)
    pushing: Callable[[], bool] = lambda: False
    file: NotebookFile = field(default_factory=NotebookFile)
    turns_from_file: bool = True

    def notebook(self) -> Notebook:
        """All cells in document order, as fresh as they can be known."""
        known, saved_at = self._document()
        if known is None:
            return Notebook(merge_executed((), self.transcript))
        cells = known.cells
        if not self.turns_from_file:
            cells = tuple(replace(cell, turn=None) if cell.turn else cell for cell in cells)
        return Notebook(merge_executed(cells, self.transcript, saved_at=saved_at), known.language)

    def _document(self) -> tuple[Notebook | None, float]:
        """The newest known whole notebook, and its time (seconds since the epoch)."""
        running = self.transcript.latest_key
        push, saved = self.pushes.latest(running, self.pushing), self.file.read(self.ip)
        if push is None or (saved is not None and self.file.saved_at > push.time):
            return saved, self.file.saved_at
        # A push for the running cell is newer than anything that ran.
        return push.notebook, math.inf if push.cell_id == running else push.time

    def request(self, command: Command, *, scope: str) -> Request:
        """Make the request with everything the prompt needs.

        Raises `UsageError` for an unknown variable or when there is no cell to rewrite, `NotebookError` for
        an unknown cell.
        """
        command = _about_a_name(command, self.ip.user_ns)
        task = command.task
        assert task is not None
        notebook = self.notebook()
        focus = find_asking(notebook, self.transcript.asking)
        target = self._target(command, notebook, focus)
        attached = self.attached(command)
        return Request(
            task=task,
            question=command.text,
            notebook=notebook,
            focus=focus,
            target=target,
            scope=scope,
            variables=self._variables(command.text, attached, target, scope),
            attached=attached,
        )

    def target(self, command: Command) -> Cell | None:
        """The cell that the command is about. Raises as `request` does."""
        notebook = self.notebook()
        return self._target(command, notebook, find_asking(notebook, self.transcript.asking))

    def _target(self, command: Command, notebook: Notebook, focus: Cell | None) -> Cell | None:
        task = command.task
        if command.cell is not None:
            from ...core.notebook.file import find_cell

            return find_cell(notebook, command.cell)
        if task is None or task.facts.about == "notebook":
            return None
        from ...core.notebook.own_cells import cell_above

        above = cell_above(notebook, focus)
        if above is None and task.rewrites:
            raise UsageError(f"There is no code cell above to {task.value}. Name one: `--cell CELL`.")
        return above

    def attached(self, command: Command) -> tuple[str, ...]:
        """The variables attached by `-v` or `@`. Raises UsageError for one that does not exist."""
        namespace = self.ip.user_ns
        for name in command.variables:
            if name not in namespace:
                import difflib

                hidden = hidden_names(self.ip)
                close = difflib.get_close_matches(
                    name, [key for key in namespace if key[:1] != "_" and key not in hidden], 1
                )
                hint = f" Did you mean {close[0]}?" if close else ""
                raise UsageError(f"There is no variable {name!r}.{hint}")
        return tuple(dict.fromkeys((*command.variables, *mentioned(command.text, namespace))))

    def _variables(
        self, text: str, attached: Sequence[str], target: Cell | None, scope: str
    ) -> tuple[Variable, ...]:
        from ...core.variables.namespace import describe_namespace

        if scope == "none":
            return describe_namespace({name: self.ip.user_ns[name] for name in attached}, first=attached)
        words = re.findall(r"[^\W\d]\w*", text)
        named = (*words, *(names_in(target.source) if target else ()))
        first = dict.fromkeys((*attached, *not_ipythons(named, self.ip)))
        return describe_namespace(self.ip.user_ns, first=tuple(first), hidden=hidden_names(self.ip))


def _about_a_name(command: Command, namespace: Mapping[str, object]) -> Command:
    """Tell whether the question is `explain NAME`.

    It is about what the name is bound to, not about a cell.
    """
    name = command.text.strip()
    if command.task is not Task.EXPLAIN or command.cell is not None or name not in namespace:
        return command
    question = f"Explain `{name}`: what it is, how it came to be, and what it is good for here."
    return replace(command, word=Task.ASK.value, text=question, variables=(*command.variables, name))


def mentioned(text: str, namespace: Mapping[str, object]) -> list[str]:
    """The names attached by `@name` in a prompt: existing ones that are no imported decorators."""
    return [name for name in _ATTACH.findall(text) if name in namespace and not _imported(namespace[name])]


def _imported(value: object) -> bool:
    """Tell whether a value was imported.

    `@dataclass` in a prompt means the decorator, not "attach this function".
    """
    from ...core.variables.type_facts import is_a, is_one_of, module_of

    if is_a(type(value), type):
        return module_of(value) != "__main__"  # type: ignore[arg-type]
    # Not isinstance or `in`: they use `__class__` and `==`, which may be the user's code.
    kinds = (FunctionType, BuiltinFunctionType)
    return is_one_of(type(value), *kinds) and getattr(value, "__module__", None) != "__main__"


def names_in(source: str) -> Iterable[str]:
    """The names that a source reads or binds, sorted."""
    from ...core.python.source import names_of

    use = names_of(source)
    return sorted(use.loads | use.binds)


def not_ipythons(names: Iterable[str], ip: Any) -> list[str]:
    """Those of the names that IPython did not bind itself, as it does `open`."""
    own = ip.user_ns_hidden
    return [name for name in names if name not in own or own[name] is not ip.user_ns.get(name)]


def hidden_names(ip: Any) -> set[str]:
    """The names that IPython itself keeps in the namespace."""
    return {*ip.user_ns_hidden, "In", "Out", "get_ipython", "exit", "quit", "open"}


def merge_executed(
    saved: Sequence[Cell], executed: Iterable[ExecutedCell], *, saved_at: float = 0.0
) -> tuple[Cell, ...]:
    """Complete saved cells with what was executed since `saved_at` (seconds), whose source is fresher.

    An executed cell that was not saved yet follows the one executed before it. A cell that was executed
    before the file was saved, and is not in it, was deleted.
    """
    ordered: list[tuple[float, Cell]] = [(float(at), cell) for at, cell in enumerate(saved)]
    by_id = {cell.id: at for at, cell in enumerate(saved) if cell.id}
    by_source = {cell.source: at for at, cell in reversed(list(enumerate(saved))) if cell.kind == "code"}
    places: dict[int, float] = {}
    added = 0
    for entry in executed:
        at = by_id.get(entry.key) if entry.key else None
        if at is None and (not entry.key or not by_id):
            at = by_source.pop(entry.source, None)
        if at is not None:
            places[id(entry)] = float(at)
            ordered[at] = (float(at), _fresher(saved[at], entry, saved_at))
        elif not (entry.key and by_id and entry.time < saved_at):
            added += 1
            # Fractions keep unsaved cells behind their predecessor and in the order of their execution.
            place = int(places.get(id(entry.previous), len(saved))) + 1 - 1 / (added + 1)
            places[id(entry)] = place
            cell = Cell(entry.key, 0, "code", entry.source, entry.outputs, entry.turn, count=entry.count)
            ordered.append((place, cell))
    ordered.sort(key=lambda pair: pair[0])
    return tuple(replace(cell, index=index) for index, (_, cell) in enumerate(ordered))


def _fresher(saved: Cell, entry: ExecutedCell, saved_at: float) -> Cell:
    outputs = entry.outputs
    # IPython 8 keeps no streams; a file saved since holds what exactly this source printed.
    if not outputs and saved.source == entry.source and saved_at >= entry.time:
        outputs = saved.outputs
    # A cell saved after it ran may also have been edited after it ran.
    source = saved.source if saved_at > entry.time and entry.key else entry.source
    turn = entry.turn if entry.time else saved.turn
    return replace(saved, source=source, outputs=outputs, turn=turn, count=entry.count or saved.count)


def find_asking(notebook: Notebook, asking: ExecutedCell | None) -> Cell | None:
    """The asking cell among the notebook's cells; None when it is not there."""
    return None if asking is None else cell_finder(notebook)(asking)


def cell_finder(notebook: Notebook) -> Callable[[ExecutedCell], Cell | None]:
    """Make a function from executed cells to the notebook's.

    It serves many look-ups: a long session has thousands.
    """
    by_id = {cell.id: cell for cell in notebook.cells if cell.id}
    unnamed = {cell.source: cell for cell in notebook.cells if not cell.id}
    by_source = {cell.source: cell for cell in notebook.cells}

    def find(entry: ExecutedCell) -> Cell | None:
        found = by_id.get(entry.key) if entry.key else unnamed.get(entry.source)
        return found or by_source.get(entry.source)

    return find
