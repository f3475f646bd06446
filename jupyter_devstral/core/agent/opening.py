"""The first messages of a run: the notebook in front as in chat, behind it how to work, the ids, the task."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..context.cell_text import fenced
from ..model.messages import Message
from ..prompt.named_cells import names_note
from ..prompt.prompt import Prompt, wording
from ..request.tasks import Task
from ..text.data_lines import fence_tag
from .draft import Draft
from .tool import Tool

_BEGIN = "Begin with a ```{} block that does the first step only, and shows what it made."


def opening_messages(
    prompt: Prompt, draft: Draft, task: str, tools: Sequence[Tool], *, plan: bool, native: bool
) -> tuple[Message, ...]:
    """Write the opening of a run.

    Args:
        prompt: of a request of kind CHAT without words, for the same notebook: so that both share their
            beginning.
        task: the user's words, without secrets and control tokens.
        native: whether the model can call tools by itself; else it is told how to write a call.
    """
    *first, last = prompt.messages
    parts = [
        last.content.removesuffix(wording(Task.CHAT.value)).rstrip(),
        wording("plan" if plan else "do").replace("```python", f"```{fence_tag(draft.language)}"),
        *([] if native else [_tools_in_words(tools)]),
        _ids(draft),
        names_note(task, prompt.request.notebook) if prompt.request else "",
        f"The task:\n{task.strip()}",
        # Small models do what is said last: without it they write plans, and nothing else, or the whole task
        # in one cell, with columns that they have not seen.
        *([] if plan else [_BEGIN.format(fence_tag(draft.language))]),
    ]
    return (*first, replace(last, content="\n\n".join(part for part in parts if part)))


def _ids(draft: Draft) -> str:
    named = [f"Cell {at} is {draft.short(cell)}" for at, cell in enumerate(draft.cells)]
    return f"IDs of the cells: {', '.join(named)}." if named else "The notebook has no cells yet."


def _tools_in_words(tools: Sequence[Tool]) -> str:
    lines = [f"- {tool.name}({', '.join(tool.parameters)}): {tool.description}" for tool in tools]
    example = fenced(json.dumps({"name": tools[0].name, "arguments": {}}), "json")
    listed = "\n".join(lines)
    return f"Tools, called by a block such as\n{example}\n{listed}"


def tokens_of_instructions(tools: Sequence[Tool], count: Callable[[str], int]) -> int:
    """Estimate the tokens that a run adds to any notebook: system message, instructions, tools as JSON."""
    texts = [wording("system"), wording("do"), _BEGIN, json.dumps([tool.wire() for tool in tools])]
    return sum(map(count, texts))
