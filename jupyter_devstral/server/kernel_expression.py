"""An expression evaluated in a running kernel beside its notebook: silently, and capped in time."""

from __future__ import annotations

import ast
import asyncio
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

BUSY, LATE, NO_KERNEL, MISSING, OUTDATED, FAILED = (
    "busy",
    "late",
    "no kernel",
    "missing",
    "outdated",
    "failed",
)
_PACKAGE = "'jupyter_devstral'"
# What a kernel with another version of the package makes of a call that it does not know.
_OTHER_VERSION = frozenset({"ModuleNotFoundError", "ImportError", "AttributeError", "OtherVersion"})

_SETTLING_STEPS, _SETTLING_SECONDS = 20, 0.01
_LOOK_SECONDS = 1.0
# Kernel managers -> who is asking them.
_asking: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()
# Kernel managers -> what they have begun, and the last answer that may stand as long as that is nothing new.
_begun: WeakKeyDictionary[Any, _Begun] = WeakKeyDictionary()
_answered: WeakKeyDictionary[Any, _Answered] = WeakKeyDictionary()
# Waits for the end of questions that are answered; a loop keeps no task alive by itself.
_settling: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class Evaluated:
    """What a kernel said.

    Attributes:
        text: the string that the expression gives.
        problem: why there is none: BUSY, LATE, NO_KERNEL (of this server), MISSING (the kernel's Python does
            not have this package), OUTDATED (it has another version) or FAILED (it raised something else);
            "" where there is one.
    """

    text: str = ""
    problem: str = ""


class _Begun:
    """Counts what a kernel begins, as its server hears of it: cells, messages of widgets, restarts, ours."""

    def __init__(self, kernel: Any) -> None:
        self.count = 0
        kernel.observe(self._changed, "execution_state")

    def _changed(self, change: Any) -> None:
        self.count += change.new != "idle"


@dataclass(frozen=True)
class _Answered:
    """An answer, and the state of the kernel for which it holds; `at` is of the loop's clock."""

    expression: str
    evaluated: Evaluated
    process: int | None
    begun: int
    at: float

    def answers(self, kernel: Any, expression: str) -> bool:
        """Whether the kernel would say it again, as far as is known."""
        is_same = self.expression == expression
        return is_same and (self.process, self.begun) == (process_of(kernel), _count_of(kernel))


async def evaluate(
    kernels: Any, kernel_id: str, expression: str, *, patience: float, fresh_for: float = 0.0
) -> Evaluated:
    """The value of an expression that gives a string.

    Args:
        patience: seconds to wait for it.
        fresh_for: seconds in which its last value stands, as long as the kernel has begun nothing since.

    A busy kernel is not asked: what is sent to it would only be answered behind the cell that runs.
    """
    if not kernel_id or kernel_id not in kernels:
        return Evaluated(problem=NO_KERNEL)
    kernel = kernels.get_kernel(kernel_id)
    if not hasattr(kernel, "client"):
        return Evaluated(problem=NO_KERNEL)
    # One at a time: a kernel that answers us counts as busy, and only somebody else's cell is meant to.
    turn = _asking.setdefault(kernel, asyncio.Lock())
    await turn.acquire()
    settling = None
    try:
        if _is_busy(kernel):
            return Evaluated(problem=BUSY)
        begun = _count_of(kernel)
        last = _answered.get(kernel)
        if last is not None and last.answers(kernel, expression) and _now() - last.at < fresh_for:
            return last.evaluated
        said = await _evaluated(kernel, expression, patience)
        if said is None:
            await _settled(kernel)
            # A cell may have begun just before our question: then it is the cell that keeps us waiting.
            return Evaluated(problem=BUSY if _is_busy(kernel) else LATE)
        evaluated = _value_of(said)
        # The next one waits for the kernel to come to rest; who has the answer need not.
        settling = asyncio.create_task(
            _remembered(kernel, expression, evaluated, begun + 1)
            if begun is not None and fresh_for
            else _settled(kernel)
        )
        _settling.add(settling)
        return evaluated
    finally:
        if settling is None:
            turn.release()
        else:
            settling.add_done_callback(_settling.discard)
            settling.add_done_callback(lambda _: turn.release())


def _count_of(kernel: Any) -> int | None:
    """How much a kernel has begun; None where nothing tells."""
    begun = _begun.get(kernel)
    if begun is None:
        if not (hasattr(kernel, "has_trait") and kernel.has_trait("execution_state")):
            return None
        begun = _begun[kernel] = _Begun(kernel)
    return begun.count


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _remembered(kernel: Any, expression: str, evaluated: Evaluated, begun: int) -> None:
    """Wait for the kernel to come to rest, and keep the answer where our question was all that it did."""
    answered = _Answered(expression, evaluated, process_of(kernel), begun, _now())
    _answered.pop(kernel, None)
    await _settled(kernel)
    if not evaluated.problem and not _is_busy(kernel) and answered.answers(kernel, expression):
        _answered[kernel] = answered


def _value_of(said: dict[str, Any]) -> Evaluated:
    try:
        result = said["user_expressions"]["it"]
        if result["status"] == "error":
            return Evaluated(problem=_problem_of(str(result["ename"]), str(result["evalue"])))
        value = ast.literal_eval(result["data"]["text/plain"])
    except (KeyError, TypeError, ValueError, SyntaxError):
        return Evaluated(problem=FAILED)
    return Evaluated(value) if isinstance(value, str) else Evaluated(problem=FAILED)


def _problem_of(ename: str, evalue: str) -> str:
    if ename == "ModuleNotFoundError" and evalue.endswith(_PACKAGE):
        return MISSING
    return OUTDATED if ename in _OTHER_VERSION else FAILED


def _is_busy(kernel: Any) -> bool:
    return getattr(kernel, "execution_state", "idle") == "busy"


async def _settled(kernel: Any) -> None:
    """Wait for the server to hear that our own question is over."""
    for _ in range(_SETTLING_STEPS):
        # The news of "busy" may itself be on its way.
        await asyncio.sleep(_SETTLING_SECONDS)
        if not _is_busy(kernel):
            return


async def _evaluated(kernel: Any, expression: str, patience: float) -> dict[str, Any] | None:
    """What the kernel made of an expression; None when there was no answer in time."""
    from jupyter_client.session import Session

    # A session of its own: the answer is nobody else's, and front-ends show nothing of it.
    session = Session(
        key=kernel.session.key, signature_scheme=kernel.session.signature_scheme, username="devstral"
    )
    client = kernel.client(session=session)
    client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
    try:
        asked = client.execute(
            "", silent=True, store_history=False, allow_stdin=False, user_expressions={"it": expression}
        )
        return await _reply_to(client, asked, kernel, patience)
    finally:
        client.stop_channels()


async def _reply_to(client: Any, asked: str, kernel: Any, patience: float) -> dict[str, Any] | None:
    from queue import Empty

    loop = asyncio.get_running_loop()
    ends = loop.time() + patience
    process = process_of(kernel)
    while (left := ends - loop.time()) > 0:
        try:
            message = await client.get_shell_msg(timeout=min(left, _LOOK_SECONDS))
        except Empty:
            # A kernel that was restarted has forgotten the question.
            if process_of(kernel) != process:
                return None
            continue
        if message["parent_header"].get("msg_id") == asked:
            content: dict[str, Any] = message["content"]
            return content
    return None


def process_of(kernel: Any) -> int | None:
    """The process of a kernel; after a restart another one. None where nothing tells."""
    pid = getattr(getattr(kernel, "provisioner", None), "pid", None)
    return pid if isinstance(pid, int) else None
