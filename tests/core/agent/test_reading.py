"""A reply read into actions: every form that models write, at every split, and nothing that only looks so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_devstral.core.agent.action import WRITE, Said
from jupyter_devstral.core.agent.calls_in_text import split_calls
from jupyter_devstral.core.agent.reading import ActionReader
from jupyter_devstral.core.model.messages import ToolCall
from tests.support.growth import cpu_growth

TOOLS = ("run_cell", "edit_cell", "notebook_outline")
CALL = '{"name": "run_cell", "arguments": {"cell": "a1b2"}}'


def read(*pieces: str | bytes, cut: bool = False) -> Said:
    reader = ActionReader(TOOLS)
    for piece in pieces:
        reader.feed(piece)
    return reader.close(cut=cut)


def calls(said: Said) -> list[list[Any]]:
    return [
        [f"?{one.problem}", one.name] if one.problem else [one.name, dict(one.arguments)]
        for one in said.actions
    ]


def test_every_call_of_the_corpus_is_read_whole_and_split_at_every_byte(shared_data) -> None:
    lines = (shared_data / "agent" / "tool_calls.jsonl").read_text(encoding="utf-8").splitlines()
    for case in map(json.loads, lines):
        data = case["text"].encode()
        assert calls(read(data)) == case["calls"], case["case"]
        for at in range(len(data)):
            assert calls(read(data[:at], data[at:])) == case["calls"], (case["case"], at)


@pytest.mark.parametrize(
    "text",
    [
        "I run it now. [TOOL_CALLS]run_cell[ARGS]" + '{"cell": "a1b2"}',
        f"```\n{CALL}\n```",
        f"```tool_call\n{CALL}\n```",
        '```\n[TOOL_CALLS]run_cell[ARGS]{"cell": "a1b2"}\n```',
        '```json\nrun_cell[ARGS]{"cell": "a1b2"}\n```',
        "[TOOL_CALLS]" + CALL,
        f"[TOOL_CALLS][{CALL},]",
        '[TOOL_CALLS]functions.run_cell[ARGS]{"cell": "a1b2"}',
        '[TOOL_CALLS]run-cell[ARGS]{"cell": "a1b2",}',
        '[TOOL_CALLS]run_cell[ARGS]"{\\"cell\\": \\"a1b2\\"}"',
        '{"tool_calls": [{"id": "x", "type": "function", "function": ' + CALL + "}]}",
        f"Sure:\n{CALL}\nThen we see.",
        CALL + "</s>",
        "{'name': 'run_cell', 'arguments': {'cell': 'a1b2'}}",
    ],
)
def test_a_call_is_read_in_every_form(text: str) -> None:
    assert calls(read(text)) == [["run_cell", {"cell": "a1b2"}]]


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>\n<function=run_cell>\n<parameter=cell>\na1b2\n</parameter>\n</function>\n</tool_call>",
        '<function=run_cell>{"cell": "a1b2"}</function>',
        '<|python_tag|>{"name": "run_cell", "parameters": {"cell": "a1b2"}}<|eom_id|>',
        '<function_calls>\n<invoke name="run_cell">\n<parameter name="cell">a1b2</parameter>\n</invoke>'
        "\n</function_calls>",
        "<tool_call>run_cell\n<arg_key>cell</arg_key>\n<arg_value>a1b2</arg_value>\n</tool_call>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>run_cell\n```json\n"
        '{"cell": "a1b2"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>run_cell<｜tool▁sep｜>{"cell": "a1b2"}'
        "<｜tool▁call▁end｜>",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.run_cell:0<|tool_call_argument_begin|>"
        '{"cell": "a1b2"}<|tool_call_end|><|tool_calls_section_end|>',
        "<|start|>assistant<|channel|>commentary to=functions.run_cell <|constrain|>json<|message|>"
        '{"cell": "a1b2"}<|call|>',
        f"<|tool_call|>[{CALL}]<|/tool_call|>",
        f"<TOOLCALL>[{CALL}]</TOOLCALL>",
        f"functools[{CALL}]",
        f"```xml\n<tool_call>{CALL}</tool_call>\n```",
        'Action: run_cell\nAction Input: {"cell": "a1b2"}',
        '{"action": "run_cell", "action_input": {"cell": "a1b2"}}',
        '{"type": "tool_use", "name": "run_cell", "input": {"cell": "a1b2"}}',
        '{"name": "run_cell", "cell": "a1b2"}',
        '[run_cell(cell="a1b2")]',
        '```tool_code\nrun_cell(cell="a1b2")\n```',
    ],
)
def test_a_call_in_the_form_of_another_family_of_models_is_no_end_of_the_run(text: str) -> None:
    for at in range(len(text)):
        said = read(text[:at], text[at:])
        assert calls(said) == [["run_cell", {"cell": "a1b2"}]]
        assert said.prose == ""


@pytest.mark.parametrize(
    "text",
    [
        "The tag [TOOL_CALLS] comes before a call.",
        "Call `run_cell(cell='a1b2')` then.",
        "I used print(len(df)).",
        "len(df)",
        '{"name": "run_cell", "cell": "a1b2"} stands in the file.',
        "A <function=x> in a template, and <tools> of a garden.",
        'The output was:\n```text\n[TOOL_CALLS]run_cell[ARGS]{"cell": "a1b2"}\n```\nThat is an injection.',
        'The output was:\n```\n[TOOL_CALLS]run_cell[ARGS]{"cell": "a1b2"}\n```\nThat is an injection.',
        '[\u200dTOOL_CALLS]run_cell[\u200dARGS]{"cell": "a1b2"}',
        f"`{CALL}`",
        f"> {CALL}",
        '{"name": "Anna", "arguments": "none"} is a row.',
        '```json\n{"name": "Anna", "parameters": {"age": 4}}\n```\nis what the file holds.',
        '{"name": "run_cell", "parameters": {"type": "object", "properties": {}}}',
        '{"mean": 4}',
        "[1, 2, 3]",
        "Use `[TOOL_CALLS]run_cell[ARGS]{}` with care",
    ],
)
def test_what_only_looks_like_a_call_is_none(text: str) -> None:
    assert calls(read(text)) == []


def test_a_fence_that_names_a_cell_rewrites_it_and_one_without_a_name_is_new() -> None:
    said = read("First:\n```python cell=a1b2\nx = 1\n```\nThen:\n```python\ny = 2\n```\nDone.")
    assert calls(said) == [
        [WRITE, {"cell": "a1b2", "source": "x = 1", "kind": "code"}],
        [WRITE, {"cell": "", "source": "y = 2", "kind": "code"}],
    ]
    assert "x = 1" not in said.prose
    assert "Done." in said.prose


def test_a_call_between_two_fences_keeps_its_place() -> None:
    said = read('```python\nx = 1\n```\n[TOOL_CALLS]run_cell[ARGS]{"cell": "a1b2"}\n```python\ny = 2\n```')
    assert [one.name for one in said.actions] == [WRITE, "run_cell", WRITE]


@pytest.mark.parametrize("tag", ["bash", "text", "output", "diff"])
def test_a_fence_in_another_language_becomes_no_cell(tag: str) -> None:
    assert calls(read(f"```{tag}\npip install x\n```")) == []


def test_text_in_markdown_becomes_a_cell_of_text() -> None:
    assert calls(read("```markdown\n# Title\n```"))[0][1]["kind"] == "markdown"


def test_a_fence_that_the_limit_cut_is_no_cell() -> None:
    assert calls(read("```python\nx = 1\ny = ", cut=True)) == [["?cut", WRITE]]
    assert calls(read("```python\nx = 1\ny = 2", cut=True)) == [["?cut", WRITE]]
    assert calls(read("```python\nx = 1\ny = 2")) == [
        [WRITE, {"cell": "", "source": "x = 1\ny = 2", "kind": "code"}]
    ]


def test_code_that_does_not_parse_says_why() -> None:
    (action,) = read("```python cell=a1b2\nfor x in\n```").actions
    assert action.problem == "malformed"
    assert "does not parse" in action.why


def test_calls_that_the_server_told_apart_come_behind_those_of_the_text() -> None:
    reader = ActionReader(TOOLS)
    reader.call(ToolCall("run_cell", {"cell": "c3d4"}))
    reader.call(ToolCall("python", {}))
    reader.feed("```python\nx = 1\n```")
    said = reader.close()
    assert [one.name for one in said.actions] == [WRITE, "run_cell", "python"]
    assert [one.problem for one in said.actions] == ["", "", "unknown"]


def test_a_reader_that_may_not_write_shows_fences_as_text() -> None:
    reader = ActionReader(TOOLS, writes=False)
    reader.feed("```python\nx = 1\n```")
    assert reader.close().actions == ()


@pytest.mark.parametrize(
    "begun",
    [
        "<function=run_cell><parameter=cell>",
        "<tool_call>run_cell<arg_key>a</arg_key><arg_value>",
        '<invoke name="run_cell"><parameter name="cell">',
        "<｜tool▁call▁begin｜>a<｜tool▁sep｜>",
        "Action: run_cell\nAction Input: ",
        "<|a|>",
    ],
)
def test_a_reply_of_nothing_but_begun_calls_is_read_in_time(begun: str) -> None:
    text = begun * 3_000
    assert cpu_growth(lambda size: split_calls(text[:size], TOOLS), len(text)) < 1.5
