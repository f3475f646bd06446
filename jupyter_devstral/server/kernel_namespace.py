"""The variables of a running kernel, asked for beside the notebook."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..core.variables.namespace import Variable
from ..kernel.expressions import variables_expression
from .kernel_expression import BUSY, LATE, OUTDATED, evaluate, process_of

_PATIENCE_SECONDS = 1.5
# Of a kernel that has begun nothing since: a thread of the user's may yet have changed a variable.
FRESH_SECONDS = 30.0
_NAME = re.compile(r"[^\W\d]\w*")
_NOTES = {
    BUSY: "The kernel is busy: its variables are not sent.",
    OUTDATED: "The kernel's variables are not sent: update jupyter-devstral in the kernel's environment.",
    LATE: "The kernel did not answer in time: its variables are not sent.",
}


@dataclass(frozen=True)
class KernelVariables:
    """What a kernel said; `note` is a sentence for the user where it did not."""

    variables: tuple[Variable, ...] = ()
    is_busy: bool = False
    is_available: bool = False
    note: str = ""


def kernel_process(kernels: Any, kernel_id: str) -> int | None:
    """The process of a kernel of this server, by its id; None as well where it is not of this server."""
    return process_of(kernels.get_kernel(kernel_id)) if kernel_id and kernel_id in kernels else None


async def kernel_variables(
    kernels: Any, kernel_id: str, first: list[str], *, fresh_for: float = FRESH_SECONDS
) -> KernelVariables:
    """The variables of a Python kernel of this server, `first` ones before the others.

    They may be what it said up to `fresh_for` seconds ago, where it has begun nothing since.
    """
    names = [name for name in dict.fromkeys(first) if _NAME.fullmatch(name)]
    said = await evaluate(
        kernels, kernel_id, variables_expression(names), patience=_PATIENCE_SECONDS, fresh_for=fresh_for
    )
    if said.problem:
        return KernelVariables(is_busy=said.problem == BUSY, note=_NOTES.get(said.problem, ""))
    try:
        entries = json.loads(said.text)
        found = tuple(Variable(str(name), str(kind), str(text)) for name, kind, text in entries)
    except (TypeError, ValueError):
        return KernelVariables()
    return KernelVariables(found, is_available=True)
