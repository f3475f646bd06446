"""Thoughts are told from the answer: in every notation, at every split, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_devstral.core.reply.thinking import ThinkingFilter, without_thinking

DRAFT = "Maybe:\n```python\ndraft = 1\n```\nNo.\n"
ANSWER = "Use it:\n\n```python\nfinal = 1 < 2\n```\n"
OPEN_DRAFT = "Maybe:\n```python\ndraft = 1\n"
THINKING = {
    "tags": f"<think>\n{DRAFT}</think>\n\n{ANSWER}",
    "nothing between": f"<think>{DRAFT}</think>{ANSWER}",
    "empty": f"<think>\n\n</think>\n\n{ANSWER}",
    "upper case": f"<THINK>{DRAFT}</Think>\n{ANSWER}",
    "long tags": f"<thinking>\n{DRAFT}</thinking>\n{ANSWER}",
    "reasoning": f"<reasoning>\n{DRAFT}</reasoning>\n{ANSWER}",
    "brackets": f"[THINK]{DRAFT}[/THINK]{ANSWER}",
    "diamonds": f"◁think▷{DRAFT}◁/think▷{ANSWER}",
    "special": f"<|begin_of_thought|>\n{DRAFT}<|end_of_thought|>\n\n{ANSWER}",
    "opened nowhere": f"\n{DRAFT}</think>\n\n{ANSWER}",
    "opened nowhere, brackets": f"{DRAFT}[/THINK]{ANSWER}",
    "a fence left open": f"<think>\n{OPEN_DRAFT}</think>\n{ANSWER}",
    "a fence left open, opened nowhere": f"{OPEN_DRAFT}</think>\n{ANSWER}",
    "twice": f"<think>{DRAFT}</think>\n<think>{DRAFT}</think>\n{ANSWER}",
    "blank before": f"\n\n  <think>{DRAFT}</think>\n\n{ANSWER}",
    "channels": f"<|channel|>analysis<|message|>{DRAFT}<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>",
    "channels, no end": f"<|channel|>analysis<|message|>{DRAFT}<|channel|>final<|message|>{ANSWER}",
    "two channels": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>commentary"
    f"<|message|>Plan.<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
    "entities": f"&lt;think&gt;\n{DRAFT}&lt;/think&gt;\n\n{ANSWER}",
    "entities, opened nowhere": f"{DRAFT}&lt;/think&gt;\n\n{ANSWER}",
    "folded": f"<details>\n<summary>Thinking…</summary>\n\n{DRAFT}</details>\n\n{ANSWER}",
    "folded on one line": f"<details><summary><b>Thought</b> for 3 s</summary>{DRAFT}</details>{ANSWER}",
    "folded by its kind": f'<details type="reasoning" done="true">\n{DRAFT}</details>\n{ANSWER}',
    "a title": f"**Thinking:**\n{DRAFT}\n**Answer:**\n\n{ANSWER}",
    "a title, colon behind": f"**Thinking**: hm.\n{DRAFT}\n## Final answer\n{ANSWER}",
    "a title, and a rule": f"**Thought process:**\n\n{DRAFT}\n---\n\n{ANSWER}",
    "a heading": f"\n### Thinking process\n\n{DRAFT}\n### Response:\n{ANSWER}",
    "scratchpad": f"<scratchpad>\n{DRAFT}</scratchpad>\n{ANSWER}",
    "analysis": f"<analysis>\n{DRAFT}</analysis>\n{ANSWER}",
    "halved channels": f"<|channel>thought\n{DRAFT}<channel|>{ANSWER}",
    "opened nowhere, closed behind words": f"{DRAFT}So be it.</think>\n\n{ANSWER}",
    "opened nowhere, closed behind words, brackets": f"{DRAFT}So be it. [/THINK]\r\n{ANSWER}",
    "folded, whose": f"<details><summary>Show my thought process</summary>{DRAFT}</details>{ANSWER}",
    "a fence left open, opened nowhere, and no other": f"{OPEN_DRAFT}</think>\nUse it:\n\n{ANSWER[9:]}",
    "opened nowhere, glued to words": f"{DRAFT}I answer now</think>\n\n{ANSWER}",
    "CRLF": f"<think>\r\n{DRAFT}</think>\r\n\r\n{ANSWER}",
}
NOT_THINKING = [
    ANSWER,
    "Models write `<think>` before they answer, and `</think>` behind.\n",
    "A model answers <think>draft</think>\nand then it speaks.\n",
    "```python\ntext = '''\n<think>\nx\n</think>\n'''\n```\nDone.\n",
    "```python\npattern = '<think>(.*?)</think>'\n```\n",
    "Put your reasoning before the tag </think>\nand the answer behind it.\n",
    "Use the tag to end:\n\n`</think>`\n\nEverything before it is thought. </think>\nok\n",
    "First `<think>` and the draft, then\n\n</think>\n\nand the answer.\n",
    "The template ends the thought with\n</think> and a blank line.\n",
    "It ends with\n</think>, then comes the answer.\n",
    "The card says:\n\n> Thoughts end with. </think>\n\nSo do ours.\n",
    "As in\n\n    so be it.</think>\n\nabove.\n",
    "A reply looks like this:\n\n```text\nhm, so be it\n</think>\nFour.\n```\n\nand so on.\n",
    "A reply:\n\n~~~\nhm\n</think>\n~~~\n\n```python\nx = 1\n```\n",
    "<details><summary>My thoughts on the result</summary>\nA list of three.\n</details>",
    "<details>\n<summary>Reasoning behind the fix</summary>\n\nIt sums.\n</details>\n\nUse it.\n",
    "Use it.\n\n<details><summary>Thinking</summary>\n\nIt sums.\n</details>\n",
    "if a <b and c> d: <| x |> <",
    "## Thinking in columns\n\nUse `df.sum()`.\n",
    "**Thinking about it**, the sum is wrong.\n",
    "**Thinking:** the sum is wrong.\n\n```python\ntotal = 1\n```\n",
    "Use it.\n\n**Thinking:**\n\nIt sums.\n\n**Answer:** 3\n",
    "<details>\n<summary>Output</summary>\n\n3\n</details>\n",
    "<details>\n\n3\n</details>\n<details",
    "**Fix:** use `sum`.\n# Think\n",
    "a &lt;think&gt; b\n",
    "[thing]\n[1, 2]\n<table>\n</table>\n",
    "",
]


def filtered(text: str, sizes: list[int]) -> tuple[str, str]:
    """(answer, thoughts) when the text comes in pieces of these sizes, which repeat."""
    thinking, answer, at, turn = ThinkingFilter(), "", 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        piece = thinking.feed(text[at : at + size])
        answer = piece if thinking.take_retraction() else answer + piece
        at, turn = at + size, turn + 1
    rest = thinking.close()
    answer = rest if thinking.take_retraction() else answer + rest
    return answer, thinking.text


@pytest.mark.parametrize("name", THINKING)
def test_the_answer_alone_is_left_at_every_split(name: str) -> None:
    text = THINKING[name]
    for size in range(1, len(text) + 1):
        answer, thoughts = filtered(text, [size])
        # A blank line before the thoughts is given out before they begin.
        assert answer.lstrip("\n") == ANSWER, size
        assert "draft" in thoughts or name == "empty", size
    for cut in range(1, len(text)):
        assert filtered(text, [cut, len(text)]) == filtered(text, [len(text)]), cut
    assert without_thinking(text).lstrip("\n") == ANSWER


@pytest.mark.parametrize("text", NOT_THINKING)
def test_what_only_speaks_of_thinking_stays(text: str) -> None:
    for size in range(1, len(text) + 2):
        assert filtered(text, [size]) == (text, "")


def test_an_answer_that_never_ends_its_thoughts_is_all_thinking() -> None:
    for size in (1, 3, 200):
        answer, thoughts = filtered(f"<think>\n{DRAFT}", [size])
        assert answer == ""
        assert thoughts == DRAFT.strip()


@given(st.lists(st.integers(1, 40), min_size=1), st.sampled_from([*THINKING.values(), *NOT_THINKING]))
def test_pieces_of_any_sizes_give_the_same(sizes: list[int], text: str) -> None:
    assert filtered(text, sizes) == filtered(text, [max(1, len(text))])


def test_no_reply_of_the_corpus_is_changed(shared_data: Path) -> None:
    with (shared_data / "replies" / "replies.jsonl").open(encoding="utf-8") as lines:
        replies = [json.loads(line)["reply"] for line in lines]
    assert len(replies) == 1200
    for reply in replies:
        for size in (1, 7, len(reply) + 1):
            assert filtered(reply, [size]) == (reply, "")
