"""The sentences that stand below a question: what a yes does, and what a no."""

from __future__ import annotations

import pytest

from jupyter_devstral.server.agent.consequence import asked_in_words, consequence, in_words


@pytest.mark.parametrize(
    ("kind", "effect", "order", "for_real", "expected"),
    [
        ("delete", "", ["a"], False, ["is missing from the draft"]),
        ("run", "", ["a"], True, ["runs for real, in your kernel", "The rules say nothing."]),
        ("run", "it writes", ["a"], True, ["runs for real, in your kernel", "The rules say: it writes."]),
        ("effect", "it reads", ["a"], False, ["it may do so in the copy"]),
        ("effect", "it writes", ["a"], True, ["the cell is put in and runs for real;", "cannot be undone"]),
        ("effect", "it writes", ["a", "b"], True, ["in this order: a, b.", "cannot be undone"]),
    ],
)
def test_it_says_what_the_answers_do(kind, effect, order, for_real, expected) -> None:
    said = consequence(kind, effect, order, for_real=for_real)
    assert len(said) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, said, strict=True))


def test_it_says_what_is_asked_and_how_a_run_ended() -> None:
    assert asked_in_words("effect", "it writes files (%1)")[0] == (
        "About %1: it writes files (%1). Allow this cell once?"
    )
    assert asked_in_words("run", "")[1:] == ["No, go on without", "Yes, this once"]
    assert asked_in_words("delete", "")[1:] == ["No, keep it", "Yes, delete it"]
    assert [in_words(how, "why") for how in ("done", "stopped", "gave up")] == [
        "Done.",
        "Stopped.",
        "Gave up: why.",
    ]
