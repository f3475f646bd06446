"""Sample values behind a schema: short, distinct, never of a secret, and taken off again by the line."""

from __future__ import annotations

import datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jupyter_devstral.core.variables.namespace import describe_variable
from jupyter_devstral.core.variables.samples import sample_text, without_range, without_values

FRAME = pd.DataFrame(
    {
        "price": ["$4.50", "$12.00", "$4.50", None],
        "count": [3, 1, 2, 2],
        "day": pd.to_datetime(["2024-01-02", "2024-03-01", "2024-01-02", "2024-01-03"]),
        "password": ["hunter2", "swordfish", "letmein", "abc"],
        "who": ["ada@example.org", "Bo", "Cy", "Di"],
    }
)


def lines_of(value: object) -> dict[str, str]:
    text = describe_variable("x", value).text
    return {line.strip().partition(":")[0]: line for line in text.split("\n")[1:]}


def test_text_shows_how_it_is_written_and_numbers_from_where_to_where() -> None:
    lines = lines_of(FRAME)
    assert lines["price"].endswith("; e.g. '$4.50', '$12.00'")
    assert lines["count"].endswith("; 1 to 3")
    assert lines["day"].endswith("; 2024-01-02 to 2024-03-01")


def test_columns_that_may_hold_what_is_nobodys_business_show_nothing() -> None:
    text = describe_variable("x", FRAME).text
    assert not [word for word in ("hunter2", "letmein", "ada@", "Bo") if word in text]
    assert "a.b@c" not in sample_text("contact", ["x", "a.b@c.de"])


@pytest.mark.parametrize(
    "value",
    [
        FRAME,
        FRAME["price"],
        FRAME["count"],
        pl.DataFrame({"a": ["x7", "y7"], "b": [1, 7]}),
        pa.table({"a": ["x7", "y7"]}),
        pd.DataFrame({"kind": pd.Categorical(["x7", "y7"])}),
        pd.DataFrame({"at": [datetime.date(2027, 7, 7)]}),
    ],
)
def test_without_values_no_value_is_left(value: object) -> None:
    text = describe_variable("x", value).text
    bare = without_values(text)
    assert bare != text
    assert not [piece for piece in ("4.50", "x7", "2027", "e.g.", " to ") if piece in bare]
    assert without_values(bare) == bare


def test_long_and_empty_texts_and_objects_are_no_samples() -> None:
    class Own:
        def __repr__(self) -> str:
            raise AssertionError("asked")

    assert sample_text("a", ["x" * 90, "", Own(), "ok"]) == "; e.g. 'ok'"
    assert sample_text("a", [Own()]) == ""


def test_what_a_user_writes_is_no_sample() -> None:
    said = "Plot it; e.g. as bars, from 1 to 3"
    assert without_values(said) == said


def test_a_range_is_no_news() -> None:
    assert without_range("  n: int64; 1 to 3") == without_range("  n: int64; 1 to 900")
    assert without_range("  n: str; e.g. 'a'") != without_range("  n: str; e.g. 'b'")
