"""Variables as comments behind the cells that changed them: what is told once keeps its place.

A description above the cursor would be continued as a comment, and one on top of everything would change with
each run, and have everything below read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..notebook.cells import Cell, Notebook
from ..python.source import names_of
from ..variables.namespace import MOST_DESCRIBED, Variable
from ..variables.samples import without_values

# What code does not tell by itself, the most useful first.
_TOLD_KINDS = ("dataframe", "series", "array", "container", "object")
_MOST_PER_CELL = 5
_LONGEST = 200


class VariableLog:
    """What is known of one kernel's variables, by the cells behind which it is told."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._behind: dict[str, dict[str, str]] = {}

    def update(self, variables: Iterable[Variable], notebook: Notebook, *, ran: str = "") -> None:
        """Take what a kernel says after a run; `ran` is the key of the cell that ran, where that is known."""
        variables = tuple(variables)
        said = {each.name: remark(each) for each in _told(variables)}
        if not set(said) & set(self._now):
            # The first look, or a new kernel: nothing that was told holds any more.
            self._behind.clear()
        if len(variables) < MOST_DESCRIBED:
            # All of them: what is missing was deleted.
            for told in self._behind.values():
                for name in told.keys() - said.keys():
                    del told[name]
        changed = [name for name, text in said.items() if self._now.get(name) != text]
        keys = {cell.key for cell in notebook.cells}
        for name in changed:
            binder = ran if ran in keys and self._behind else _binder(name, notebook)
            if binder:
                self._behind.setdefault(binder, {})[name] = said[name]
        self._now = said

    def remarks(self) -> Mapping[str, tuple[str, ...]]:
        """Comment lines by the key of the cell behind which they stand."""
        return {key: tuple(told.values())[-_MOST_PER_CELL:] for key, told in self._behind.items()}


def remark(variable: Variable) -> str:
    """One comment line: `# df: pandas DataFrame, 3 rows × 2 columns: a: int64, b: float64`.

    Sample values would take the room of columns, and a setting may keep them from being sent at all.
    """
    first, *more = (line.strip() for line in without_values(variable.text).split("\n") if line.strip())
    text = f"{first}: {', '.join(more)}" if more else first
    return "# " + (text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _told(variables: Iterable[Variable]) -> list[Variable]:
    told = [each for each in variables if each.kind in _TOLD_KINDS and each.text.strip()]
    return sorted(told, key=lambda each: _TOLD_KINDS.index(each.kind))


def _binder(name: str, notebook: Notebook) -> str:
    """The key of the last cell that binds the name; "" for none."""
    cells: Sequence[Cell] = notebook.cells
    binding = (
        cell for cell in reversed(cells) if cell.kind == "code" and name in names_of(cell.source).binds
    )
    found = next(binding, None)
    return found.key if found else ""
