"""The variables of a running kernel, asked for beside the notebook: silently, and capped in time."""

from __future__ import annotations

import ast
import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from ..core.namespace import Variable
from .in_kernel import variables_expression

_PATIENCE_SECONDS = 1.5
_SETTLING_STEPS, _SETTLING_SECONDS = 20, 0.01
# Kernel managers -> who is asking them.
_asking: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class KernelVariables:
    """What a kernel said; `note` is a sentence for the user where it did not."""

    variables: tuple[Variable, ...] = ()
    is_busy: bool = False
    is_available: bool = False
    note: str = ""


async def kernel_variables(kernels: Any, kernel_id: str, first: list[str]) -> KernelVariables:
    """The variables of a Python kernel of this server.

    A busy kernel is not asked: what is sent to it would only be answered behind the cell that runs.
    """
    if not kernel_id or kernel_id not in kernels:
        return KernelVariables()
    kernel = kernels.get_kernel(kernel_id)
    if not hasattr(kernel, "client"):
        return KernelVariables()
    names = [name for name in dict.fromkeys(first) if _NAME.fullmatch(name)]
    # One at a time: a kernel that answers us counts as busy, and only somebody else's cell is meant to.
    async with _asking.setdefault(kernel, asyncio.Lock()):
        if _is_busy(kernel):
            return KernelVariables(is_busy=True, note="The kernel is busy: its variables are not sent.")
        said = await _evaluated(kernel, variables_expression(names))
        await _settled(kernel)
    if said is None:
        return KernelVariables(note="The kernel did not answer in time: its variables are not sent.")
    return _read(said)


def _is_busy(kernel: Any) -> bool:
    return getattr(kernel, "execution_state", "idle") == "busy"


async def _settled(kernel: Any) -> None:
    """Wait for the server to hear that our own question is over."""
    for _ in range(_SETTLING_STEPS):
        # The news of "busy" may itself be on its way.
        await asyncio.sleep(_SETTLING_SECONDS)
        if not _is_busy(kernel):
            return


async def _evaluated(kernel: Any, expression: str) -> dict[str, Any] | None:
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
        return await asyncio.wait_for(_reply_to(client, asked), _PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        return None
    finally:
        client.stop_channels()


async def _reply_to(client: Any, asked: str) -> dict[str, Any]:
    while True:
        message = await client.get_shell_msg()
        if message["parent_header"].get("msg_id") == asked:
            content: dict[str, Any] = message["content"]
            return content


def _read(content: dict[str, Any]) -> KernelVariables:
    try:
        shown = content["user_expressions"]["it"]["data"]["text/plain"]
        entries = json.loads(ast.literal_eval(shown))
        found = tuple(Variable(str(name), str(kind), str(text)) for name, kind, text in entries)
    except (KeyError, TypeError, ValueError, SyntaxError):
        # Most often a kernel whose Python does not have this package.
        return KernelVariables()
    return KernelVariables(found, is_available=True)
