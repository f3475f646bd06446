"""Prose that goes on: a blank where a word had ended, nothing inside of one."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.reply.continuation import Joiner


def joined(partial: str, text: str, step: int = 1) -> str:
    joiner = Joiner(partial)
    pieces = [joiner.feed(text[at : at + step]) for at in range(0, len(text), step)]
    return partial + "".join(pieces) + joiner.close()


@pytest.mark.parametrize(
    ("partial", "text", "whole"),
    [
        ("The mean of", "the column is 4.", "The mean of the column is 4."),
        ("It is read", "from a file.", "It is read from a file."),
        ("It ends here.", "Then it goes on.", "It ends here. Then it goes on."),
        ("First,", "second.", "First, second."),
        (
            "The column price is text, so price",
            "must change.",
            "The column price is text, so price must change.",
        ),
        ("The con", "tinuation is joined.", "The continuation is joined."),
        ("Some conversion. The conver", "sion fails.", "Some conversion. The conversion fails."),
        ("Steps:", "- read\n- write", "Steps:\n\n- read\n- write"),
        ("one two three", "seven eight", "one two three seven eight"),
        ("a plain", "function call", "a plain function call"),
        ("It is convert", "ed before.", "It is converted before."),
        ("Already ", "apart.", "Already apart."),
        ("Already", " apart.", "Already apart."),
        ("Already\n", "apart.", "Already\napart."),
    ],
)
@pytest.mark.parametrize("step", [1, 100])
def test_prose_goes_on(partial: str, text: str, whole: str, step: int) -> None:
    assert joined(partial, text, step) == whole


def test_a_repeated_end_is_not_said_twice() -> None:
    assert joined("the values are wrong here", "are wrong here because of x") == (
        "the values are wrong here because of x"
    )
