"""The work of a trial in its copy of the kernel: run the steps, and say what happened as plain data.

Runs in the child alone. Must not know how it was forked, or what the data will be called.
"""

from __future__ import annotations

import errno
import linecache
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..copy.child import Child
from ..copy.confinement import may_write_files
from ..copy.hostile_libraries import named_values
from ..copy.muted_shell import MutedShell
from ..copy.namespace_changes import Namespace
from ..copy.outcome import TOO_MANY_FILES
from ..copy.refusals import WRITES, Refused

VALUE_LIMIT = 400
_FRAMES, _LINE_LIMIT, _CHANGES = 8, 200, 50
_OTHER_LOOP = "it uses tasks of the kernel's event loop"
# What C code says when the system refused it, in the words of HDF5, Arrow, Polars, DuckDB and SQLite.
_DENIED = re.compile(
    r"permission denied|errno ?= ?13\b|os error (?:13|27)\b|file too large|readonly database"
    r"|unable to open database|disk i/o error",
    re.IGNORECASE,
)
_TIMED = ("<timed exec>", "<timed eval>")


@dataclass(frozen=True)
class Step:
    """One cell to run.

    Attributes:
        source: as it stands in the cell, IPython's syntax included.
        cell: how it is named to the user, "cell 3"; "" for the only one.
    """

    source: str
    cell: str = ""


class TrialChild:
    """The function that a trial forks."""

    def __init__(self, ip: Any, steps: Sequence[Step]) -> None:
        self._ip = ip
        self._steps = steps

    def run(self, child: Child) -> None:
        """Run the steps until one fails; tells `child` what happened."""
        shell = MutedShell(self._ip, child.refusals, in_loop=child.in_loop)
        sources = [step.source for step in self._steps]
        ns = self._ip.user_ns
        before = Namespace(ns, named_values(ns, sources), self._ip.user_ns_hidden)
        began = time.monotonic()
        failure: dict[str, Any] = {}
        for index, step in enumerate(self._steps):
            child.send({"step": index})
            error, file = _run(shell, step.source)
            if error is not None:
                child.lift_memory_cap()
                failure = _describe(error, file, step, child.refusals.unnoticed)
                break
        seconds = time.monotonic() - began
        child.lift_memory_cap()
        child.send({"seconds": seconds, "changes": before.changed()[:_CHANGES], **failure})


def _run(shell: MutedShell, source: str) -> tuple[BaseException | None, str]:
    try:
        return shell.run(source)
    except BaseException as error:  # noqa: BLE001 - what the user's code lets through is its failure
        return error, ""


def _describe(error: BaseException, file: str, step: Step, unnoticed: str) -> dict[str, Any]:
    """Describe the failure, or why it was not a fair trial."""
    if isinstance(error, MemoryError):
        return {"memory": True}
    reason = refused_by_us(error)
    # A library is not there, perhaps because what it looks for its parts with was refused.
    if not reason and isinstance(error, ImportError | OSError) and not isinstance(error, FileNotFoundError):
        reason = unnoticed
    if reason:
        return {"reason": reason}
    name = type(error).__name__[:80]
    value = error_text(error)
    frames = list(_user_frames(error, file, step))
    line = next((line for mine, _, line in reversed(frames) if mine), 0)
    if not line and isinstance(error, SyntaxError) and error.filename in (file, None):
        line = error.lineno + _blank_lines(step.source) if error.lineno else 0
    return {
        "ename": name,
        "evalue": value,
        "line": line,
        "traceback": "\n".join([*_frame_lines(frames, step), f"{name}: {value}".rstrip(": ")]),
    }


def refused_by_us(error: BaseException) -> str:
    """Name what confinement refused, when that made the code fail; "" when the code itself did."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, Refused):
            return one.reason
    for one in chain:
        if isinstance(one, OSError) and one.errno == errno.EFBIG and may_write_files():
            return TOO_MANY_FILES
        if isinstance(one, OSError) and one.errno in (errno.EFBIG, errno.EACCES, errno.EPERM):
            return "" if _cannot_be_read(one) else WRITES
        if isinstance(one, RuntimeError) and "attached to a different loop" in str(one):
            return _OTHER_LOOP
        if isinstance(one, OSError | sqlite3.Error) or type(one).__module__.partition(".")[0] in _C_LIBRARIES:
            return WRITES if _DENIED.search(error_text(one)) else ""
    return ""


_C_LIBRARIES = frozenset({"duckdb", "_duckdb", "h5py", "netCDF4", "polars", "pyarrow", "tables"})


def _cannot_be_read(error: OSError) -> bool:
    """Whether the user himself may not read it; then it fails in the kernel, too."""
    path = error.filename
    return isinstance(path, (str, bytes)) and os.path.exists(path) and not os.access(path, os.R_OK)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def error_text(error: BaseException) -> str:
    """Read `str(error)`, cut to VALUE_LIMIT characters; a note where it raises."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__
        return "<its text cannot be read>"
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def _user_frames(error: BaseException, file: str, step: Step) -> Iterator[tuple[bool, Any, int]]:
    """List (in the step itself, code, line in its source) for each frame that stands in a cell."""
    traceback = error.__traceback__
    while traceback is not None:
        code, line = traceback.tb_frame.f_code, traceback.tb_lineno
        if code.co_filename == file:
            yield True, code, line + _blank_lines(step.source)
        elif code.co_filename in _TIMED:
            magic, _, body = step.source.lstrip().partition("\n")
            skipped = 1 + _blank_lines(body) if magic.startswith("%%") else 0
            yield True, code, line + skipped + _blank_lines(step.source)
        elif traceback.tb_frame.f_globals.get("__name__") == "__main__":
            yield False, code, line
        traceback = traceback.tb_next


def _blank_lines(source: str) -> int:
    """Count the lines at its beginning that IPython drops."""
    return source[: len(source) - len(source.lstrip())].count("\n")


def _frame_lines(frames: Sequence[tuple[bool, Any, int]], step: Step) -> list[str]:
    lines = []
    shown = frames if len(frames) <= _FRAMES else [*frames[: _FRAMES // 2], *frames[-_FRAMES // 2 :]]
    for mine, code, line in shown:
        place = (step.cell or "the cell") if mine else "an earlier cell"
        inside = "" if code.co_name == "<module>" else f", in {code.co_name}"
        source = step.source.split("\n") if mine else linecache.getlines(code.co_filename)
        text = source[line - 1].strip() if 0 < line <= len(source) else ""
        lines.append(f"{place}, line {line}{inside}")
        if text:
            lines.append(f"    {text[:_LINE_LIMIT]}")
    return lines
