"""Where a cursor stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_devstral.core.completion.place import Place, Standing

At = Callable[..., Place]


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("x = |", Standing.CODE),
        ("x = 1  # what |", Standing.COMMENT),
        ("# a\nx|", Standing.CODE),
        ("s = 'it|", Standing.STRING),
        ("s = 'it'|", Standing.CODE),
        ("s = 'it\\'s|", Standing.STRING),
        ("s = 'never closed\nx|", Standing.CODE),
        ('s = """a\n# b|', Standing.STRING),
        ('s = """a\n"""\nx|', Standing.CODE),
        ('s = """a\\"""|', Standing.STRING),
        ("s = '#'|", Standing.CODE),
        ("x = '🎈' # 🎈|", Standing.COMMENT),
        ("x = '🎈' + |", Standing.CODE),
        ("%%bash\nls |", Standing.FOREIGN),
        ("%%time\nx|", Standing.CODE),
        ("%%devstral\nwhy |", Standing.FOREIGN),
    ],
)
def test_code_strings_and_comments_are_told_apart(at: At, text: str, standing: Standing) -> None:
    assert at(text).standing is standing


@pytest.mark.parametrize(
    ("language", "text", "standing"),
    [
        ("r", "x <- 1 # a|", Standing.COMMENT),
        ("julia", "#= a\nb|", Standing.COMMENT),
        ("julia", "x = a' + b|", Standing.CODE),
        ("javascript", "a // b|", Standing.COMMENT),
        ("javascript", "a # b|", Standing.CODE),
        ("javascript", "`a ${b}\n|", Standing.STRING),
        ("java", "/* a\n b|", Standing.COMMENT),
        ("sql", "select 1 -- a|", Standing.COMMENT),
        ("some-new-language", "x = 1 # a|", Standing.COMMENT),
    ],
)
def test_other_languages_have_their_own_comments(
    at: At, language: str, text: str, standing: Standing
) -> None:
    assert at(text, language=language).standing is standing


def test_a_front_end_that_knows_the_syntax_is_believed(at: At) -> None:
    assert at("x|", told=Standing.STRING).standing is Standing.STRING


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    |",
        "def f(a):|",
        "|",
        "for x in y:\n    if x:\n        |",
        "if a:  # b\n    |",
        "class A:\n    |\n\nx = 1",
    ],
)
def test_a_block_is_wanted_where_one_was_opened(at: At, text: str) -> None:
    assert at(text).wants_block


@pytest.mark.parametrize(
    "text",
    [
        "x = |",
        "def f(a):\n    b = 1\n    |",
        "def f(a):\n    |\n    return a",
        "def f(a|):",
        "d = {1:|",
        "x[1:|",
        "# a:|",
    ],
)
def test_elsewhere_one_line_is_wanted(at: At, text: str) -> None:
    assert not at(text).wants_block


def test_closing_signs_do_not_make_the_middle_of_a_line(at: At) -> None:
    assert not at("print(f(|))").is_in_the_middle
    assert not at("print(x|):").is_in_the_middle
    assert at("print(|x)").is_in_the_middle


def test_offsets_count_code_points(at: At) -> None:
    place = Place("s = '🎈🎈'\nx = ", 14)
    assert (place.above, place.head) == ("s = '🎈🎈'\n", "x = ")
