"""Variables as schema, with the real libraries."""

from __future__ import annotations

import datetime
import enum
import functools
import pathlib
import random
import subprocess
import sys
import types
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xarray as xr

from jupyter_devstral.core.variables.namespace import describe_namespace, describe_variable
from jupyter_devstral.core.variables.samples import without_values


def text_of(value: object, name: str = "x") -> str:
    """The schema; what is told beside it has tests of its own, `test_samples`."""
    return without_values(describe_variable(name, value).text)


# Tables


def sales(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "price": [1.0, None, 3.0] * (rows // 3),
            "shop name": ["a", "b", "c"] * (rows // 3),
            "when": pd.to_datetime(["2020-01-01"] * rows),
            "kind": pd.Categorical(["x", "y", "x"] * (rows // 3)),
            0: range(rows),
        }
    )


def test_pandas_frame() -> None:
    variable = describe_variable("df", sales())
    lines = without_values(variable.text).split("\n")
    assert variable.kind == "dataframe"
    assert lines[0] == "df: pandas DataFrame, 3 rows × 5 columns"
    assert lines[1] == "  price: float64, 1 null"
    assert lines[2].startswith("  'shop name': ")
    assert lines[3].startswith("  when: datetime64[")
    assert lines[4].startswith("  kind: category of 2 ")
    assert lines[5] == "  0: int64"


def test_pandas_rows_never_appear() -> None:
    frame = pd.DataFrame({"name": ["Zanzibar"], "amount": [987654321]}, index=["Quagga"])
    for value in (frame, frame["name"], frame.index, {"a": frame}, [frame], frame.to_dict("records")):
        text = text_of(value)
        assert not [word for word in ("Zanzibar", "987654321", "Quagga") if word in text]


def test_pandas_text_is_the_same_for_other_rows_of_the_same_schema() -> None:
    assert text_of(sales()) == text_of(sales().iloc[::-1].reset_index(drop=True))


def test_of_a_wide_pandas_frame_the_last_columns_are_only_named() -> None:
    names = [f"c{n}" for n in range(74)]
    lines = text_of(pd.DataFrame(np.zeros((2, 74)), columns=names)).split("\n")
    assert lines[-1] == f"  … and 34 more: {', '.join(names[40:])}"
    lines = text_of(pd.DataFrame(np.zeros((2, 2000)))).split("\n")
    assert len(lines) == 42
    assert lines[-1].startswith("  … and 1,960 more: 40, 41, ")
    assert lines[-1].endswith(", 159 …")


def test_pandas_multi_index_and_duplicate_columns() -> None:
    grouped = sales().groupby(["shop name", "when"]).agg({"price": ["mean", "max"]})
    text = text_of(grouped)
    assert "index MultiIndex ('shop name' " in text
    assert "('price', 'mean'): float64" in text
    doubled = pd.concat([sales()["price"], sales()["price"]], axis=1)
    assert text_of(doubled).count("  price, price: float64, 1 null") == 1


def test_pandas_series_and_index() -> None:
    assert text_of(sales()["price"]) == "x: pandas Series 'price', float64, 3 values, 1 null"
    assert text_of(pd.date_range("2020", periods=3)).startswith(
        "x: pandas DatetimeIndex, 3 values datetime64"
    )
    assert describe_variable("s", sales()["price"]).kind == "series"


def test_big_pandas_frame_is_quick_and_says_what_it_left_out() -> None:
    text = text_of(pd.DataFrame({"a": np.zeros(30_000_000, dtype="int8")}))
    assert text.startswith("x: pandas DataFrame, 30,000,000 rows × 1 columns, nulls not counted")


def test_polars() -> None:
    frame = pl.DataFrame({"a": [1, None], "b": ["Zanzibar", "y"]})
    assert text_of(frame) == "x: polars DataFrame, 2 rows × 2 columns\n  a: Int64, 1 null\n  b: String"
    assert text_of(frame["a"]) == "x: polars Series 'a', Int64, 2 values, 1 null"
    assert text_of(frame.lazy()) == "x: polars LazyFrame, not collected"


def test_a_lazy_frame_is_not_run() -> None:
    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError("collected")

    assert "LazyFrame" in text_of(pl.LazyFrame({"a": [1]}).map_batches(fail))


def test_pyarrow() -> None:
    table = pa.table({"a": [1, None], "b": ["x", "y"]})
    assert text_of(table) == "x: pyarrow Table, 2 rows × 2 columns\n  a: int64, 1 null\n  b: string"
    assert text_of(table.schema).split("\n")[0] == "x: pyarrow Schema, 2 fields"
    assert text_of(pa.array([1, None])) == "x: pyarrow Int64Array, int64, 2 values, 1 null"


def test_xarray() -> None:
    dataset = xr.Dataset({"t": (("time", "lat"), np.zeros((3, 2)))}, coords={"time": [1, 2, 3]})
    assert text_of(dataset).split("\n") == [
        "x: xarray Dataset, sizes time 3, lat 2",
        "  't' (time, lat): float64",
        "  coordinate 'time' (time): int64",
    ]
    assert text_of(dataset["t"]).startswith("x: xarray DataArray 't', float64, sizes time 3, lat 2")


# Arrays


def test_numpy() -> None:
    variable = describe_variable("X", np.zeros((3, 4), dtype="float32"))
    assert (variable.kind, variable.text) == ("array", "X: numpy array, shape (3, 4), float32")
    assert text_of(np.zeros(3, dtype=[("a", "i4"), ("b", "f8")])) == (
        "x: numpy array, shape (3,), fields a int32, b float64"
    )
    assert text_of(np.ma.masked_array([1], [True])) == "x: numpy array (MaskedArray), shape (1,), int64"
    assert text_of(np.float32(1.5)) == "x: numpy float32 = 1.5"
    assert text_of(np.int64(7)) == "x: numpy int64 = 7"
    assert text_of(np.sin).startswith("x: builtin function sin")


def fake_tensor(module: str, name: str, **facts: object) -> Any:
    """An instance of a class that says it is `module.name`, whose values must not be touched."""

    def explode(*_: object) -> Any:
        raise AssertionError("a tensor was synchronised or printed")

    body = {key: property(lambda self, fact=fact: fact) for key, fact in facts.items()}
    forbidden = dict.fromkeys(
        ["__repr__", "__str__", "__len__", "__iter__", "__array__", "cpu", "numpy"], explode
    )
    return type(name, (), {"__module__": module, **forbidden, **body})()


def test_tensors_by_their_class_alone() -> None:
    tensor = fake_tensor(
        "torch", "Tensor", shape=(2, 3), dtype="torch.float16", device="cuda:0", requires_grad=True
    )
    assert text_of(tensor) == "x: torch tensor, shape (2, 3), float16, device cuda:0, requires_grad"
    eager = fake_tensor(
        "tensorflow.python.framework.ops", "EagerTensor", shape=(2,), dtype="float32", device="CPU:0"
    )
    assert text_of(eager) == "x: tensorflow tensor, shape (2,), float32, device CPU:0"
    assert text_of(fake_tensor("jaxlib._jax", "ArrayImpl", shape=(4, 4), dtype="bfloat16")) == (
        "x: jax array, shape (4, 4), bfloat16"
    )
    assert text_of([tensor, tensor]) == "x: list of 2 torch array (2, 3) float16"


# Plain values


class Color(enum.Enum):
    RED = 1
    BLUE = 2


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "int = 5"),
        (True, "bool = True"),
        (1.5, "float = 1.5"),
        (None, "None"),
        (10**400, "int of 1,329 bits"),
        ("hi", "str = 'hi'"),
        (
            "word " * 100,
            "str (500 characters) = 'word word word word word word word word word word word …'",
        ),
        ("a" * 500, "str (500 characters)"),
        (b"abc", "bytes, 3 bytes"),
        (datetime.date(2020, 1, 2), "date = datetime.date(2020, 1, 2)"),
        (pathlib.PurePosixPath("data/x.csv"), "PurePosixPath = 'data/x.csv'"),
        (Color.RED, "Color.RED"),
        ([1, 2, 3], "list of 3 int"),
        ([1, "a"], "list of 2 int | str"),
        ([], "list of 0"),
        ([{"a": 1, "b": 2}] * 9, "list of 9 dict with keys 'a', 'b'"),
        ((1, "a"), "tuple of 2 (int; str)"),
        (Point(1, 2), "namedtuple Point(x, y)"),
        ({1, 2}, "set of 2 int"),
        ({"a": 1, "b": {"c": [1]}}, "dict of 2 ('a': int; 'b': dict of 1 ('c': list of 1))"),
        (OrderedDict(a=1), "OrderedDict of 1 ('a': int)"),
        ({i: str(i) for i in range(100)}, "dict of 100, int -> str; keys 0, 1, 2, 3, 4, 5, 6, 7, …"),
    ],
)
def test_plain_values(value: object, expected: str) -> None:
    assert text_of(value) == f"x: {expected}"


def test_a_container_that_holds_itself() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert text_of(loop).startswith("x: list of 2 int | list of 2")


def test_a_long_secret_is_never_cut_in_two() -> None:
    assert text_of("correct horse battery staple " * 5, name="password") == "password: str (145 characters)"


# Functions, classes, modules, objects


def clean(
    df: pd.DataFrame, cutoff: float = 0.5, *rest: int, key: list[int] | None = None, **more
) -> dict[str, int]:
    """Drops rows.

    And more.
    """
    return {}


@functools.lru_cache
def cached(a, b=1):
    """Cached."""


def _decorate(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@_decorate
def decorated(a, /, b, *, c=()):
    pass


@dataclass
class Conf:
    """Settings."""

    size: int = 1

    def fit(self, x, y=2) -> Conf:
        return self


def test_functions() -> None:
    assert text_of(clean) == (
        "x: function clean(df: pd.DataFrame, cutoff: float = 0.5, *rest: int, "
        "key: list[int] | None = None, **more) -> dict[str, int] — Drops rows."
    )
    assert text_of(decorated) == "x: function decorated(a, /, b, *, c=())"
    assert text_of(functools.partial(decorated, 1)) == "x: partial of function decorated(a, /, b, *, c=())"
    assert text_of(Conf().fit).startswith("x: method fit(self, x, y=2) -> Conf of ")
    assert text_of(len).startswith("x: builtin function len")
    assert describe_variable("f", clean).kind == "function"
    assert "lru_cache" in text_of(cached)


def test_annotations_are_written_without_any_repr() -> None:
    namespace: dict[str, Any] = {}
    source = (
        "import typing, numpy as np\n"
        "def f(a: typing.Optional[int], b: typing.Callable[[int], str], c: 'later', d: np.ndarray, e: 3)"
        " -> None: ..."
    )
    exec(compile(source, "cell", "exec", dont_inherit=True), namespace)
    text = text_of(namespace["f"])
    assert "a: int | None" in text or "a: Optional[int" in text
    assert "c: later" in text
    assert "d: ndarray" in text
    assert text.endswith("e: …) -> None")


def test_classes_and_objects() -> None:
    assert text_of(Conf).startswith("x: class Conf")
    assert "fields size" in text_of(Conf)
    assert "methods fit(self, x, y=2) -> Conf" in text_of(Conf)
    assert "attributes size" in text_of(Conf())
    assert text_of(Color).endswith("members RED, BLUE")


def test_modules() -> None:
    assert text_of(np) == f"x: module numpy {np.__version__}"
    lazy = types.ModuleType("lazy")
    lazy.__getattr__ = lambda name: 1 / 0  # type: ignore[method-assign]
    assert text_of(lazy) == "x: module lazy"


# The namespace as a whole


def test_order_of_a_namespace() -> None:
    ns = {
        "pd": pd,
        "helper": functools.wraps,
        "n": 1,
        "arr": np.zeros(2),
        "old": sales(),
        "_hidden": 1,
        "In": [],
        "new": sales(),
        "mine": 3,
        "shy": 2,
    }
    names = [
        variable.name for variable in describe_namespace(ns, first=["n", "_hidden", "absent"], hidden=["shy"])
    ]
    assert names == ["n", "_hidden", "new", "old", "arr", "mine", "helper", "pd"]
    assert [variable.name for variable in describe_namespace(ns, limit=2)] == ["new", "old"]
    assert len(describe_namespace(ns, first=["n", "arr", "old"], limit=2)) == 3


def test_an_expired_deadline_still_names_types() -> None:
    (variable,) = describe_namespace({"df": sales()}, deadline_seconds=0)
    assert variable.kind == "dataframe"
    assert variable.text.startswith("df: pandas")
    assert variable.text.endswith("DataFrame")


def test_a_large_namespace() -> None:
    ns = {f"v{i}": [i] for i in range(50_000)}
    assert [variable.name for variable in describe_namespace(ns, limit=2)] == ["v49999", "v49998"]


def test_nothing_in_the_process_changes() -> None:
    import warnings

    ns = {"df": sales(), "x": np.zeros(3), "p": pl.DataFrame({"a": [1]}), "c": Conf()}
    before = (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        np.get_printoptions(),
        list(warnings.filters),
    )
    tracing = sys.gettrace(), sys.getprofile()
    keys = list(ns)
    describe_namespace(ns)
    after = (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        np.get_printoptions(),
        list(warnings.filters),
    )
    assert before == after
    assert (sys.gettrace(), sys.getprofile()) == tracing
    assert list(ns) == keys


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from jupyter_devstral.core.variables.namespace import describe_namespace; "
        "describe_namespace({'a': 1, 'b': [1], 'c': {'x': 2}}); "
        "print([m for m in ('numpy', 'pandas', 'polars', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_scipy_sparse_where_installed() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    assert "shape (2, 2)" in text_of(sparse.csr_matrix((2, 2)))


def test_half_a_token_is_never_shown() -> None:
    token = "Kq7x9Tz2mP4w" * 10

    def call(user, api_key="Kq7x9Tz2mP4w" * 10, **more):
        pass

    for value in (
        f"my token is {token} and more words",
        {token: 1},
        call,
        pd.DataFrame({token: [1]}),
        [token],
    ):
        text = text_of(value)
        assert token in text or token[:12] not in text
