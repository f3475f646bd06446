"""Examples of docstrings: read, thinned, and put into cells whose code stays what it is."""

import ast

import pytest

from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.python.source import definitions_of
from jupyter_devstral.core.unit_tests.docstrings import (
    docstring_edits,
    docstrings_of,
    examples_in,
    with_docstring,
    without_examples,
)

SHARE = "def share(part, whole):\n    if whole <= 0:\n        return 0\n    return part / whole"
TEXT = "Part of a whole.\n\n>>> share(1, 2)\n0.5\n>>> x = 3\n>>> share(x, 0)\n0\n\nThat is all."


def test_only_docstrings_of_the_targets_are_read():
    reply = (
        'def share(a):\n    """Words.\n\n    >>> share(1)\n    2\n    """\n    return "another"\n\n'
        'def other():\n    """>>> 1\n    1\n    """\n'
    )
    assert docstrings_of([reply, "def share(", "x = 1"], ["share"]) == {"share": "Words.\n\n>>> share(1)\n2"}
    assert docstrings_of(['def share():\n    """No examples."""\n'], ["share"]) == {}


def test_examples_and_what_is_left_without_some():
    assert [(source, wanted) for source, wanted, _ in examples_in(TEXT)] == [
        ("share(1, 2)\n", "0.5\n"),
        ("x = 3\n", ""),
        ("share(x, 0)\n", "0\n"),
    ]
    assert without_examples(TEXT, {0}) == TEXT.replace(">>> share(1, 2)\n0.5\n", "")
    assert without_examples(TEXT, {0, 1, 2}) == "Part of a whole.\n\nThat is all."
    assert without_examples(TEXT, ()) == TEXT
    # What doctest itself refuses.
    assert examples_in(">>>share()\n1") == []


@pytest.mark.parametrize(
    "source",
    [
        SHARE,
        f"import math\n%matplotlib inline\n\n{SHARE}\n\nshare(1, 2)",
        "@decorated\ndef share(part,\n    whole=(1,\n           2)):\n\n    # why\n    return part",
        "async def share(part):\n\treturn part",
        "class share:\n    x = 1",
        "def share(part):\n    return 'ü', \"é\"; x",
        "def share():\n    '''One line.'''\n    return 1",
        'def share():\n    """Several\n\n    lines.\n    """\n    return 1',
        "def share():\n    'One' ' line.'\n",
        "def share(): ...\ndef share(part):\n    return 2",
        f"%%time\n{SHARE}",
    ],
)
@pytest.mark.parametrize(
    "text", [TEXT, r">>> share('\n')" + "\n'\\n'", ">>> share('\"')\n'\"'", "Ünï.\n\n>>> 1\n1"]
)
def test_only_the_docstring_changes(source, text):
    written = with_docstring(source, "share", text)
    assert written is not None
    before, after = definitions_of(source)["share"], definitions_of(written)["share"]
    there = ast.get_docstring(before)
    kept = ast.get_docstring(after)
    assert kept.startswith(there or text[:4])
    assert len(examples_in(kept)) == len(examples_in(text)) > 0
    # Every other line is where it was, in its order.
    first, last = before.body[0].lineno, before.body[0].end_lineno
    lines = source.split("\n")
    rest = lines[: first - 1] + lines[last if there else first - 1 :]
    left = iter(written.split("\n"))
    assert all(line in left for line in rest)
    # Once more changes nothing.
    assert with_docstring(written, "share", text) in (written, None)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("def share(part): return part", TEXT),
        ("def share(\n    part): return part", TEXT),
        ("def share(): 'x'; return 1", TEXT),
        ("def share():\n    'x'; return 1", TEXT),
        (SHARE, '>>> share("""x""")\n1'),
        ("x = 1", TEXT),
        ("def share(", TEXT),
    ],
)
def test_what_does_not_fit_is_left_alone(source, text):
    assert with_docstring(source, "share", text) is None


def test_one_edit_for_a_cell_and_words_for_what_gets_none():
    two = f"{SHARE}\n\ndef half(n):\n    return n / 2"
    book = Notebook((Cell("a", 0, "code", two), Cell("b", 1, "code", "def other(): return 1")))
    docs = {"share": TEXT, "half": ">>> half(2)\n1.0", "other": ">>> other()\n1", "gone": ">>> 1\n1"}
    sources = {
        "share": SHARE,
        "half": "def half(n):\n    return n / 2",
        "other": "def other(): return 2",
        "gone": "x",
    }
    [edit], notes = docstring_edits(docs, sources, book)
    assert (edit.op, edit.cell_id, edit.before) == ("replace", "a", two)
    assert len(examples_in(ast.get_docstring(definitions_of(edit.source)["share"]))) == 3
    assert len(examples_in(ast.get_docstring(definitions_of(edit.source)["half"]))) == 1
    assert notes == [
        "The cell of `other` has changed since it ran: its examples are not put into it.",
        "No cell defines `gone`: its examples are not put anywhere.",
    ]
