"""Tests in a reply that was cut: the lines that were not finished go, the rest is proven."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_devstral.core.reply.parser import Code, ReplyParser
from jupyter_devstral.core.unit_tests.question import code_of, whole_statements

ONE = "def test_one():\n    assert f(1) == 1"


@pytest.mark.parametrize(
    ("source", "whole"),
    [
        (f"{ONE}\n\ndef test_two():\n    assert f(2) ==", ONE),
        (f"{ONE}\n    assert f(2) == 1", ONE),
        (f"{ONE}\n\ndef test_two():\n    x = 1\n    y", ONE),
        (f"import pytest\n\n{ONE}\n\n@pytest.mark.parametrize('x', [1,", f"import pytest\n\n{ONE}"),
        ("def test_one():\n    assert", ""),
    ],
)
def test_what_is_whole_stays(source: str, whole: str) -> None:
    assert whole_statements(source) == whole


@pytest.mark.parametrize(
    ("finished", "blocks"), [("length", [ONE]), ("stop", [f"{ONE}\n    assert f(2) == 2"])]
)
def test_a_reply_that_came_to_its_end_only_left_out_the_fence(finished: str, blocks: list[str]) -> None:
    parser = ReplyParser()
    events = [*parser.feed(f"Here:\n\n```python\n{ONE}\n    assert f(2) == 2"), *parser.close()]
    code = tuple(event for event in events if isinstance(event, Code))
    assert code_of(SimpleNamespace(code=code, finished=finished)) == blocks  # type: ignore[arg-type]
