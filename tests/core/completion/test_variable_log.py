"""Variables as comments behind cells: what is told where, and what never is."""

from __future__ import annotations

import pandas as pd

from jupyter_devstral.core.completion.variable_log import VariableLog, remark
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.variables.namespace import describe_namespace

CELLS = (Cell("a", 0, "code", "people = load()"), Cell("b", 1, "code", "ages = [1, 2]"))


def test_columns_are_told_and_no_value_of_theirs() -> None:
    people = pd.DataFrame({"name": ["Miller", "Jacobson"], "age": [31, 44], "pay": [1.5, 2.5]})
    [variable] = describe_namespace({"people": people})
    assert "Miller" in variable.text
    told = remark(variable)
    assert told.startswith("# people: pandas DataFrame, 2 rows × 3 columns: name: ")
    assert "Miller" not in told
    assert all(column in told for column in ("age", "pay"))


def test_a_variable_stands_behind_the_cell_that_changed_it() -> None:
    log, notebook = VariableLog(), Notebook(CELLS)
    people = pd.DataFrame({"age": [31]})
    log.update(describe_namespace({"people": people}), notebook, ran="a")
    log.update(describe_namespace({"people": people, "ages": [1, 2]}), notebook, ran="b")
    assert {key: len(told) for key, told in log.remarks().items()} == {"a": 1, "b": 1}


def test_of_another_kernel_nothing_is_left() -> None:
    log, notebook = VariableLog(), Notebook(CELLS)
    log.update(describe_namespace({"ages": [1, 2]}), notebook, ran="b")
    log.update(describe_namespace({}), notebook)
    assert not any(log.remarks().values())


def test_a_variable_that_was_deleted_is_not_told() -> None:
    log, notebook = VariableLog(), Notebook(CELLS)
    people, ages = pd.DataFrame({"age": [31]}), [1, 2]
    log.update(describe_namespace({"people": people, "ages": ages}), notebook)
    log.update(describe_namespace({"people": people}), notebook, ran="b")
    assert [len(told) for told in log.remarks().values()] == [1, 0]
    # One that others have crowded out of the description may still be there.
    log = VariableLog()
    log.update(describe_namespace({"ages": ages, "people": people}), notebook)
    many = {f"n{number}": [number] for number in range(60)}
    log.update(describe_namespace({**many, "ages": ages}), notebook, ran="b")
    assert "# people" in str(log.remarks()["a"])
