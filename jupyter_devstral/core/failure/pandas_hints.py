"""Hints for pandas errors whose own words hide the cause: labels, join keys, text to average."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from ..variables.tables import column_names, key_text
from ..variables.type_facts import instance_dict, module_of
from .exception_facts import field_of, first_argument, is_error

_MOST_FRAMES, _LABELS_COMPARED = 200, 200
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")


def pandas_hints(error: BaseException, live: Sequence[tuple[str, object]]) -> Iterator[str]:
    """Hints for an error that came through pandas; `live` are the values on the failing lines."""
    modules = _modules(error)
    if not modules:
        return
    key = first_argument(error)
    if is_error(error, KeyError) and type(key) is int and "pandas.core.series" in modules:
        yield f"[{key}] looks for the label {key}, not for a place; `.iloc[{key}]` takes by place"
    if is_error(error, KeyError) and "pandas.core.reshape.merge" in modules:
        yield from _about_join_keys(key, live)
    elif is_error(error, KeyError) and _looks_among_rows(error, live):
        yield "the labels of the rows do not have it; columns were not searched"
    if is_error(error, TypeError) and any(name.startswith("pandas.core.groupby") for name in modules):
        yield "`numeric_only=True` leaves out the columns that are no numbers"


def column_of_query(error: BaseException) -> str:
    """The name that `query` or `eval` of a table did not find; "" for any other error."""
    name = field_of(error, "name")
    said = first_argument(error)
    if not is_error(error, NameError) or not module_of(type(error)).startswith("pandas."):
        return ""
    found = _UNDEFINED.search(said) if type(said) is str else None
    return name if type(name) is str and name else found[1] if found else ""


def _looks_among_rows(error: BaseException, live: Sequence[tuple[str, object]]) -> bool:
    """Whether the labels that were searched, the innermost index of pandas, are no table's columns."""
    searched = None
    for step in _steps(error):
        if str(dict.get(step.tb_frame.f_globals, "__name__")).startswith("pandas.core.indexes."):
            searched = step.tb_frame.f_locals.get("self")
    tables = [names for _, value in live if (names := column_names(table_behind(value))) is not None]
    if searched is None or not tables:
        return False
    # A row that `apply` hands over has the columns as its labels.
    labels = _texts(searched)
    return all(_texts(names) != labels for names in tables)


def _texts(labels: Iterable[object]) -> list[str]:
    return [key_text(label) for label in islice(labels, _LABELS_COMPARED)]


def _about_join_keys(key: object, live: Sequence[tuple[str, object]]) -> Iterator[str]:
    tables = {name: names for name, value in live if (names := column_names(value)) is not None}
    have = [name for name, names in tables.items() if key in names]
    lack = [name for name, names in tables.items() if key not in names]
    if have and lack:
        columns = ", ".join(map(key_text, tables[lack[0]][:20]))
        yield (
            f"only `{have[0]}` has a column {key_text(key)}, `{lack[0]}` has {columns}: `left_on=` and "
            "`right_on=` name the two columns to join by"
        )


def _modules(error: BaseException) -> set[str]:
    """The modules of pandas that the error came through."""
    names = (dict.get(step.tb_frame.f_globals, "__name__") for step in _steps(error))
    return {name for name in names if isinstance(name, str) and name.startswith("pandas.")}


def _steps(error: BaseException) -> Iterator[Any]:
    step: Any = field_of(error, "__traceback__")
    for _ in range(_MOST_FRAMES):
        if step is None:
            return
        yield step
        step = step.tb_next


def table_behind(value: object) -> object:
    """The table behind pandas's `groupby`, `rolling`, `loc` and similar, which keep it as `obj`."""
    inside = module_of(type(value)).startswith("pandas.")
    return instance_dict(value).get("obj", value) if inside else value
