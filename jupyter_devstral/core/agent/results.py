"""What the model is told of a step, as text: capped when it is said, and never changed later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..context.cell_text import fenced, output_text
from ..notebook.cells import Output
from ..notebook.file import notebook_from_json
from ..text.data_lines import fence_tag, one_line
from ..text.terminal_text import as_shown
from ..text.traceback_text import clean_output, clean_traceback
from .action import WRITE, Action
from .draft import Draft, DraftCell
from .steps import Ran

LIMIT = 2_000
_LONGEST = 200_000
_PHRASE = 300
# Of a traceback as IPython shows it: where a frame begins, and its lines without an arrow.
_FRAME = ("Cell In[", "File ")
_AROUND = re.compile(r" *\d+(?: .*)?")


def capped(text: str, limit: int = LIMIT, more: str = "") -> str:
    """Keep the head and the tail of a text, and say how much is left out and how it can be read."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    left_out = f"… {len(text) - limit:,} more characters{more} …"
    return f"{text[: limit - tail].rstrip()}\n{left_out}\n{text[-tail:].lstrip()}"


def outputs_text(outputs: Sequence[Mapping[str, Any]]) -> str:
    """Give outputs as text: tables as their header and shape, tracebacks without library frames."""
    return texts_of(read_outputs(outputs))


def texts_of(outputs: Sequence[Output]) -> str:
    """Give the outputs of a notebook's cell as text."""
    texts = [_text(output) for output in outputs]
    return "\n".join(text for text in texts if text.strip())


def read_outputs(outputs: Sequence[Mapping[str, Any]]) -> tuple[Output, ...]:
    """Read outputs of nbformat 4 as values."""
    cell = {"cell_type": "code", "source": "", "outputs": [dict(one) for one in outputs]}
    return notebook_from_json({"nbformat": 4, "cells": [cell]}).cells[0].outputs


def ran_text(draft: Draft, cell: DraftCell, ran: Ran) -> str:
    """Say what became of a cell: "cell a1b2: ran", with what it showed."""
    name = f"cell {draft.short(cell)}"
    if ran.problem:
        head = f"{name}: not finished: {_phrase(ran.problem)}"
    elif ran.refused:
        head = (
            f"{name}: refused in the copy: {_phrase(ran.refused)}. The cell stays as it is, and does so when "
            "the user runs it; go on without it."
        )
    else:
        head = f"{name}: {'failed' if ran.error else 'ran'}"
    shown = outputs_text(ran.outputs)
    shown = _failing_lines(shown) if ran.error else shown
    if ran.error and ran.error.partition(":")[0] not in shown:
        shown = f"{shown}\n{ran.error}".strip()
    # Behind what is capped: it is worth more than the end of a traceback; one line each, inside the fence.
    hints = "".join(f"\n{_phrase(hint[:1].upper() + hint[1:])}" for hint in ran.hints)
    shown = f"{capped(shown)}{hints}".strip()
    told = f"{head}\n{fenced(shown, 'output')}" if shown else f"{head}{'' if ran.problem else ', no output'}"
    # Small models do what is said last: without it they write the same code as another cell.
    return f"{told}\n{_again(draft, cell)}" if ran.error and not ran.refused else told


def correction_text(action: Action, tools: Iterable[str]) -> str:
    """Say what is wrong with an action that cannot be carried out."""
    if action.problem == "unknown":
        return no_tool_text(action.name, tools)
    name = "the block" if action.name == WRITE else f"the call of {action.name or 'a tool'}"
    if action.problem == "cut":
        return f"{name} was cut at the limit of a reply: write it again, in smaller parts."
    if action.problem == "endless":
        return f"{name} was ended: it wrote the same line again and again. Write it another way, as a loop."
    return f"{name} was not taken: {action.why or 'it is not well formed'}. Write it again, whole."


def no_tool_text(name: str, tools: Iterable[str]) -> str:
    """Say that there is no tool of this name, and which there are."""
    return f"There is no tool {name[:60]!r}; there are: {', '.join(tools)}. Code goes into a block."


def failed_text(draft: Draft, cell: DraftCell) -> str:
    """Say that a run cannot end with a cell that failed."""
    return (
        f"Cell {draft.short(cell)} fails, so it is not done yet. If another cell does its work, delete it. "
        f"If it cannot be mended, say why, without a block. {_again(draft, cell)}"
    )


def once_more_text(language: str, *, repeats: bool, plan: bool) -> str:
    """Say in other words what a reply should be that did nothing."""
    what = "You wrote the same line again and again." if repeats else "That is the plan; nothing is done yet."
    if plan:
        return f"{what} Answer with the list of steps, each once."
    return f"{what} Now write the first cell: one ```{fence_tag(language)} block, and nothing else."


def shown_as_data(text: str, more: str = "") -> str:
    """Put a text into a fence that nothing in it can end."""
    return fenced(capped(text, more=more), "output")


def _again(draft: Draft, cell: DraftCell) -> str:
    has_hints = cell.ran is not None and cell.ran.hints
    how = "Use only names that there are, and write" if has_hints else "Mend it, and write"
    return f"{how} the cell again: ```{fence_tag(draft.language)} cell={draft.short(cell)}"


def _failing_lines(text: str) -> str:
    """Leave out the lines around those that failed: the model knows them, and copies them with the fault."""
    kept, in_frame = list[str](), False
    for line in text.split("\n"):
        if in_frame and _AROUND.fullmatch(line):
            continue
        in_frame = line.startswith(_FRAME) or (in_frame and line.startswith("-"))
        kept.append(line)
    return "\n".join(kept)


def _phrase(text: str) -> str:
    """Keep what a copy says of itself to one line: names in it are chosen by the cell that it ran."""
    return one_line(text)[:_PHRASE]


def _text(output: Output) -> str:
    text = as_shown(output.text[:_LONGEST])
    if output.kind == "error":
        lines = clean_traceback(text).strip()
        return lines or f"{output.ename}: {output.evalue}"
    return output_text(Output(output.kind, clean_output(text), output.mime))
