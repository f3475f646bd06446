"""Reading of a live exception into a `Failure`, keeping nothing of it alive.

Independent of IPython and the notebook: the caller says which file names are cells.
"""

from __future__ import annotations

import linecache
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from ..text.traceback_text import capped_message, is_library, tidy_path
from ..variables.namespace import describe_variable
from ..variables.type_facts import is_a, name_of
from .exception_facts import field_of, is_error, notes_of, text_of
from .failure import Failure, Frame
from .hints import hints_for

if TYPE_CHECKING:
    from stack_data.core import FrameInfo

# The outermost frames show what was called, the innermost where it went wrong.
_OUTER, _INNER = 2, 3
_MOST_FRAMES_WALKED = 100_000
_STATEMENT_LINES = 8
_SOURCE_LIMIT = 600
_VALUES, _VALUE_LIMIT, _EXPRESSION_LIMIT = 12, 400, 80
_CAUSES = 4
_MESSAGE_LIMIT = 1000
_VERSIONS = 5
# Time for describing all values of one failure; each also has the cap of `describe_variable`.
_PATIENCE_SECONDS = 1.0
_OWN_PACKAGE = __name__.partition(".")[0]

CellOf = Callable[[str], "str | None"]


@dataclass(frozen=True)
class _Read:
    """A frame with its live values, kept only while hints are being sought."""

    frame: Frame
    live: tuple[tuple[str, object], ...]


def read_exception(
    error: BaseException, *, cell: str, cell_of: CellOf, namespace: Mapping[str, object]
) -> Failure:
    """Read everything about `error` that is worth telling, as strings.

    `cell_of(file)` is the key of the cell whose code a frame's file name stands for, "" for code of a cell as
    it was before, None for any other file. Nothing that values or the error itself do is raised.
    """
    ends = time.monotonic() + _PATIENCE_SECONDS
    reads = [_read_frame(each, cell_of, namespace, ends) for each in _chosen(error, cell_of)]
    live = tuple(pair for read in reversed(reads) for pair in read.live)
    frames = tuple(read.frame for read in reads) or _syntax_frame(error, cell, cell_of)
    return Failure(
        ename=name_of(type(error)),
        evalue=message_of(error),
        cell=cell,
        frames=frames,
        causes=tuple(_causes(error)),
        hints=tuple(hints_for(error, live, namespace)),
        versions=tuple(_versions(error)),
    )


def message_of(error: BaseException) -> str:
    """`str(error)` and its notes, guarded: it is user code and may fail or never end.

    A long message loses its middle.
    """
    text = text_of(error)
    said = [
        "(its message cannot be read)" if text is None else text,
        *(f"({note})" for note in notes_of(error)),
    ]
    return capped_message("\n".join(filter(None, said)), _MESSAGE_LIMIT)


def _chosen(error: BaseException, cell_of: CellOf) -> list[TracebackType]:
    """The user's frames, outermost first; for deep recursion only the two ends."""
    users = [each for each in _tracebacks(error) if _is_users(each.tb_frame, cell_of)]
    return users if len(users) <= _OUTER + _INNER else [*users[:_OUTER], *users[-_INNER:]]


def _tracebacks(error: BaseException) -> Iterator[TracebackType]:
    step = field_of(error, "__traceback__")
    for _ in range(_MOST_FRAMES_WALKED):
        if step is None:
            return
        yield step
        step = step.tb_next


def _is_users(frame: FrameType, cell_of: CellOf) -> bool:
    file = frame.f_code.co_filename
    if cell_of(file) is not None:
        return True
    # Cython's frames name files that do not exist.
    if file.endswith((".pyx", ".pxi", ".pxd")) and not linecache.getline(file, frame.f_lineno or 1):
        return False
    code = frame.f_code
    module = dict.get(frame.f_globals, "__name__")
    own = isinstance(module, str) and module.partition(".")[0] == _OWN_PACKAGE
    # Not its value: reading a frame's locals copies them, and they may not be a dict.
    hidden = "__tracebackhide__" in (*code.co_varnames, *code.co_names)
    return not (own or file.startswith("<") or is_library(file) or hidden)


def _read_frame(step: TracebackType, cell_of: CellOf, namespace: Mapping[str, object], ends: float) -> _Read:
    # IPython has loaded it already; a terminal command that never sees a live exception does not need it.
    from stack_data.core import FrameInfo

    code = step.tb_frame.f_code
    cell = cell_of(code.co_filename)
    info = FrameInfo(step)
    at_top = code.co_name == "<module>"
    live = tuple(_live_values(info))
    place = "an earlier version of a cell" if cell == "" else "" if cell else tidy_path(code.co_filename)
    frame = Frame(
        cell=cell or "",
        place=place,
        function="" if at_top else getattr(code, "co_qualname", code.co_name),
        line=step.tb_lineno,
        source=_statement(info, step),
    )
    # Names bound in the notebook are described among the variables.
    told = [(name, value) for name, value in live if not (at_top and namespace.get(name) is value)]
    return _Read(replace(frame, values=tuple(_described(told, ends))), live)


def _statement(info: FrameInfo, step: TracebackType) -> str:
    """The failing statement if it is short, else the line."""
    file, line = step.tb_frame.f_code.co_filename, step.tb_lineno
    first, last = line, line
    ends = [(each.lineno, each.end_lineno or each.lineno) for each in _statements(info)]
    if len(ends) == 1 and ends[0][1] - ends[0][0] < _STATEMENT_LINES:
        first, last = ends[0]
    lines = [linecache.getline(file, number).rstrip() for number in range(first, last + 1)]
    indent = min((len(text) - len(text.lstrip()) for text in lines if text), default=0)
    return capped_message("\n".join(text[indent:] for text in lines), _SOURCE_LIMIT)


def _statements(info: FrameInfo) -> Collection[Any]:
    try:
        return info.executing.statements or ()
    except Exception:  # noqa: BLE001 - reads the file again, which may be gone, changed or no text
        return ()


def _live_values(info: FrameInfo) -> Iterator[tuple[str, object]]:
    """The values of the names and sub-expressions of the failing statement, where reading them is safe."""
    try:
        variables = info.variables_in_executing_piece  # type: ignore[misc]
    except Exception:  # noqa: BLE001 - evaluates values of the user's, whose methods may raise anything
        return
    for variable in variables:
        if len(variable.name) <= _EXPRESSION_LIMIT:
            yield variable.name, variable.value


def _described(values: Iterable[tuple[str, object]], ends: float) -> Iterator[str]:
    told = 0
    for name, value in values:
        if told == _VALUES or time.monotonic() > ends:
            return
        variable = describe_variable(name, value)
        if variable.kind not in ("module", "class"):
            told += 1
            yield capped_message(variable.text, _VALUE_LIMIT)


def _syntax_frame(error: BaseException, cell: str, cell_of: CellOf) -> tuple[Frame, ...]:
    """The place that a SyntaxError names, for which there never was a frame."""
    if not is_error(error, SyntaxError):
        return ()
    said = [field_of(error, name) for name in ("filename", "text", "lineno")]
    file, text = (str.__str__(one) if isinstance(one, str) else "" for one in said[:2])
    line = said[2] if type(said[2]) is int else 0
    key = cell_of(file)
    place = "" if key is not None or file.startswith("<") else tidy_path(file)
    source = capped_message(text.strip(), _SOURCE_LIMIT)
    return (Frame(cell="" if place else key or cell, place=place, line=line, source=source),)


def _causes(error: BaseException) -> Iterator[str]:
    seen = {id(error)}
    for other in _related(error, seen):
        yield capped_message(" ".join(f"{name_of(type(other))}: {message_of(other)}".split()), 300)


def _related(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    """The errors that this one came from, and the members of a group, nearest first."""
    waiting: list[BaseException] = [error]
    while waiting and len(seen) <= _CAUSES:
        current = waiting.pop(0)
        members = field_of(current, "exceptions")
        near: list[Any] = list(members[:_CAUSES]) if isinstance(members, tuple) else []
        near.append(_origin(current))
        for other in near:
            if is_a(type(other), BaseException) and id(other) not in seen and len(seen) <= _CAUSES:
                seen.add(id(other))
                waiting.append(other)
                yield other


def _origin(error: BaseException) -> Any:
    cause = field_of(error, "__cause__")
    if cause is not None or field_of(error, "__suppress_context__"):
        return cause
    return field_of(error, "__context__")


def _versions(error: BaseException) -> Iterator[str]:
    """The libraries that the traceback goes through, with the versions they report."""
    roots: dict[str, None] = {}
    for step in _tracebacks(error):
        module = dict.get(step.tb_frame.f_globals, "__name__")
        if isinstance(module, str) and is_library(step.tb_frame.f_code.co_filename):
            roots.setdefault(module.partition(".")[0])
            if len(roots) > _VERSIONS + 2:
                break
    return iter([text for root in roots if (text := _version(root))][:_VERSIONS])


def _version(root: str) -> str:
    if root in ("IPython", "ipykernel", "__main__") or root in sys.stdlib_module_names:
        return ""
    version = vars(sys.modules[root]).get("__version__") if root in sys.modules else None
    return f"{root} {version[:20]}" if isinstance(version, str) else ""
