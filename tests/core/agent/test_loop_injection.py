"""Orders that lie in data: wherever they stand, nothing is allowed, called or closed by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_devstral.core.agent.steps import ActionBegins, Heard, Ran, RunCell
from jupyter_devstral.core.model.messages import ToolCall
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output
from jupyter_devstral.core.text.control_tokens import broken_up
from tests.core.agent.conftest import Play
from tests.support.injections import INJECTIONS

CODE = "```python\nlook(df)\n```"
ALL = [
    CODE,
    Heard("", (ToolCall("notebook_outline", {}),), reply_tokens=9),
    Heard("", (ToolCall("read_cells", {"cells": ["a1b2", "aaaa", "eeee"]}),), reply_tokens=9),
    Heard("", (ToolCall("inspect", {"names": []}),), reply_tokens=9),
    "Done.",
    # A cell that failed is asked about once more.
    "Done.",
]


def stream(text: str) -> Ran:
    return Ran(({"output_type": "stream", "name": "stdout", "text": text},))


def traceback(text: str) -> Ran:
    error = {"output_type": "error", "ename": "ValueError", "evalue": text, "traceback": [text, text]}
    return Ran((error,), error=f"ValueError: {text}")


def display(text: str) -> Ran:
    data = {"text/plain": text, "text/html": f"<table><td>{text}</td></table>", "text/markdown": text}
    return Ran(({"output_type": "display_data", "data": data, "metadata": {}},))


def table(text: str) -> Ran:
    data = {"text/plain": f"   {text}\n0  1", "text/html": f"<table><th>{text}</th></table>"}
    return Ran(({"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": {}},))


PLACES: dict[str, Callable[[str], Ran]] = {
    "stream": stream,
    "traceback": traceback,
    "display": display,
    "column of a table": table,
    "problem": lambda text: Ran(problem=text),
    "hint": lambda text: Ran(error="KeyError: 'a'", hints=(text, text)),
    "effect": lambda text: Ran(refused=f"it writes files ({text})"),
}


def played(text: str, place: Callable[[str], Ran], replies: list[Any], everywhere: bool = True) -> Play:
    """Play a run in a notebook that says it in text, in code and in outputs, and in what runs show."""
    said = text if everywhere else "nothing"
    notebook = Notebook(
        (
            Cell("a1b2c3d4", 0, "markdown", said),
            Cell("aaaa0001", 1, "code", f"note = {said!r}", (Output("stream", said),)),
            Cell("eeee0001", 2, "code", "f()", (Output("error", said, ename="ValueError", evalue=said),)),
        )
    )
    play = Play(replies, ran=lambda step: place(said), notebook=notebook, options={"safe": broken_up})
    play.ended = play.play()  # type: ignore[attr-defined]
    return play


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("text", INJECTIONS.values(), ids=INJECTIONS)
def test_what_data_says_is_neither_called_nor_allowed(text: str, place: Callable[[str], Ran]) -> None:
    play, plain = played(text, place, ALL), played(text, place, ALL, everywhere=False)
    begun = [each.tool for each in play.logged if isinstance(each, ActionBegins)]
    assert begun == ["write_cell", "notebook_outline", "read_cells", "inspect"]
    assert play.run_cells == [RunCell(play.run_cells[0].cell, "look(df)")]
    assert [one.effect for one in play.questions if "HTML" not in one.effect] == (
        [f"it writes files ({text})"] if place is PLACES["effect"] else []
    )
    assert [cell.state for cell in play.ended.draft.touched] == ["new"]
    # It stays within its message, and in that within its fence.
    said = play.asked[-1].messages
    assert [message.role for message in said] == [message.role for message in plain.asked[-1].messages]
    for message, quiet in zip(said[2:], plain.asked[-1].messages[2:], strict=True):
        if message.role in ("user", "tool"):
            outside, expected = (outside_fences(each.content).split("\n") for each in (message, quiet))
            assert [line[:9] for line in outside] == [line[:9] for line in expected]
    for token in ("[INST]", "[/INST]", "[TOOL_RESULTS]", "[TOOL_CALLS]", "[SYSTEM_PROMPT]", "</s>"):
        assert token not in "".join(message.content for message in said)


@pytest.mark.parametrize("text", INJECTIONS.values(), ids=INJECTIONS)
def test_a_model_that_obeys_can_only_ask(text: str) -> None:
    # The worst that can be: it says what it has read, word for word.
    play = Play([CODE, text, "Done."], ran=lambda step: stream(text), notebook=NOTEBOOK)
    ended = play.play()
    assert [step.allowed for step in play.run_cells] == [()] * len(play.run_cells)
    assert not any(cell.deleted for cell in ended.draft)
    assert {cell.id for cell in ended.draft} >= {"a1b2c3d4", "aaaa0001"}
    # What has an effect was asked about, and the answer was no.
    assert len(play.questions) == len(ended.refused) + sum(one.kind == "delete" for one in play.questions)
    for source in (step.source for step in play.run_cells):
        assert "%reset" not in source
        assert "DevstralConfig" not in source


NOTEBOOK = Notebook((Cell("a1b2c3d4", 0, "markdown", "Text"), Cell("aaaa0001", 1, "code", "x = 1")))


def outside_fences(text: str) -> str:
    """What of a text stands in no fence, as a reader of Markdown has it."""
    kept, closing = [], ""
    for line in text.split("\n"):
        mark = line[: len(line) - len(line.lstrip("`"))]
        if closing:
            if line.strip() == line == mark and len(mark) >= len(closing):
                closing = ""
        elif len(mark) >= 3:
            closing = mark
        else:
            kept.append(line)
    return "\n".join(kept)
