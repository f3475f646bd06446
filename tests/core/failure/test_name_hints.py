"""Hints about names: those that modules have, and those that a function made its own."""

import math

import numpy as np
import pytest

from jupyter_devstral.core.failure.name_hints import missing_name
from tests.core.failure.test_reading import raised, read

INNER = "def outer():\n    def inner():\n        return total\n    inner()\n    total = 1\nouter()"


@pytest.mark.parametrize(
    ("source", "namespace", "says"),
    [
        ("sqrt(4)", {"math": math}, "`sqrt` is not defined; what is defined: `math.sqrt`"),
        ("array([1])", {"np": np}, "`array` is not defined; what is defined: `np.array`"),
        # A module of that name may be another one.
        ("random()", {"np": np}, "`random` is not defined in this kernel"),
    ],
)
def test_a_name_that_a_module_of_the_notebook_has(source, namespace, says):
    assert read(source, **namespace).hints == (says,)


def test_a_name_that_a_function_assigns_is_not_called_undefined():
    source = "def more():\n    count += 1\nmore()"
    [hint] = read(source, count=3).hints
    assert "so there it is a local name without a value; the notebook's `count` is another one" in hint
    assert read(source).hints == ()
    assert read(INNER).hints == ()


def test_what_only_a_function_lacks_is_missing_in_no_cell():
    assert missing_name(raised(INNER, {})) == ""
    assert missing_name(raised("def more():\n    count += 1\nmore()", {})) == ""
    assert missing_name(raised("count", {})) == "count"
