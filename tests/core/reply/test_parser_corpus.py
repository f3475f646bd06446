"""Every reply of the shared data: nothing lost, the same at every chunk split, only Python becomes cells."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_devstral.core.reply.parser import Code, Prose, ReplyParser
from tests.support.sweeps import swept

Events = list[Prose | Code]
ALIASES = {"python", "py", "python3", "py3", "ipython", "ipython3"}


@pytest.fixture(scope="module")
def replies(shared_data: Path) -> list[dict[str, Any]]:
    with (shared_data / "replies" / "replies.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def parse(chunks: Iterable[str]) -> Events:
    parser = ReplyParser()
    events: Events = []
    for chunk in chunks:
        events += parser.feed(chunk)
    return [*events, *parser.close()]


def text_of(events: Events) -> str:
    return "".join(event.text if isinstance(event, Prose) else event.raw for event in events)


def cut(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def test_every_character_is_in_exactly_one_event(replies: list[dict[str, Any]]) -> None:
    assert len(replies) == 1200
    for reply in replies:
        events = parse([reply["reply"]])
        assert text_of(events) == reply["reply"], reply["id"]
        kinds = [type(event) for event in events]
        assert (Prose, Prose) not in pairwise(kinds), reply["id"]


def test_the_same_events_in_chunks_of_any_size(replies: list[dict[str, Any]]) -> None:
    for reply in swept(replies, 4):
        text = reply["reply"]
        whole = parse([text])
        for size in (1, 3, 17):
            assert parse(cut(text, size)) == whole, (reply["id"], size)


def _stratified(replies: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Short replies, every tag present, rare tags first."""
    short = sorted(replies, key=lambda reply: len(reply["reply"]))
    tags = sorted({tag for reply in replies for tag in reply["shape_tags"]})
    chosen: dict[str, dict[str, Any]] = {}
    for number in range(count):
        tag = tags[number % len(tags)]
        found = next((one for one in short if tag in one["shape_tags"] and one["id"] not in chosen), None)
        if found is not None:
            chosen[found["id"]] = found
    return list(chosen.values())


def test_the_same_events_at_every_single_split(replies: list[dict[str, Any]]) -> None:
    """Each split point of a sample: at every position of the interesting lines, at some of the others."""
    sample = _stratified(replies, 140)
    assert len(sample) >= 120
    assert {tag for reply in sample for tag in reply["shape_tags"]} == {
        tag for reply in replies for tag in reply["shape_tags"]
    }
    for reply in swept(sample, 4):
        text = reply["reply"]
        whole = parse([text])
        near = {
            at + off for found in re.finditer(r"[`~\n\r]+", text) for at in found.span() for off in (-1, 0, 1)
        }
        anywhere = range(1, len(text))
        splits = anywhere if len(text) < 400 else sorted(near & set(anywhere))[:400]
        for split in splits:
            assert parse([text[:split], text[split:]]) == whole, (reply["id"], split)


@dataclass(frozen=True)
class Block:
    """What the simple line scanner of the data's README sees."""

    tag: str
    content: str


def scan(text: str) -> list[Block]:
    """CommonMark-like: closes with a bare fence of the same character, as long or longer, at any indent."""
    blocks: list[Block] = []
    fence, tag, lines = "", "", []
    for line in re.split(r"\r\n|\n", text):
        found = re.match(r"[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?(`{3,}|~{3,})(.*)$", line)
        if not fence:
            if found and "`" not in found[2]:
                fence, tag, lines = found[1], found[2].strip(), []
        elif found and not found[2].strip() and found[1][0] == fence[0] and len(found[1]) >= len(fence):
            blocks.append(Block(tag, "\n".join(lines)))
            fence = ""
        else:
            lines.append(line)
    return [*blocks, Block(tag, "\n".join(lines))] if fence else blocks


def is_python(tag: str) -> bool:
    word = re.match(r"\{?\.?([\w+#-]*)", tag)
    return word is not None and word[1].lower() in ALIASES


def parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return False
    return True


def leaves_code_out(source: str) -> bool:
    """A generous look: any `...` or `# ...` line, a call or a list with `...`, or words that say so."""
    return bool(
        re.search(r"^\s*(?:#\s*)?(?:\.\.\.|…)|[(,=]\s*\.\.\.\s*[,)\]]", source, re.MULTILINE)
        or re.search(
            r"#.*\b(?:your|code|logic|implementation|solution|computation)\b.*\bhere\b", source, re.IGNORECASE
        )
        or re.search(r"#.*\b(?:rest|existing|remains? the same|omitted)\b", source, re.IGNORECASE)
    )


def test_every_python_block_that_parses_is_offered(replies: list[dict[str, Any]]) -> None:
    offered = left_out = shown = 0
    for reply in replies:
        cells = {
            textwrap.dedent(event.source).strip()
            for event in parse([reply["reply"]])
            if isinstance(event, Code) and event.verdict == "cell"
        }
        for block in scan(reply["reply"]):
            if not (is_python(block.tag) and block.content.strip() and parses(block.content)):
                continue
            # A fence glued to the last line is part of the line to the scanner, not to a reader.
            if textwrap.dedent(block.content).strip(" \t\r\n`").replace("\r", "\n") in cells:
                offered += 1
            elif re.search(r"\\`+\w*\n", reply["reply"]):
                # Escaped fences around an example of Markdown: a scanner sees a block, a reader does not.
                continue
            elif shows_a_value(block.content):
                # "This will output:", and the tag of the code.
                shown += 1
            else:
                assert leaves_code_out(block.content), (reply["id"], block.content)
                left_out += 1
    assert offered > 750
    assert left_out < 40
    assert shown < 8


def shows_a_value(source: str) -> bool:
    """A number, a list or an array alone."""
    body = ast.parse(textwrap.dedent(source)).body
    names = {ast.unparse(node.func) for node in ast.walk(body[0]) if isinstance(node, ast.Call)}
    return len(body) == 1 and isinstance(body[0], ast.Expr) and names <= {"array"}


def test_no_cell_comes_from_anything_but_python(replies: list[dict[str, Any]]) -> None:
    for reply in replies:
        # More than a word behind the fence is code or prose, not a language.
        tagged = [block for block in scan(reply["reply"]) if re.fullmatch(r"[\w+#.-]+", block.tag)]
        others = [block.content for block in tagged if not is_python(block.tag)]
        other_lines = {line.strip() for content in others for line in content.split("\n") if len(line) > 20}
        own = "\n".join(block.content for block in scan(reply["reply"]) if block not in tagged)
        own += "\n".join(block.content for block in tagged if is_python(block.tag))
        for event in parse([reply["reply"]]):
            if not isinstance(event, Code) or event.verdict != "cell":
                continue
            assert not event.language or is_python(event.language), reply["id"]
            assert "```" not in event.source or event.source.count('"""') + event.source.count("'''") > 1
            stolen = [
                line for line in event.source.split("\n") if line.strip() in other_lines and line not in own
            ]
            assert not stolen, (reply["id"], stolen)


def test_no_cell_is_shell_diff_or_output(replies: list[dict[str, Any]]) -> None:
    shell = re.compile(r"\s*(?:\$ |pip3? install|npm |git \w+ |sudo |cd \w|mkdir |docker )")
    for reply in replies:
        for event in parse([reply["reply"]]):
            if isinstance(event, Code) and event.verdict == "cell":
                lines = [line for line in event.source.split("\n") if line.strip()]
                assert not all(map(shell.match, lines)), (reply["id"], event.source)
                assert not any(line.startswith(("@@ -", "diff --git", "Traceback (most")) for line in lines)
                assert parses(event.source) or re.search(r"^\s*[!%]", event.source, re.MULTILINE), reply["id"]


def test_a_long_reply_in_single_characters_takes_a_moment() -> None:
    block = "```python\n" + "".join(f"value_{n} = compute({n})  # step\n" for n in range(400)) + "```\n\n"
    text = (block + "Some words between, with `code`.\n\n" * 40) * 12
    assert len(text) > 170_000
    started = time.process_time()
    parse(text)
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize(
    "text",
    [
        "`" * 200_000,
        "```\n" * 40_000,
        "```python\n" * 20_000,
        '```python\n"""\n```\n' * 8_000,
        "```markdown\n```python\n" * 8_000,
        '```python\nx = """\n' + "```\n" * 40_000,
        "```python\nx(```\n" + "y(```\n" * 30_000,
        "\r" * 200_000,
        "a" * 200_000,
        "```python\n" + "(" * 100_000,
        "````python\n" + "x = 1\n```\n" * 20_000,
    ],
    ids=range(11),
)
def test_hostile_replies_take_linear_time(text: str) -> None:
    started = time.process_time()
    events = parse(cut(text, 100))
    assert time.process_time() - started < 10.0
    assert text_of(events) == text


PIECES = [
    "```", "````", "~~~", "```python", "```py\n", "python", "\n", "\n", "\n", "\r\n", "\r", " ", "   ",
    "\t", "1. ", "- ", "x = 1", "x = 1\n", '"""', "'''", "# ...", ">>> x", "In [1]: ", "$ ls", "text",
    "Cell 2", "`", "```markdown\n", "\n```\n", "\n```\n", "def f():\n    return 1\n", "{python}",
    "\\", "\u2028", "é", "(", "print(x)```",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.data())
def test_any_text_at_any_split(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    whole = parse([text])
    assert text_of(whole) == text
    assert parse(text) == whole
    splits = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    chunks = [text[start:end] for start, end in zip([0, *splits], [*splits, len(text)], strict=True)]
    assert parse(chunks) == whole
