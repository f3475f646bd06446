"""What of a model's text is offered: never what stands there already, never what does not belong there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_devstral.core.completion.place import Place
from jupyter_devstral.core.completion.trimming import is_another_word, is_over, offer

At = Callable[..., Place]


@pytest.mark.parametrize(
    ("cell", "reply", "offered"),
    [
        ("f(|)", "a, b)", "a, b"),
        ("f(|)", "g(1))", "g(1)"),
        ("f(|)", "g(1)", "g(1)"),
        ("x = [|]", "1, 2]", "1, 2"),
        ("print('a' + |)", "str(b))", "str(b)"),
        ("if x|:", " > 1:", " > 1"),
        ("f(|, key=2)", "a, key=2)", "a"),
        ("d['|']", "key']", "key"),
    ],
)
def test_the_rest_of_the_line_is_not_repeated(at: At, cell: str, reply: str, offered: str) -> None:
    assert offer(reply, at(cell)).text == offered


@pytest.mark.parametrize(
    ("cell", "reply", "word"),
    [
        ("x = '<|'", "SECRET_1>", ""),
        ("x = '<SEC|'", "SECRET_1>", "SEC"),
        ("x = a <|", " SECRET_12>", ""),
    ],
)
def test_a_placeholder_that_begins_before_the_cursor_is_not_offered(
    at: At, cell: str, reply: str, word: str
) -> None:
    assert "placeholder" in offer(reply, at(cell), word=word).dropped


def test_a_placeholder_that_stands_there_is_the_users_own(at: At) -> None:
    assert offer("first", at("x = '<SECRET_1>' + |")).text == "first"


@pytest.mark.parametrize(
    ("cell", "reply", "offered"),
    [
        ("x = f(|", "1))", "1)"),
        ("x = |", "1)", "1"),
        ("f(\n    a,\n    |\n)", "b)", "b"),
        ("f(\n    |", "a)", "a)"),
        ("x = ']' + |", "y]", "y"),
        ("x = (|", "'a)'", "'a)'"),
    ],
)
def test_only_brackets_that_are_open_are_closed(at: At, cell: str, reply: str, offered: str) -> None:
    assert offer(reply, at(cell)).text == offered


@pytest.mark.parametrize(
    ("cell", "reply"),
    [
        ("|\ny = total(2)", "y = total(2)"),
        ("y|\ny = total(2)", " = total(2)"),
        ("|\n\n# a\nresult = compute_it(first, second)", "result = compute_it(first, secnd)"),
        ("plt.show()\n|", "plt.show()"),
    ],
)
def test_lines_that_stand_there_are_not_offered_again(at: At, cell: str, reply: str) -> None:
    found = offer(reply, at(cell))
    assert found.text == ""
    assert "repeats" in found.dropped


def test_a_block_ends_before_a_line_that_stands_below(at: At) -> None:
    place = at("def f(x):\n    |\n\nprint(f(2))")
    assert (
        offer("    y = x\n    return y\n\nprint(f(2))", place, taken="    ", block=True).text
        == "y = x\n    return y"
    )
    assert offer("    y = x\nprint(f(2))\n", place, taken="    ", block=True).text == "y = x"


def test_a_block_ends_where_it_is_left(at: At) -> None:
    place = at("for x in y:\n    |")
    text = "    a = x\n\n    print(a)\nprint(1)"
    assert offer(text, place, taken="    ", block=True).text == "a = x\n\n    print(a)"
    assert is_over(text, place, "    ")
    assert not is_over("    a = x\n\n    print(a)\n", place, "    ")
    assert not is_over("    a = x\n  ", place, "    ")


def test_behind_a_header_the_block_begins_with_a_new_line(at: At) -> None:
    assert offer("\n    return a\n\nb", at("def f(a):|"), block=True).text == "\n    return a"


def test_blanks_that_were_not_shown_to_the_model_are_not_written_twice(at: At) -> None:
    assert offer(" 1", at("x = |"), taken=" ").text == "1"
    assert offer("1", at("x = |"), taken=" ").text == "1"
    assert offer("    return x", at("    |"), taken="    ").text == "return x"


def test_a_word_that_is_typed_already_is_taken_off(at: At) -> None:
    assert offer(" pd.read()", at("x = p|"), taken=" ", word="p").text == "d.read()"
    assert offer("pd.read()", at("x = p|"), taken=" ", word="p").text == "d.read()"
    assert offer("np.sum()", at("x = p|"), taken=" ", word="p").text == ""
    assert offer("    return x", at("if x:\n    ret|"), taken="    ", word="ret").text == "urn x"
    assert offer("return x", at("if x:\n    ret|"), taken="    ", word="ret").text == ""
    assert is_another_word("  np", "p")
    assert not is_another_word(" p", "pd")
    assert not is_another_word("", "pd")


def test_in_brackets_indentation_is_free_and_a_dot_has_no_blank_behind(at: At) -> None:
    assert offer("  'a': 1", at("d = {\n    |"), taken="    ").text == "'a': 1"
    assert offer("        'a': 1", at("d = {\n    |"), taken="    ").text == "'a': 1"
    assert offer(" zeros(3)", at("np.|")).text == "zeros(3)"


def test_prose_is_not_offered_in_an_empty_cell(at: At) -> None:
    assert offer('"""Next, we plot."""', at("|"), block=True).text == ""


def test_a_line_of_an_outer_block_is_not_offered(at: At) -> None:
    assert offer("print(x)", at("if x:\n    y = 1\n    |"), taken="    ").text == ""


@pytest.mark.parametrize("reply", ["# a comment", "  # a comment", "", "   ", "\nx = 1"])
def test_a_comment_or_nothing_is_not_offered_in_code(at: At, reply: str) -> None:
    assert offer(reply, at("|")).text == ""


def test_a_comment_behind_code_is_left_out(at: At) -> None:
    assert offer("1  # the first", at("x = |")).text == "1"
    assert offer("'#'", at("x = |")).text == "'#'"


@pytest.mark.parametrize(
    "reply", ["key='<SECRET_1>'", "a <SECRET_12", "x <SEC", "connect(<SECRET_3>)", "< SECRET_1>"]
)
def test_a_placeholder_is_never_offered(at: At, reply: str) -> None:
    assert offer(reply, at("x = |")).text == ""


@pytest.mark.parametrize(
    ("reply", "offered"),
    [
        ("1<|endoftext|>x", "1"),
        ("1<｜fim▁end｜>x", "1"),
        ("1\nIn [3]: y", "1"),
        ("```python\nx", ""),
        ("a\x00b", ""),
        ("a = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1", ""),
    ],
)
def test_what_is_no_code_is_cut_or_dropped(at: At, reply: str, offered: str) -> None:
    assert offer(reply, at("x = |")).text == offered


def test_a_block_that_repeats_itself_is_cut(at: At) -> None:
    text = "    print(x)\n    print(y)\n    print(x)\n    print(y)\n    print(x)\n    print(y)\n"
    assert offer(text, at("if a:\n    |"), taken="    ", block=True).text.count("print(x)") == 2


@pytest.mark.parametrize("reply", ["len(x)\r\n", "len(x)\r", "len(x)\r\nprint(1)"])
def test_line_ends_of_windows_are_no_control_characters(at: At, reply: str) -> None:
    assert offer(reply, at("def f(a):\r\n    x = a\r\n    y =|")).text == "len(x)"
    assert offer(reply, at("y =|")).dropped == ""


@pytest.mark.parametrize("sign", ["\x1b", "\x00", "\u202e", "\u2066", "\ud83d"])
def test_what_hides_or_turns_text_around_is_not_offered(at: At, sign: str) -> None:
    assert offer(f"a{sign}b", at("x = |")).dropped == "it holds control characters"


@pytest.mark.parametrize(
    ("cell", "taken", "reply", "offered"),
    [
        ("def f(a):\n\tif a:|", "", "\n        return a", "\n\t\treturn a"),
        ("def f(a):\n\tif a:|", "", "\n      return a", "\n\t\t\treturn a"),
        ("def f(a):\n\tif a:\n\t\t|", "\t\t", "        b = 1\n        return b", "b = 1\n\t\treturn b"),
        ("def f(a):\n    if a:|", "", "\n\t\treturn a", "\n        return a"),
        ("def f(a):\n    if a:\n        |", "        ", "\t\treturn a", "return a"),
        ("if a:|", "", "\n\treturn a", "\n\treturn a"),
    ],
)
def test_a_block_is_indented_by_what_the_cell_is_indented_by(
    at: At, cell: str, taken: str, reply: str, offered: str
) -> None:
    assert offer(reply, at(cell), taken=taken, block=True).text == offered
