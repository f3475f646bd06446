"""What a kernel does behind the moment at which a rehearsal began: cells that ran, variables that differ.

The values of both times are read in forks, never in the kernel: a user's own classes may be slow to
read, or wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from ...core.python.source import mentioned_names
from ..copy.child import Child
from ..copy.forked import Forked
from ..copy.namespace_changes import Facts, Namespace, moved

_SECONDS, _MEMORY = 2.0, 2**30
# Of cells, the latest.
_MOST = 50


@dataclass(frozen=True)
class RanCell:
    """A cell that ran in the kernel.

    Attributes:
        source: as it was typed.
        id: of the cell in its notebook; "" where its front-end does not say.
    """

    source: str
    id: str = ""


@dataclass(frozen=True)
class Meanwhile:
    """What the user has done.

    Attributes:
        ran: the cells that ran, in order; of many the latest.
        variables: names that are new, gone or changed, as far as that is cheap to see: also by what is no
            cell, such as a widget or a thread.
    """

    ran: tuple[RanCell, ...] = ()
    variables: tuple[str, ...] = ()


class Since:
    """A moment of a kernel, to be asked later what it has done since; for its main thread.

    It outlives the copy that was made at that moment. Which notebook a cell is of is said only by the
    front-end that runs it, and only then: so it listens to the shell until it is closed.

    Args:
        facts: of the variables at that moment; None where they are not known.
        why_not: the reason why no fork can be made now, "" for none.
    """

    def __init__(self, ip: Any, facts: Facts | None, why_not: Callable[[], str]) -> None:
        self._ip = ip
        self._facts = facts
        self._why_not = why_not
        self._count = ip.execution_count
        self._ids: dict[int, str] = {}
        ip.events.register("post_run_cell", self._ended)

    def meanwhile(self) -> Meanwhile:
        """Say what the kernel has run since, and which variables differ by now."""
        history = self._ip.history_manager.input_hist_raw
        numbers = range(self._count, min(self._ip.execution_count, len(history)))[-_MOST:]
        ran = tuple(RanCell(str(history[number]), self._ids.get(number, "")) for number in numbers)
        if self._facts is None or self._why_not():
            return Meanwhile(ran)
        now = facts_now(self._ip, {name for cell in ran for name in mentioned_names(cell.source)})
        return Meanwhile(ran, tuple(moved(self._facts, now)) if now is not None else ())

    def close(self) -> None:
        """Listen no more."""
        self._ip.events.unregister("post_run_cell", self._ended)

    def _ended(self, result: Any) -> None:
        id, number = getattr(result.info, "cell_id", None), result.execution_count
        if id and number:
            self._ids[number] = str(id)
            self._ids.pop(number - _MOST, None)


def facts_now(ip: Any, first: Collection[str]) -> Facts | None:
    """Read the variables of a kernel as they are now, from its main thread; None where there can be no copy.

    Args:
        first: names whose values are read before there is no time left for others.
    """

    def tell(child: Child) -> None:
        child.send({"facts": Namespace(ip.user_ns, first, ip.user_ns_hidden).facts()})

    forked = Forked(tell, seconds=_SECONDS, memory=_MEMORY)
    try:
        forked.start()
    except OSError:
        return None
    return next((message["facts"] for message in forked.result().sent if "facts" in message), None)
