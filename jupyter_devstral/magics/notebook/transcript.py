"""The history of this kernel: sources, results and errors of cells as text, and our own exchanges.

Filled by IPython's run-cell events; never keeps exceptions, frames or the user's objects.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.failure.exception_facts import text_of
from ...core.notebook.cells import Output, OutputKind, Turn
from ...core.variables.type_facts import name_of

# Enough for what a prompt can use of one output; a cell may print megabytes.
_MOST_TEXT = 20_000
_SHOWN: dict[str, OutputKind] = {"execute_result": "result", "display_data": "display"}
_MOST_MESSAGE = 2000
_MOST_FRAMES = 12


@dataclass
class ExecutedCell:
    """One cell as last executed.

    Attributes:
        key: the front-end's cell id, or "" where the front-end gives none.
        source: as typed, before IPython's transformations.
        previous: the entry that was executed before this one first was; None for the first.
        time: seconds since the epoch of the last execution; 0 when it was before this extension was loaded.
        order: larger when it was executed later; 0 before this extension was loaded.
        count: the execution count of its last execution.
    """

    key: str
    source: str
    outputs: tuple[Output, ...] = ()
    turn: Turn | None = None
    previous: ExecutedCell | None = None
    time: float = 0.0
    order: int = 0
    count: int = 0


class Transcript:
    """Executed cells in the order of their first execution."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._cells: list[ExecutedCell] = []
        self._by_key: dict[str, ExecutedCell] = {}
        self._running = threading.local()
        self._by_count: dict[int, ExecutedCell] = {}
        self._latest: ExecutedCell | None = None
        self._executions = 0
        self._lock = threading.Lock()
        self._read_history()

    def __iter__(self) -> Iterator[ExecutedCell]:
        with self._lock:
            return iter(list(self._cells))

    @property
    def asking(self) -> ExecutedCell | None:
        """The cell being executed on this thread, already among the cells; None outside of any."""
        stack = self._stack()
        return stack[0][1] if stack else None

    def entry_of(self, info: Any) -> ExecutedCell | None:
        """The execution that IPython describes by `info`, if it is still the last one of its cell."""
        with self._lock:
            entry = self._by_key.get(getattr(info, "cell_id", None) or "", self._latest)
        return entry if entry is not None and entry.source == info.raw_cell else None

    def executed_as(self, count: int) -> ExecutedCell | None:
        """The cell of execution `count`. Compare its own `count`, since it may have been executed again."""
        return self._by_count.get(count)

    @property
    def latest_key(self) -> str:
        """The key of the cell executed last or running now; "" where it has none."""
        return self._latest.key if self._latest else ""

    def forget_turns(self) -> None:
        """Forget earlier questions and answers, so that they are not sent again. The cells stay."""
        with self._lock:
            for cell in self._cells:
                cell.turn = None

    def pre_run_cell(self, info: Any) -> None:
        """Record that a cell begins."""
        stack = self._stack()
        # A nested run_cell (%%capture, %run) belongs to the outer cell.
        entry = stack[0][1] if stack else self._enter(info)
        stack.append((info, entry))

    def post_run_cell(self, result: Any) -> None:
        """Record how the cell ended, and its outputs."""
        stack = self._stack()
        # An empty cell fires this event without the other.
        if not stack or (result is not None and not (result.info.raw_cell or "").strip()):
            return
        _, entry = stack.pop()
        # None: the cell was torn down.
        if not stack and entry is not None and result is not None:
            entry.outputs = self._outputs(result)
            # Not known before: IPython counts up at the beginning or at the end, depending on its version.
            entry.count = result.execution_count or 0
            self._by_count[entry.count] = entry

    def _stack(self) -> list[tuple[Any, ExecutedCell | None]]:
        if not hasattr(self._running, "stack"):
            self._running.stack = []
        stack: list[tuple[Any, ExecutedCell | None]] = self._running.stack
        return stack

    def _enter(self, info: Any) -> ExecutedCell | None:
        key = getattr(info, "cell_id", None) or ""
        # Code that front-ends run silently (variable inspectors) is not a cell.
        if not (key or info.store_history):
            return None
        entry = self._record(key, info.raw_cell)
        entry.time = time.time()
        self._executions += 1
        entry.order = self._executions
        return entry

    def _record(self, key: str, source: str) -> ExecutedCell:
        with self._lock:
            entry = self._by_key.get(key) if key else None
            if entry is None:
                entry = ExecutedCell(key, source, previous=self._latest)
                self._cells.append(entry)
                if key:
                    self._by_key[key] = entry
            # Running a cell again removes its outputs, and an earlier answer with them.
            entry.source, entry.turn, entry.outputs = source, None, ()
            self._latest = entry
            return entry

    def _read_history(self) -> None:
        """Read the cells executed before this extension was loaded, and the one that loads it."""
        for source in self._ip.history_manager.input_hist_raw[1:]:
            if source.strip():
                self._record("", source)

    def _outputs(self, result: Any) -> tuple[Output, ...]:
        outputs = list(_recorded_outputs(self._ip.history_manager, result.execution_count))
        error = error_of(result)
        if error is not None:
            # Needed only for failures: loading the extension must cost milliseconds.
            from ...core.text.traceback_text import capped_message

            evalue = capped_message(text_of(error) or "", _MOST_MESSAGE)
            ename = name_of(type(error))
            outputs.append(Output("error", self._traceback_text(error, ename), ename=ename, evalue=evalue))
        return tuple(outputs)

    def _traceback_text(self, error: BaseException, ename: str) -> str:
        # The kernel keeps the traceback it has just shown, the same text that the notebook file will hold.
        shown = getattr(self._ip, "_last_traceback", None)
        if isinstance(shown, list) and shown and ename in str(shown[-1]):
            return _end("\n".join(str(line) for line in shown))
        try:
            return _end("".join(traceback.format_exception(error, limit=-_MOST_FRAMES)))
        except Exception:  # noqa: BLE001 - reads the error's text, notes and causes, which run the user's code
            return ename


def _end(text: str) -> str:
    """The end of a long text, from the beginning of a line. Redaction cannot recognise half a secret."""
    return text if len(text) <= _MOST_TEXT else text[-_MOST_TEXT:].partition("\n")[2]


def _recorded_outputs(history: Any, count: int) -> Iterator[Output]:
    """The outputs of execution `count` that IPython remembers (streams and displays since IPython 9)."""
    recorded = getattr(history, "outputs", None)
    if recorded is None:
        shown = history.output_hist_reprs.get(count)
        if shown:
            # Looked up on the class: on the value it could run the user's code.
            as_table = hasattr(type(history.output_hist.get(count)), "_repr_html_")
            yield Output("result", shown[:_MOST_TEXT], "text/html" if as_table else "text/plain")
        return
    for output in recorded.get(count, ()):
        if output.output_type in ("out_stream", "err_stream"):
            yield Output("stream", "".join(output.bundle["stream"])[-_MOST_TEXT:])
        elif output.output_type in _SHOWN:
            mime = _richest(output.bundle)
            # Displays that are neither tables nor figures are mostly our answers, which travel as turns.
            if output.output_type == "execute_result" or mime != "text/plain":
                text = str(output.bundle.get("text/plain", ""))[:_MOST_TEXT]
                yield Output(_SHOWN[output.output_type], text, mime)


def _richest(bundle: Mapping[str, Any]) -> str:
    """The MIME type that decides how much of the text is sent: of a table no rows, of a figure nothing."""
    figure = next((mime for mime in bundle if mime.startswith("image/")), "")
    return figure or ("text/html" if "text/html" in bundle else "text/plain")


def error_of(result: Any) -> BaseException | None:
    """The error that ended a cell. An error of the user's may count as false."""
    before: BaseException | None = result.error_before_exec
    return before if before is not None else result.error_in_exec
