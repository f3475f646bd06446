"""How tests are asked for, and where they belong."""

import pytest

from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.unit_tests.question import (
    LOAD,
    argument_names,
    cells_of_targets,
    place_of_tests,
    question_for_tests,
)

TESTS = "%%devstral pytest\ndef test_it():\n    assert share(1, 2) == 0.5"


def notebook(*sources):
    kinds = ["markdown" if source.startswith("# ") else "code" for source in sources]
    return Notebook(tuple(Cell(f"c{at}", at, kinds[at], source) for at, source in enumerate(sources)))


@pytest.mark.parametrize(
    ("names", "rest", "form", "begins", "ends"),
    [
        ([], "", "functions", "Write at most four functions for pytest", "Do not define it again."),
        (["a", "b"], "edges only", "functions", "Test `a`, `b`. Write at most four functions", "edges only"),
        (["a"], "", "properties", "Test `a`. Write functions for pytest that state what holds", "only."),
    ],
)
def test_the_question(names, rest, form, begins, ends):
    question = question_for_tests(names, rest, form)
    assert question.startswith(begins)
    assert question.endswith(ends)


def test_the_variables_of_calls_are_examples():
    cells = notebook(
        "share(old, 1)",
        "# share(words)",
        "x = share(sales, limit=most)\nother(nothing)",
        "share(",
        "share(sales.price, [1], 3)",
        "obj.share(method)",
    )
    assert argument_names(["share"], cells) == ["sales", "most", "old"]
    assert argument_names([], cells) == []


def test_the_last_definition_counts():
    cells = notebook("def a(): pass", "def a(): return 1\ndef b(): pass", "a()")
    first, missing = cells_of_targets(["a", "gone"], cells)
    assert (first.key, missing) == ("c1", ["gone"])


@pytest.mark.parametrize(
    ("below", "place"),
    [
        ([], "c0"),
        ([TESTS, "x = 1"], "c1"),
        ([LOAD, TESTS, TESTS, "# Text", TESTS], "c3"),
        (["x = 1", TESTS], "c0"),
    ],
)
def test_tests_stand_below_those_that_are_there(below, place):
    assert place_of_tests("c0", notebook("def share(): pass", *below)) == place


def test_a_cell_that_is_gone_stays_the_place():
    assert place_of_tests("gone", notebook("x = 1")) == "gone"
    assert place_of_tests("", notebook("x = 1")) == ""
