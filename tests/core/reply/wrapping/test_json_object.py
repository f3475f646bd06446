"""Code in a JSON object is code; data is not."""

from __future__ import annotations

import json

import pytest

from jupyter_devstral.core.reply.parser import Code, ReplyParser
from jupyter_devstral.core.reply.wrapping.json_object import unwrapped

SOURCE = 'import pandas as pd\n\ndf = pd.DataFrame({"a": [1]})\nprint(f"{df}")'


def block(text: str, tag: str = "python") -> Code:
    parser = ReplyParser("python")
    events = [*parser.feed(f"Here:\n\n```{tag}\n{text}\n```\n"), *parser.close()]
    [code] = [event for event in events if isinstance(event, Code)]
    return code


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"code": SOURCE}),
        json.dumps({"code": SOURCE}, indent=2),
        json.dumps([{"language": "python", "source": SOURCE}]),
        json.dumps({"code": SOURCE, "explanation": "It prints.", "done": True}),
        json.dumps({"name": "run_cell", "arguments": {"code": SOURCE}}),
        json.dumps({"name": "run_cell", "arguments": json.dumps({"code": SOURCE})}),
        json.dumps({"code": SOURCE}).replace("\\n", "\n"),
        f"{{'code': {SOURCE!r}}}",
        f"{{'code': '''{SOURCE}'''}}",
    ],
)
def test_wrapped_code_becomes_the_cell(text: str) -> None:
    found = block(text)
    assert (found.source, found.verdict) == (SOURCE, "cell")


@pytest.mark.parametrize("text", ['{"name": "read_file", "arguments": {"path": "a.csv"}}'])
def test_a_call_of_a_tool_is_no_cell(text: str) -> None:
    assert block(text).verdict == "output"


@pytest.mark.parametrize(
    "text",
    [
        '{"code": "EUR", "price": 3}',
        '{"code": "EUR"}',
        'rates = {"code": "x = 1"}',
        '[{"code": "a = 1"}, {"code": "b = 2"}]',
        '{"a": 1}',
        "{1, 2}",
        "[1, 2]",
        "{",
        "",
    ],
)
def test_data_stays_what_it_is(text: str) -> None:
    assert unwrapped(text) is None
