"""How a run begins: the notebook in front as in chat, and few tokens beside it."""

from __future__ import annotations

import json

from jupyter_devstral.core.agent.draft import Draft
from jupyter_devstral.core.agent.opening import opening_messages, tokens_of_instructions
from jupyter_devstral.core.agent.tool import all_tools
from jupyter_devstral.core.model.token_estimate import estimate_tokens
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.prompt.prompt import build_prompt, wording
from jupyter_devstral.core.request.tasks import Request, Task
from tests.core.agent.conftest import NOTEBOOK, opening


def test_system_message_instructions_and_tools_take_few_tokens() -> None:
    assert tokens_of_instructions(all_tools(), estimate_tokens) <= 1_300


def test_the_beginning_is_that_of_a_chat_about_the_same_notebook() -> None:
    chat = build_prompt(Request(Task.CHAT, "What is this?", NOTEBOOK)).messages
    run = opening(Draft(NOTEBOOK), NOTEBOOK)
    assert run[0] == chat[0]
    shared = chat[1].content.index(wording("chat"))
    assert run[1].content[:shared] == chat[1].content[:shared]
    assert "Cell 0 is a1b2, Cell 1 is c3d4" in run[1].content
    assert "Count the rows.\n\nBegin with a ```python block" in run[1].content
    assert wording("chat") not in run[1].content


def test_a_model_without_tools_reads_them_in_words() -> None:
    draft = Draft(NOTEBOOK)
    prompt = build_prompt(Request(Task.CHAT, "", NOTEBOOK))
    messages = opening_messages(prompt, draft, "Go.", all_tools(), plan=False, native=False)
    for tool in all_tools():
        assert f"- {tool.name}(" in messages[-1].content


def test_tools_are_the_same_and_in_the_same_order_every_time() -> None:
    names = [tool.name for tool in all_tools()]
    assert names == sorted(names)
    assert names == ["delete_cell", "done", "inspect", "notebook_outline", "read_cells", "run_cell"]
    for tool in all_tools():
        assert set(tool.required) <= set(tool.parameters)
        assert json.dumps(tool.wire()) == json.dumps(tool.wire())


def test_blocks_are_asked_for_in_the_notebooks_own_language() -> None:
    notebook = Notebook(language="r")
    draft = Draft(notebook)
    prompt = build_prompt(Request(Task.CHAT, "", notebook))
    messages = opening_messages(prompt, draft, "Go.", all_tools(), plan=False, native=True)
    assert "```r cell=ID" in messages[-1].content
    assert "```python" not in messages[-1].content


def test_a_plan_is_not_asked_to_begin_with_a_cell() -> None:
    assert opening(Draft(NOTEBOOK), NOTEBOOK, plan=True)[-1].content.endswith("Count the rows.")


def test_a_cell_that_the_task_names_as_the_screen_does_is_told() -> None:
    notebook = Notebook((Cell("a" * 8, 0, "markdown", "# Text"), Cell("b" * 8, 1, "code", "x = 1", count=4)))
    prompt = build_prompt(Request(Task.CHAT, "", notebook))
    draft = Draft(notebook)
    said = opening_messages(prompt, draft, "Empty cell 4", all_tools(), plan=False, native=True)[-1].content
    assert "By the numbers on my screen `4` is cell 1." in said
