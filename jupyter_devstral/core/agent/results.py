"""What the model is told of a step, as text: capped when it is said, and never changed later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..context.cell_text import fenced, output_text
from ..notebook.cells import Output
from ..notebook.file import notebook_from_json
from ..text.data_lines import one_line
from ..text.terminal_text import as_shown
from ..text.traceback_text import clean_output, clean_traceback
from .action import WRITE, Action
from .draft import Draft, DraftCell
from .steps import Ran

LIMIT = 2_000
_LONGEST = 200_000
_PHRASE = 300


def capped(text: str, limit: int = LIMIT, more: str = "") -> str:
    """Keep the head and the tail of a text, and say how much is left out and how it can be read."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    left_out = f"… {len(text) - limit:,} more characters{more} …"
    return f"{text[: limit - tail].rstrip()}\n{left_out}\n{text[-tail:].lstrip()}"


def outputs_text(outputs: Sequence[Mapping[str, Any]]) -> str:
    """Give outputs as text: tables as their header and shape, tracebacks without library frames."""
    texts = [_text(output) for output in read_outputs(outputs)]
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
    if ran.error and ran.error.partition(":")[0] not in shown:
        shown = f"{shown}\n{ran.error}".strip()
    return f"{head}\n{shown_as_data(shown)}" if shown else f"{head}{'' if ran.problem else ', no output'}"


def correction_text(action: Action, tools: Iterable[str]) -> str:
    """Say what is wrong with an action that cannot be carried out."""
    if action.problem == "unknown":
        return no_tool_text(action.name, tools)
    name = "the block" if action.name == WRITE else f"the call of {action.name or 'a tool'}"
    if action.problem == "cut":
        return f"{name} was cut at the limit of a reply: write it again, in smaller parts."
    return f"{name} was not taken: {action.why or 'it is not well formed'}. Write it again, whole."


def no_tool_text(name: str, tools: Iterable[str]) -> str:
    """Say that there is no tool of this name, and which there are."""
    return f"There is no tool {name[:60]!r}; there are: {', '.join(tools)}. Code goes into a block."


def shown_as_data(text: str, more: str = "") -> str:
    """Put a text into a fence that nothing in it can end."""
    return fenced(capped(text, more=more), "output")


def _phrase(text: str) -> str:
    """Keep what a copy says of itself to one line: names in it are chosen by the cell that it ran."""
    return one_line(text)[:_PHRASE]


def _text(output: Output) -> str:
    text = as_shown(output.text[:_LONGEST])
    if output.kind == "error":
        lines = clean_traceback(text).strip()
        return lines or f"{output.ename}: {output.evalue}"
    return output_text(Output(output.kind, clean_output(text), output.mime))
