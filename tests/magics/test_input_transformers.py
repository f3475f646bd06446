"""A `%%devstral` cell reaches the magic word for word, whatever IPython would make of its lines."""

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_devstral.magics.input_transformers import keep_cell


@pytest.fixture
def manager():
    manager = TransformerManager()
    manager.cleanup_transforms.insert(0, keep_cell)
    return manager


def call(line, body):
    return f"get_ipython().run_cell_magic('devstral', {line!r}, {body!r})\n"


@pytest.mark.parametrize(
    "body",
    [
        ">>> f(1)\n2\n>>> f(2)\n",
        "In [1]: f(1)\nOut[1]: 2\n",
        "   ...: deep\n",
        "%%devstral ask\ninner\n",
        "what is df??\n",
        "a\\\nb\n",
    ],
)
def test_the_body_is_literal(manager, body):
    assert manager.transform_cell(f"%%devstral ask\n{body}") == call("ask", body)
    assert manager.transform_cell(f"\n \n%%devstral  -c none ask \r\n{body}") == call(" -c none ask", body)


def test_without_a_body_it_is_the_line_magic(manager):
    assert manager.transform_cell("%%devstral doc") == "get_ipython().run_line_magic('devstral', 'doc')\n"


@pytest.mark.parametrize(
    "cell", ["%%devstral?\n", "%%devstrals\nx\n", ">>> 1\n", "%%time\n%%devstral\n", "", "\n"]
)
def test_other_cells_are_ipythons(manager, cell):
    assert manager.transform_cell(cell) == TransformerManager().transform_cell(cell)


def test_a_cell_that_is_being_typed_is_not_complete(manager):
    assert manager.check_complete("%%devstral ask\nwhy")[0] == "incomplete"
    assert manager.check_complete("%%devstral ask")[0] == "incomplete"


def test_pasted_code_is_sent_as_it_was_pasted(run, connected):
    run("%%devstral ask\n>>> f(1)\n2")
    assert connected.chats[0].body["messages"][-1]["content"].endswith(">>> f(1)\n2")


@pytest.mark.parametrize("word", ["refactor", "doc"])
def test_a_rewrite_needs_no_words(run, connected, word):
    run("y = 1")
    assert run(f"%%devstral {word}").success
    assert len(connected.chats) == 1
