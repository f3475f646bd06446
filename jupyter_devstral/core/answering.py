"""The one loop of ask, prove, repair: a generator without I/O, whose steps a front-end carries out.

A front-end has one driver, which streams replies, runs trials and renders; the order of the steps is decided
here. Independent of kernels, screens and model servers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from .errors import ModelError

if TYPE_CHECKING:
    from .answer import Reply
    from .request.tasks import Request

T = TypeVar("T")
V = TypeVar("V")
_SAME = "A second attempt gave the same code."
Steps: TypeAlias = Generator[Any, Any, T]


@dataclass(frozen=True)
class Status:
    """A step that says, in words, what goes on from here. Nothing is sent in."""

    words: str


@dataclass(frozen=True)
class Asking:
    """A step that asks the model. The reply is sent in, or a ModelError thrown.

    Attributes:
        words: the user's words after the last reply; "" for a question of its own.
        request: a question in the place of the first one; None for that.
    """

    words: str = ""
    request: Request | None = None


@dataclass(frozen=True)
class Trying:
    """A step that runs what a reply proposes. The outcome is sent in."""

    reply: Reply


@dataclass(frozen=True)
class Answered(Generic[T]):
    """The outcome of an exchange.

    Attributes:
        reply: the one that counts: the last, or the first where the second was of no use.
        checked: what the check said; None where there was none, or the reply did not come to its end.
        note: a sentence about a second question that failed; "" otherwise.
    """

    reply: Reply
    checked: T | None = None
    note: str = ""


def answering(
    check: Callable[[Reply], Steps[Answered[T]]] | None = None,
    *,
    whole_parts: Callable[[Reply], Sequence[str]] = lambda reply: (),
) -> Steps[Answered[T]]:
    """Ask, and check a reply that came to its end. Raises the ModelError of the question itself.

    `whole_parts` gives the parts of a reply cut at its length limit that can be checked.
    """
    reply = yield Asking()
    is_whole = reply.finished == "stop" or (reply.finished == "length" and whole_parts(reply))
    if check is None or not is_whole:
        return Answered(reply)
    return (yield from check(reply))


def repairing(first: Reply, repair: Callable[[V], Asking | None]) -> Steps[Answered[V]]:
    """Try a reply, and ask once more where that fails. This is the check of a fix.

    Code that is the same again is neither tried nor shown.

    Args:
        repair: makes, from a trial's outcome, the question for another attempt; None where none is needed.
    """
    verdict = yield Trying(first)
    asking = repair(verdict)
    if asking is None:
        return Answered(first, verdict)
    try:
        second = yield asking
    except ModelError as error:
        return Answered(first, verdict, f"No second attempt: {error}")
    if second.finished != "stop" or not second.changes:
        return Answered(first, verdict)
    if second.changes == first.changes:
        return Answered(first, verdict, _SAME)
    return Answered(second, (yield Trying(second)))


def carry_out(steps: Steps[T], do: Callable[[Any], Any]) -> T:
    """Run steps to their end on this thread; return what they return.

    Args:
        do: carries out one step and returns what it asks for. What it raises of ModelError and
            KeyboardInterrupt goes into the steps, which may know what to do without.
    """
    go: Callable[[Any], Any] = steps.send
    value: Any = None
    while True:
        try:
            step = go(value)
        except StopIteration as end:
            result: T = end.value
            return result
        try:
            go, value = steps.send, do(step)
        except (ModelError, KeyboardInterrupt) as error:
            go, value = steps.throw, error
