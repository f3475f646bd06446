"""Printed tables: as schema, and as many rows as there is room for."""

from __future__ import annotations

import pandas as pd
import polars as pl

from jupyter_devstral.core.text.printed_table import table_part, table_schema

FRAME = pd.DataFrame({"region": [f"r{n}" for n in range(24)], "units": range(24)})


def test_a_table_that_fits_is_whole() -> None:
    part = table_part(str(FRAME.head(5)), 600)
    assert "r0" in part
    assert "r4" in part
    assert "   " not in part


def test_a_long_table_keeps_its_beginning_and_its_end() -> None:
    part = table_part(FRAME.to_string(), 200)
    assert len(part) <= 200
    lines = part.split("\n")
    assert lines[1].split() == ["0", "r0", "0"]
    assert lines[-1].split() == ["23", "r23", "23"]
    assert "…" in lines


def test_a_wide_table_is_put_together_again() -> None:
    frame = pd.DataFrame({f"column_{n}": ["left", "right"] for n in range(12)})
    with pd.option_context("display.width", 60, "display.max_columns", 20):
        printed = str(frame)
    assert "\\" in printed
    rows = table_part(printed, 600).split("\n")
    assert rows[0].split() == list(frame.columns)
    assert rows[2].split() == ["1", *["right"] * 12]


def test_no_room_for_rows_leaves_the_schema() -> None:
    assert table_part(FRAME.to_string(), 30) == table_schema(FRAME.to_string())
    assert "r1" not in table_schema(FRAME.to_string())


def test_polars_rows_come_without_their_frame() -> None:
    part = table_part(str(pl.DataFrame({"a": ["x7"], "b": [1]})), 600)
    assert "x7" in part
    assert "─" not in part
    assert table_part("just text", 3) == "just text"
