"""Questions after edits of an early cell, in a real kernel: how much of each prompt is read anew.

The session of `session`, then, before each of eight more questions, the cell at 30 % of the notebook's depth
gets another source and is run again, as a user tries values. *Uncached* is counted as there.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.kernel.connected import kernel
from benchmarks.prompts.session import STEPS, flat, shared_start
from benchmarks.row import Row
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from tests.support.jupyter.kernel import Kernel
from tests.support.scripted.server import ScriptedOllama

RENTS = (5100, 5150, 5230, 5310, 5400, 5480, 5560, 5650)
REPLY = "The rent alone does not decide that: the wages of a month are nearly twice as high."
BAR = 600
# In the cell in which 30 % of the notebook's source is reached.
CHANGES = "fillna(0.0)"


def run(shared: Path | None) -> list[Row]:
    """Plays the session twice: with and without the edits."""
    kept = _uncached(edits=True)
    unedited = _uncached(edits=False)
    costs = median(kept)
    return [
        Row(
            "Cell edited at 30 % before each of 8 questions, uncached",
            f"median {costs:.0f} tokens, most {max(kept)}",
            f"{median(unedited):.0f} without an edit",
            f"<= {BAR}",
            costs <= BAR,
        )
    ]


def _uncached(*, edits: bool) -> list[int]:
    replies = [*(step.reply for step in STEPS), *(REPLY for _ in RENTS)]
    with ScriptedOllama(replies=replies) as server, kernel(server.url) as k:
        sources = _played(k)
        id, source = next(cell for cell in sources if CHANGES in cell[1])
        for at, rent in enumerate(RENTS):
            if edits:
                k.run(source.replace(CHANGES, f"fillna({rent}.0)"), id)
            k.run(f"%%devstral ask\nwould a rent of {rent - 40} turn a month around?", f"later{at}")
        prompts = [flat(r.body["messages"]) for r in server.requests if r.path == "/api/chat"]
    uncached = []
    for before, reply, prompt in zip(prompts, replies, prompts[1:], strict=False):
        known = f"{before}<assistant>\n{reply}"
        uncached.append(estimate_tokens(prompt[shared_start(known, prompt) :]))
    return uncached[-len(RENTS) :]


def _played(k: Kernel) -> list[tuple[str, str]]:
    """The session, every cell with an id; returns the user's cells and those of the answers."""
    cells: list[tuple[str, str]] = []
    for at, step in enumerate(STEPS):
        for source in step.cells:
            cells.append((f"cell{len(cells)}", source))
            k.run(source, cells[-1][0])
        asked = k.run(f"%%devstral\n{step.question}", f"question{at}")
        if asked.next_input:
            cells.append((f"cell{len(cells)}", asked.next_input))
            k.run(asked.next_input, cells[-1][0])
    return cells
