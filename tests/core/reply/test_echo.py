"""Answers that begin with their question."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.reply.echo import EchoFilter

TASK = "Fix the error in cell 4: write the whole cell, then one sentence that says what was wrong."
QUESTION = "the totals are too small:\ntotal = sum(prices)\nwhat is missing?"
ANSWER = "The tax is missing.\n\n```python\ntotal = sum(prices) * 1.2\n```\n"


def shown(reply: str, size: int = 10_000, task: str = TASK, question: str = QUESTION) -> str:
    echo = EchoFilter(task, question)
    return "".join(echo.feed(reply[at : at + size]) for at in range(0, len(reply), size)) + echo.close()


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize(
    "echoed",
    [
        f"{TASK}\n",
        f"**{TASK}**\n\n",
        f"> {TASK}\n>\n",
        "Fix the error in cell 4.\n\n",
        "## Fix the error in cell 4:\n",
        "What is missing?\n\n",
        f"{TASK}\nThe totals are too small:\nwhat is missing?\n",
        '\n\n"what is missing?"\r\n',
    ],
)
def test_the_question_is_not_shown_as_the_answer(echoed: str, size: int) -> None:
    assert shown(echoed + ANSWER, size) == ANSWER


@pytest.mark.parametrize("size", [1, 5, 10_000])
@pytest.mark.parametrize(
    "reply",
    [
        ANSWER,
        "total = sum(prices)\ntotal *= 1.2\n",
        "What is missing? The tax.\n",
        "Fix the error in cell 4 by adding the tax.\n",
        "```\nwhat is missing?\n```\n",
        "The tax.\nwhat is missing?\n",
        "W",
        "",
    ],
)
def test_all_else_stays_to_the_letter(reply: str, size: int) -> None:
    assert shown(reply, size) == reply


def test_a_short_word_of_the_users_may_be_the_answer() -> None:
    assert shown("Hello!\n", task="", question="hello!") == "Hello!\n"


def test_nothing_is_shown_of_an_answer_that_is_the_question() -> None:
    assert shown("What is missing?") == ""


def test_text_that_cannot_be_an_echo_is_shown_at_once() -> None:
    echo = EchoFilter(TASK, QUESTION)
    assert echo.feed("Fix the err") == ""
    assert echo.feed("or message first") == "Fix the error message first"
    assert echo.feed(" and then") == " and then"


def test_after_thoughts_the_answer_begins_anew() -> None:
    echo = EchoFilter(TASK, QUESTION)
    assert echo.feed("Well, ") == "Well, "
    assert echo.close() == ""
    assert echo.feed("what is missing?\nThe tax.") == "The tax."
