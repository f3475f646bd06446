"""Tables of pandas, polars, pyarrow and xarray: shape, columns, dtypes, nulls, a few values; never a row.

Libraries are known by name and never imported; what is read are facts they keep, or count in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from .arrays import dtype_text
from .samples import COLUMNS_SAMPLED, ROWS_READ, range_text, sample_text
from .type_facts import MISSING, full_name_of, is_a, is_one_of, known_as, library_attribute, name_of, root_of

COLUMNS_SHOWN = 40
_MORE_NAMES = 120
_NAME_LIMIT = 80
# Above these a count of nulls is not worth its time: about 20 ms each on one core.
_CELLS_COUNTED = 20_000_000
_OBJECTS_COUNTED = 1_000_000
_OBJECTS_SAMPLED = 50

Reader = Callable[[Any], "list[str]"]


def table_lines(value: object) -> list[str] | None:
    """What `value` is on the first line, a column per line after it; None when it is no table."""
    key = known_as(type(value), TABLES)
    return TABLES[key][1](value) if key else None


def table_kind(value: object) -> str:
    """ "dataframe" or "series"; "" when `value` is no table."""
    key = known_as(type(value), TABLES)
    return TABLES[key][0] if key else ""


def table_brief(value: Any) -> str:
    """Type and shape in a few words, for a table inside a container."""
    key = known_as(type(value), TABLES)
    label = " ".join(key) if key else full_name_of(type(value))
    shape = getattr(value, "shape", None) if root_of(type(value)) in ("pandas", "polars", "pyarrow") else None
    return f"{label} {shape}" if type(shape) is tuple else label


def column_names(value: object) -> list[object] | None:
    """The names of a table's columns as its library keeps them; None when `value` has none."""
    key = known_as(type(value), TABLES)
    if key is None or key[1] not in ("DataFrame", "Table", "RecordBatch"):
        return None
    names = library_attribute(value, key[0], "column_names" if key[0] == "pyarrow" else "columns")
    return None if names is MISSING else list(names)


def key_text(key: object) -> str:
    """A column name or dict key as it would be typed: text and numbers as they are, of others the type."""
    if is_a(type(key), str):
        length = str.__len__(key)  # type: ignore[arg-type]
        # Whole or not at all: half of a token would pass redaction.
        if length <= _NAME_LIMIT:
            return str.__repr__(key)
        return f"(a name of {length:,} characters)"
    if is_one_of(type(key), int, float, bool) or key is None:
        return repr(key)[:40]
    if is_a(type(key), tuple):
        parts: list[object] = list(tuple.__iter__(key))  # type: ignore[arg-type]
        return f"({', '.join(map(key_text, parts))})"[:120]
    if root_of(type(key)) in ("pandas", "numpy", "datetime"):
        return str(key)[:40]
    return full_name_of(type(key))


def _columns(facts: Iterable[tuple[object, str]]) -> list[str]:
    """One line for each run of columns with the same facts: `  shop, month: str`.

    A plain word goes without quotes, which cost as much as the name; any other name has a line of its own.
    """
    lines: list[str] = []
    for same, run in groupby(facts, key=lambda column: (_is_plain(column[0]), column[1])):
        names = [str(name) if same[0] else key_text(name) for name, _ in run]
        lines += (
            [f"  {', '.join(names)}: {same[1]}"] if same[0] else [f"  {name}: {same[1]}" for name in names]
        )
    return lines


def _is_plain(name: object) -> bool:
    return is_one_of(type(name), str) and len(name) <= _NAME_LIMIT and name.isidentifier()  # type: ignore[arg-type, attr-defined]


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _more(lines: list[str], names: Sequence[object]) -> list[str]:
    """The lines, and one with the bare names of the columns beyond them: a name costs little."""
    rest = names[COLUMNS_SHOWN:]
    if not len(rest):
        return lines
    shown = [str(name) if _is_plain(name) else key_text(name) for name in rest[:_MORE_NAMES]]
    dots = " …" if len(rest) > _MORE_NAMES else ""
    return [*lines, f"  … and {len(rest):,} more: {', '.join(shown)}{dots}"]


def _label(value: object, library: str, name: str) -> str:
    own = type(value)
    return f"{library} {name}" if name_of(own) == name else f"{library} {name} ({full_name_of(own)})"


# pandas


def _pandas_frame(frame: Any) -> list[str]:
    rows, columns = frame.shape
    shown = frame.iloc[:, :COLUMNS_SHOWN]
    nulls = _pandas_nulls(shown)
    head = f"{_label(frame, 'pandas', 'DataFrame')}, {_rows(rows)} × {columns:,} columns"
    head += _pandas_index(frame.index) + ("" if nulls is not None else ", nulls not counted")
    facts = []
    for position, (name, dtype) in enumerate(zip(shown.columns, shown.dtypes, strict=True)):
        column = shown.iloc[:, position]
        missing = f", {nulls[position]:,} null" if nulls is not None and nulls[position] else ""
        values = _pandas_values(name, column, dtype) if position < COLUMNS_SAMPLED else ""
        facts.append((name, f"{_pandas_dtype(column, dtype)}{missing}{values}"))
    return _more([head, *_columns(facts)], frame.columns)


def _pandas_series(series: Any) -> list[str]:
    nulls = _pandas_nulls(series.to_frame())
    missing = "" if nulls is None else f", {nulls[0]:,} null" if nulls[0] else ""
    name = "" if series.name is None else f" {key_text(series.name)}"
    head = f"{_label(series, 'pandas', 'Series')}{name}, {_pandas_dtype(series, series.dtype)}"
    values = _pandas_values(series.name, series, series.dtype)
    return [f"{head}, {len(series):,} values{missing}{_pandas_index(series.index)}{values}"]


def _pandas_plain_index(index: Any) -> list[str]:
    return [f"pandas {name_of(type(index))}, {len(index):,} values{_index_levels(index)}"]


def _pandas_index(index: Any) -> str:
    """The index where it is more than a row number."""
    if name_of(type(index)) == "RangeIndex" and index.name is None:
        return ""
    kind = name_of(type(index))
    # "Index" says nothing that the type of its values does not.
    return f", index{'' if kind == 'Index' else f' {kind}'}{_index_levels(index)}"


def _index_levels(index: Any) -> str:
    if name_of(type(index)) == "MultiIndex":
        levels = (
            f"{key_text(name)} {dtype_text(level.dtype)}"
            for name, level in zip(index.names, index.levels, strict=True)
        )
        return f" ({', '.join(levels)})"
    name = "" if index.name is None else f" {key_text(index.name)}"
    return f"{name} {dtype_text(index.dtype)}"


def _pandas_nulls(frame: Any) -> list[int] | None:
    """Null counts per column; None when counting would take long."""
    rows, columns = frame.shape
    objects = sum(str(dtype) in ("object", "string", "str") for dtype in frame.dtypes)
    if rows * columns > _CELLS_COUNTED or rows * objects > _OBJECTS_COUNTED:
        return None
    return [int(count) for count in frame.isna().sum().tolist()]


def _pandas_dtype(column: Any, dtype: Any) -> str:
    text = str(dtype) if str(dtype) == "category" else dtype_text(dtype)
    if text == "category":
        ordered = "ordered " if getattr(dtype, "ordered", False) else ""
        return f"{ordered}category of {len(dtype.categories):,} {dtype_text(dtype.categories.dtype)}"
    if text == "object":
        kinds = dict.fromkeys(
            name_of(type(cell)) for cell in column.iloc[:_OBJECTS_SAMPLED].tolist() if cell is not None
        )
        kinds.pop("float", None) if len(kinds) > 1 else None  # NaN among text
        return f"object ({' | '.join(list(kinds)[:3])})" if kinds else "object"
    return text


def _pandas_values(name: object, column: Any, dtype: Any) -> str:
    """A few values of text, the ends of whole numbers and dates.

    Ends of other numbers are many tokens, new with each row, and changed no answer.
    """
    if getattr(dtype, "kind", "") in ("i", "u", "M"):
        return range_text(name, column, len(column))
    text = str(dtype)
    if text == "category":
        return sample_text(name, dtype.categories[:ROWS_READ].tolist())
    return sample_text(name, column.iloc[:ROWS_READ].tolist()) if text in ("object", "string", "str") else ""


# polars


def _polars_frame(frame: Any) -> list[str]:
    rows, columns = frame.shape
    head = f"{_label(frame, 'polars', 'DataFrame')}, {_rows(rows)} × {columns:,} columns"
    facts = (
        (column.name, f"{str(column.dtype)[:80]}{_nulls(column.null_count())}{_polars_values(column, place)}")
        for place, column in enumerate(frame.get_columns()[:COLUMNS_SHOWN])
    )
    return _more([head, *_columns(facts)], frame.columns)


def _polars_values(column: Any, place: int = 0) -> str:
    if place >= COLUMNS_SAMPLED:
        return ""
    if column.dtype.is_integer() or column.dtype.is_temporal():
        return range_text(column.name, column, len(column))
    is_text = str(column.dtype) in ("String", "Categorical", "Enum", "Object")
    return sample_text(column.name, column.head(ROWS_READ).to_list()) if is_text else ""


def _polars_series(series: Any) -> list[str]:
    nulls = _nulls(series.null_count())
    head = f"polars Series {key_text(series.name)}, {str(series.dtype)[:80]}, {len(series):,} values"
    return [f"{head}{nulls}{_polars_values(series)}"]


def _polars_lazy(frame: Any) -> list[str]:
    # Even its schema can mean opening files or asking a server.
    return ["polars LazyFrame, not collected"]


def _nulls(count: int) -> str:
    return f", {count:,} null" if count else ""


# pyarrow

_ARROW_TEXTS = ("string", "large_string", "string_view")


def _arrow_table(table: Any) -> list[str]:
    head = f"pyarrow {name_of(type(table))}, {_rows(table.num_rows)} × {table.num_columns:,} columns"
    facts = []
    for position in range(min(table.num_columns, COLUMNS_SHOWN)):
        column = table.column(position)
        name, kind = table.schema.names[position], str(column.type)
        is_text = kind in _ARROW_TEXTS and position < COLUMNS_SAMPLED
        values = sample_text(name, column.slice(0, ROWS_READ).to_pylist()) if is_text else ""
        facts.append((name, f"{kind[:80]}{_nulls(column.null_count)}{values}"))
    return _more([head, *_columns(facts)], table.schema.names)


def _arrow_schema(schema: Any) -> list[str]:
    fields = zip(schema.names, schema.types, strict=True)
    lines = _columns((name, str(kind)[:80]) for name, kind in list(fields)[:COLUMNS_SHOWN])
    return _more([f"pyarrow Schema, {len(schema.names):,} fields", *lines], schema.names)


def _arrow_array(array: Any) -> list[str]:
    nulls = _nulls(array.null_count)
    return [f"pyarrow {name_of(type(array))}, {str(array.type)[:80]}, {len(array):,} values{nulls}"]


# xarray


def _xarray_dataset(dataset: Any) -> list[str]:
    lines = [f"{_label(dataset, 'xarray', 'Dataset')}, {_sizes(dataset.sizes)}"]
    lines += [f"  {line}" for line in _xarray_variables(dataset.data_vars.items())]
    lines = _more(lines, list(dataset.data_vars))
    return [*lines, *(f"  coordinate {line}" for line in _xarray_variables(dataset.coords.items()))]


def _xarray_array(array: Any) -> list[str]:
    name = "" if array.name is None else f" {key_text(array.name)}"
    head = f"{_label(array, 'xarray', 'DataArray')}{name}, {dtype_text(array.dtype)}, {_sizes(array.sizes)}"
    return [head, *(f"  coordinate {line}" for line in _xarray_variables(array.coords.items()))]


def _xarray_variables(items: Iterable[tuple[Any, Any]]) -> list[str]:
    shown = list(items)[:COLUMNS_SHOWN]
    return [
        f"{key_text(name)} ({', '.join(map(str, one.dims))}): {dtype_text(one.dtype)}" for name, one in shown
    ]


def _sizes(sizes: Any) -> str:
    return "sizes " + (", ".join(f"{dimension} {size:,}" for dimension, size in sizes.items()) or "none")


TABLES: dict[tuple[str, str], tuple[str, Reader]] = {
    ("pandas", "DataFrame"): ("dataframe", _pandas_frame),
    ("pandas", "Series"): ("series", _pandas_series),
    ("pandas", "Index"): ("series", _pandas_plain_index),
    ("polars", "DataFrame"): ("dataframe", _polars_frame),
    ("polars", "LazyFrame"): ("dataframe", _polars_lazy),
    ("polars", "Series"): ("series", _polars_series),
    ("pyarrow", "Table"): ("dataframe", _arrow_table),
    ("pyarrow", "RecordBatch"): ("dataframe", _arrow_table),
    ("pyarrow", "Schema"): ("dataframe", _arrow_schema),
    ("pyarrow", "Array"): ("series", _arrow_array),
    ("pyarrow", "ChunkedArray"): ("series", _arrow_array),
    ("xarray", "Dataset"): ("dataframe", _xarray_dataset),
    ("xarray", "DataArray"): ("dataframe", _xarray_array),
}
