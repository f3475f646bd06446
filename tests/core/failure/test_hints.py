"""Hints that could mislead: what is said is true, and of the very thing that failed."""

import numpy as np
import pandas as pd
import pytest

from tests.core.failure.test_reading import read

SALES = pd.DataFrame({"price": [1.5], "month": ["2026-01"]}, index=["tea"])
CONFIG = {"db": {"host": "h", "port": 1}, "prot": {}}


@pytest.mark.parametrize(
    "line",
    ["sales.loc['cups', 'price']", "sales.loc['cups']", "sales.at['cups', 'price']", "sales.drop('price')"],
)
def test_of_a_label_that_no_row_has_nothing_is_said_of_columns(line):
    assert read(line, sales=SALES).hints == (
        "the labels of the rows do not have it; columns were not searched",
    )


@pytest.mark.parametrize(
    "source",
    [
        "sales.loc['tea', 'prize']",
        "sales.loc[:, 'prize']",
        "sales.loc[:, ['prize']]",
        "def double(row):\n    return row['prize'] * 2\nsales.apply(double, axis=1)",
        "sales.query('prize > 1')",
        "sales.eval('prize * 2')",
        "sales[['prize']]",
    ],
)
def test_of_a_column_that_is_missing_the_near_name_alone_is_told(source):
    assert read(source, sales=SALES).hints == ("`sales` has no column 'prize'; columns like it: 'price'",)


@pytest.mark.parametrize("line", ["sales['month'].dt.year", "sales['price'].str.upper()"])
def test_an_accessor_that_exists_is_no_misspelt_name(line):
    assert not [hint for hint in read(line, sales=SALES).hints if "names like it" in hint]


def test_of_nested_keys_the_innermost_is_spoken_of():
    assert read("config['db']['prot']", config=CONFIG).hints == (
        "`config['db']` has no key 'prot'; keys like it: 'port'",
    )
    assert read("[row['user']['nam'] for row in rows]", rows=[{"user": {"name": 1}}]).hints == (
        "`row['user']` has no key 'nam'; keys like it: 'name'",
    )


def test_a_file_of_that_name_in_a_folder_beside_it(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "data").mkdir()
    (tmp_path / "work" / "data" / "prices.csv").write_text("")
    (tmp_path / "above.csv").write_text("")
    monkeypatch.chdir(tmp_path / "work")
    assert read("open('prices.csv')").hints == (
        "there is no file 'prices.csv'; a file of that name: `data/prices.csv`",
    )
    assert read("open('above.csv')").hints == (
        "there is no file 'above.csv'; a file of that name: `../above.csv`",
    )
    assert read("open('daat/prices.csv')").hints == (
        "there is no folder 'daat' in the working directory; names like it: `data`",
    )


def test_numpy_is_no_table():
    assert read("a['x']", a=np.zeros(3)).hints == ()
