"""What the order of execution has to do with a failure, and which cells have to run again."""

import pytest

from jupyter_devstral.core.edits.edit import Edit
from jupyter_devstral.core.edits.rerun_plan import cells_to_run, mutated_names
from jupyter_devstral.core.failure.run_order import Run, run_order
from jupyter_devstral.core.notebook.cells import Cell
from jupyter_devstral.core.python.source import deletes


def cells(*sources):
    return [Cell(f"c{index}", index, "code", source) for index, source in enumerate(sources)]


def ran(document, *keys, **sources):
    """These cells have run in this order, with their present sources or other ones."""
    by_key = {cell.key: cell.source for cell in document}
    return [Run(key, sources.get(key, by_key[key]), order + 1) for order, key in enumerate(keys)]


def test_nothing_to_say_of_a_notebook_in_order():
    document = cells("a = 1", "b = a", "c = b")
    order = run_order(document, ran(document, "c0", "c1", "c2"), document[2])
    assert (order.hints, order.rerun) == ((), ())


def test_a_cell_that_was_edited_and_not_run_again():
    document = cells("rate = 2", "total = rate * price", "print(other)")
    order = run_order(document, ran(document, "c0", "c1", c0="rate = '2'"), document[1])
    assert "cell 0 was edited after it ran" in order.hints[0]
    assert order.rerun == ("c0", "c1")


def test_an_edit_of_a_cell_that_is_not_needed_is_not_spoken_of():
    document = cells("rate = 2", "other = 3", "total = rate")
    order = run_order(document, ran(document, "c0", "c1", "c2", c1="other = 4"), document[2])
    assert order.hints == ()


def test_an_edit_several_steps_away():
    document = cells("a = 1", "b = a", "c = b", "d = c")
    order = run_order(document, ran(document, "c0", "c1", "c2", c0="a = 0"), document[3])
    assert order.rerun[0] == "c0"
    assert order.rerun[-1] == "c3"


def test_where_sources_are_not_certain_no_edit_is_claimed():
    document = cells("rate = 2", "total = rate")
    order = run_order(document, ran(document, "c0", c0="rate = 3"), document[1], edited_known=False)
    assert order.hints == ()


@pytest.mark.parametrize(
    ("sources", "failing", "says", "first"),
    [
        (["import numpy as np", "np.zeros(3)"], 1, "cell 0 defines `np`", "c0"),
        (["np.zeros(3)", "import numpy as np"], 0, "which stands below", "c1"),
        (["np = 1", "np = 2", "np + 1"], 2, "cell 1 defines `np`", "c1"),
    ],
)
def test_a_name_whose_cell_was_not_run(sources, failing, says, first):
    document = cells(*sources)
    order = run_order(document, [], document[failing], missing="np")
    assert says in order.hints[0]
    assert first in order.rerun
    assert order.rerun[-1] == f"c{failing}"


def test_a_name_that_was_bound_last_by_a_cell_below():
    document = cells("df = load()", "df.price.mean()", "df = df.drop(columns='price')")
    order = run_order(document, ran(document, "c0", "c1", "c2", "c1"), document[1])
    assert "`df` was last bound by cell 2 (below), run after cell 0" in order.hints[0]
    assert order.rerun == ("c0", "c1")


@pytest.mark.parametrize(
    "source",
    [
        "del df",
        "x = 1\nif x:\n    del other, df",
        "%xdel df",
        "%xdel -n df",
        "%reset -f",
        "for i in ():\n    del df",
    ],
)
def test_a_name_that_a_cell_deleted(source):
    document = cells("df = load()", source, "df.head()")
    order = run_order(document, ran(document, "c0", "c1"), document[2], missing="df")
    assert order.hints == ("cell 1 deleted `df`, which cell 0 had defined",)
    assert order.rerun == ("c0", "c2")


@pytest.mark.parametrize(
    "source",
    [
        "del other",
        "def f():\n    df = 1\n    del df",
        "del df.x",
        "del df['a']",
        "%xdel other",
        "%reset_selective x",
    ],
)
def test_what_does_not_delete_it(source):
    assert not deletes(source, "df")


def test_a_name_that_was_bound_again_is_not_the_matter():
    document = cells("df = 1", "del df", "df = 2", "df")
    order = run_order(document, ran(document, "c0", "c1", "c2"), document[3], missing="df")
    assert order.hints == ()


def test_a_name_that_its_own_cell_deleted():
    document = cells("for row in rows:\n    pass\ndel row", "row")
    order = run_order(document, ran(document, "c0"), document[1], missing="row")
    assert order.hints == ("cell 0 deleted `row`",)
    assert order.rerun == ()


def test_requests_to_the_model_and_text_are_no_cells_to_run():
    document = [
        Cell("m", 0, "markdown", "np = 1"),
        Cell("q", 1, "code", "%%devstral\nnp = 1"),
        Cell("f", 2, "code", "np"),
    ]
    assert run_order(document, [], document[2], missing="np").rerun == ()


# What an edit makes necessary.


def replaced(cell, source):
    return Edit("replace", cell.key, cell.source, source)


def plan(document, edits, failing, executed=None):
    keys = {cell.key for cell in document} if executed is None else executed
    return [(cell.key, cell.source) for cell in cells_to_run(document, edits, failing, keys)]


def test_an_edit_of_the_failing_cell_needs_only_that_cell():
    document = cells("a = 1", "b = a / 0")
    assert plan(document, [replaced(document[1], "b = a / 1")], document[1]) == [("c1", "b = a / 1")]


def test_an_earlier_edit_runs_what_lies_between():
    document = cells("a = 0", "b = a + 1", "unrelated = 3", "c = 1 / (b - 1)")
    edits = [replaced(document[0], "a = 2")]
    assert plan(document, edits, document[3]) == [
        ("c0", "a = 2"),
        ("c1", "b = a + 1"),
        ("c3", "c = 1 / (b - 1)"),
    ]


def test_a_cell_that_was_not_run_is_not_run():
    document = cells("a = 0", "b = a + 1", "c = 1 / a")
    edits = [replaced(document[0], "a = 2")]
    assert [key for key, _ in plan(document, edits, document[2], {"c0", "c2"})] == ["c0", "c2"]


def test_a_cell_that_changes_a_value_in_place_lies_between():
    document = cells("df = load()", "df['x'] = df.y", "df.z")
    edits = [replaced(document[0], "df = load(z=True)")]
    assert [key for key, _ in plan(document, edits, document[2])] == ["c0", "c1", "c2"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("df['x'] = 1", {"df"}),
        ("del d['x']", {"d"}),
        ("a.b.c = 1", {"a"}),
        ("items.append(1)", {"items"}),
        ("df.drop(columns='x', inplace=True)", {"df"}),
        ("model.fit(x)", {"model"}),
        ("print(x)", set()),
        ("y = items.append(1)", set()),
    ],
)
def test_names_whose_values_change_in_place(source, names):
    assert mutated_names(source) == names
