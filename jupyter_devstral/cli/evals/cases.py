"""The cases that ship: crashes to fix, code to write, functions to test; each has a check and a right answer.

A suite is a text file, `<suite>.cases`: `=== ID` begins a case, `--- KIND [words]` a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

SUITES = ("fix", "write", "test")
_FOLDER = Path(__file__).parent
_CASE = re.compile(r"^=== (\S+)\n", re.MULTILINE)
_PART = re.compile(r"^--- (\w+)(?: ([^\n]*))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One case of a suite.

    Attributes:
        cells: sources of the code cells; of a crash the last one in `order` fails.
        order: which cells ran, by place.
        executed: what a cell held when it ran, where it was edited afterwards.
        live: the crashed session is to be mended, by running cells again, not the notebook from its top.
        ask: the request, for `write`.
        check: code that raises where the result is wrong.
        gold: a right answer; `place` is the cell it replaces, for `fix`.
        rerun: cells whose running again is the right answer.
        files: what lies in the working directory, by name.
    """

    suite: str
    id: str
    cells: tuple[str, ...]
    order: tuple[int, ...]
    executed: dict[int, str] = field(default_factory=dict)
    live: bool = False
    ask: str = ""
    check: str = ""
    gold: str = ""
    place: int = -1
    rerun: tuple[int, ...] = ()
    files: dict[str, str] = field(default_factory=dict)

    @property
    def failing(self) -> int:
        """The place of the cell that fails, for `fix`."""
        return self.order[-1]

    def ran(self, place: int) -> str:
        """What the cell held when it was executed."""
        return self.executed.get(place, self.cells[place])


@lru_cache(maxsize=8)
def load_suite(suite: str) -> tuple[Case, ...]:
    """All cases of a suite, in the order of its file."""
    text = (_FOLDER / f"{suite}.cases").read_text(encoding="utf-8")
    names = list(_CASE.finditer(text))
    ends = [*(name.start() for name in names[1:]), len(text)]
    return tuple(_read(suite, name[1], text[name.end() : end]) for name, end in zip(names, ends, strict=True))


def _read(suite: str, id: str, text: str) -> Case:
    parts = list(_parts(text))
    bodies = {kind: body for kind, _, body in parts}
    words = {kind: said for kind, said, _ in parts}
    cells = tuple(body for kind, _, body in parts if kind == "cell")
    order = _numbers(words.get("order", "")) or tuple(range(len(cells)))
    is_rerun = words.get("gold") == "rerun"
    named = _numbers(words.get("gold", "")) if not is_rerun else ()
    return Case(
        suite,
        id,
        cells,
        order,
        executed={int(said): body for kind, said, body in parts if kind == "executed"},
        live=words.get("mode") == "live",
        ask=bodies.get("ask", ""),
        check=bodies.get("check", ""),
        gold="" if is_rerun else bodies.get("gold", ""),
        place=named[0] if named else order[-1],
        rerun=_numbers(bodies["gold"]) if is_rerun else (),
        files={said: f"{body}\n" for kind, said, body in parts if kind == "file"},
    )


def _parts(text: str) -> Iterator[tuple[str, str, str]]:
    marks = list(_PART.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    for mark, end in zip(marks, ends, strict=True):
        yield mark[1], (mark[2] or "").strip(), text[mark.end() : end].strip("\n")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split() if word.isdecimal())
