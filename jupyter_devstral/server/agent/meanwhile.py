"""What a run's review says of the kernel behind the moment at which the copy was made.

The kernel is asked whenever the review is to be trusted: how the run ended, and whether its copy is still
there, is all the same.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...core.text.data_lines import one_line
from ...kernel.expressions import rehearse_expression
from ..kernel_expression import BUSY, LATE, evaluate

if TYPE_CHECKING:
    from ...core.notebook.cells import Cell

_PATIENCE = 10.0
_NOT_NOW = (BUSY, LATE)
# Of a cell that just ended the server may hear later than the page; a restart takes an answer with it.
_SETTLES_SECONDS, _PAUSE = 2.0, 0.2
# Of a cell that is none of the notebook's, in characters.
_LINE = 60
_GONE_ON = "The kernel has gone on since the copy was made: what is shown may differ by now."
_AT_WORK = "A cell runs in the kernel just now: what is shown may differ by now."
_ANOTHER = (
    "The kernel was restarted, or is not the one that the copy was made of: what is shown may differ by now."
)


async def meanwhile(
    kernels: Any,
    kernel_id: str,
    run: str,
    *,
    cells: Sequence[Cell],
    had: Collection[str] = (),
    others: Sequence[str] = (),
) -> dict[str, Any]:
    """Say what the kernel has done since the last copy of a run was made.

    Args:
        cells: of the notebook, as they are now.
        had: ids of cells that it had.
        others: paths of what else runs cells in this kernel.

    Returns the sentences to be "said", none where nothing was done; the ids of the notebook's "cells" that
    ran, and "others", a line each.
    """
    expression = rehearse_expression(json.dumps({"do": "meanwhile", "run": run}))
    loop = asyncio.get_running_loop()
    settles = loop.time() + _SETTLES_SECONDS
    while (
        evaluated := await evaluate(kernels, kernel_id, expression, patience=_PATIENCE)
    ).problem in _NOT_NOW and loop.time() < settles:
        await asyncio.sleep(_PAUSE)
    said = json.loads(evaluated.text) if not evaluated.problem else {}
    ran, moved = said.get("ran", []), said.get("moved", [])
    if evaluated.problem in _NOT_NOW:
        words = _AT_WORK
    elif evaluated.problem or "lost" in said:
        words = _ANOTHER
    else:
        words = _GONE_ON if ran or moved else ""
    by_variables = [f"Variables that changed meanwhile: {', '.join(moved)}"] if moved else []
    return {"said": [words, *by_variables] if words else [], **_placed(ran, cells, had, others)}


def _placed(
    ran: Iterable[Sequence[str]], cells: Sequence[Cell], had: Collection[str], others: Sequence[str]
) -> dict[str, list[str]]:
    """Find the notebook's cells among those that ran; of others give the first line, and whose they are.

    By their ids, which another notebook's cells with the same text do not share. A front-end that tells none
    is taken for the notebook's where nothing else runs cells in the kernel.
    """
    ids = {cell.id for cell in cells}
    by_source = {cell.source.strip(): cell.id for cell in cells} if not others else {}
    mine, foreign = list[str](), list[str]()
    for source, id in ran:
        found = id if id in ids else "" if id else by_source.get(source.strip(), "")
        whose = f"{' / '.join(others)}: " if id and id not in had and others else ""
        (mine if found else foreign).append(found or f"{whose}{one_line(source)[:_LINE]}")
    return {"cells": list(dict.fromkeys(mine)), "others": list(dict.fromkeys(foreign))}
