"""The def/use graph of a notebook: the earlier cells that bind the names a piece of code reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from ..notebook.cells import Cell
from .source import names_of


class Dependencies:
    """The definitions in the code cells of a notebook. Building it takes time linear in the cells."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._binders: dict[str, list[int]] = {}
        self._binders_within: dict[str, list[int]] = {}
        self._loads: dict[int, frozenset[str]] = {}
        for cell in cells:
            if cell.kind == "code":
                names = names_of(cell.source)
                self._loads[cell.index] = names.loads
                for name in names.binds:
                    self._binders.setdefault(name, []).append(cell.index)
                for name in names.within:
                    self._binders_within.setdefault(name, []).append(cell.index)

    def binds(self, name: str) -> bool:
        """Tell whether any cell binds the name."""
        return name in self._binders

    def binder(self, name: str, before: int) -> int | None:
        """The index of the last cell before index `before` that binds `name`."""
        return _last_before(self._binders.get(name, []), before)

    def direct(self, loads: Iterable[str], before: int) -> dict[int, frozenset[str]]:
        """The names of `loads` by the cell that binds them last before index `before`."""
        found: dict[int, set[str]] = {}
        for name in loads:
            index = self.binder(name, before)
            if index is not None:
                found.setdefault(index, set()).add(name)
        return {index: frozenset(found[index]) for index in sorted(found, reverse=True)}

    def namesakes(self, names: Iterable[str], before: int) -> dict[int, frozenset[str]]:
        """Like `direct`, for names bound in an inner scope.

        These show how a word was used before, not what it is.
        """
        found: dict[int, set[str]] = {}
        for name in names:
            index = _last_before(self._binders_within.get(name, []), before)
            if index is not None:
                found.setdefault(index, set()).add(name)
        return {index: frozenset(found[index]) for index in sorted(found, reverse=True)}

    def transitive(self, direct: Mapping[int, frozenset[str]], steps: int = 3) -> dict[int, frozenset[str]]:
        """Names read by the cells of `direct`, followed for `steps` steps; nearest step first."""
        found: dict[int, frozenset[str]] = {}
        layer: Mapping[int, frozenset[str]] = direct
        for _ in range(steps):
            following: dict[int, frozenset[str]] = {}
            for index in layer:
                for binder, names in self.direct(self._loads[index], index).items():
                    if binder not in direct and binder not in found:
                        following[binder] = following.get(binder, frozenset()) | names
            found.update(following)
            layer = following
        return found


def _last_before(indexes: Sequence[int], before: int) -> int | None:
    position = bisect_left(indexes, before)
    return indexes[position - 1] if position else None
