"""`%devstral … ?` reaches the magic word for word; everything else is left to IPython."""

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_devstral.magics.input_transformers import keep_question_marks


def transform(cell):
    manager = TransformerManager()
    manager.cleanup_transforms.append(keep_question_marks)
    return manager.transform_cell(cell)


def call(text):
    return f"get_ipython().run_line_magic('devstral', {text!r})"


@pytest.mark.parametrize(
    "text",
    ["ask what is df?", "ask what??", "ask don't you?", 'ask "why?', "ask (why?", "ask ünï?", r"ask \d?"],
)
def test_a_question_is_literal(text):
    assert transform(f"%devstral {text}\n") == call(text) + "\n"


def test_it_works_in_blocks_assignments_and_after_other_lines():
    string = "x = '''\n%devstral no?\n'''\n"
    cell = string + "if x:\n    %devstral ask a?\n    %devstral ask it's b?\ny = %devstral ask c?\n"
    bs = "ask it's b?"
    assert transform(cell) == (
        string + f"if x:\n    {call('ask a?')}\n    {call(bs)}\ny = {call('ask c?')}\n"
    )


def test_quotes_of_other_magics_open_no_string():
    assert transform("!echo '''\n%devstral ask a?\n").endswith(call("ask a?") + "\n")


def test_other_help_is_untouched():
    for cell in ("df?\n", "%devstral?\n", "%matplotlib inline?\n"):
        assert "run_line_magic('devstral'" not in transform(cell)
        assert "pinfo" in transform(cell)


def test_the_number_of_lines_stays():
    lines = ["a = 1\n", "%devstral ask x?\n", "b = 2\n"]
    assert len(keep_question_marks(lines)) == 3
