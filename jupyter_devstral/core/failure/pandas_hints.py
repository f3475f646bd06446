"""Hints for pandas errors whose own words hide the cause: labels, join keys, text to average."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..variables.tables import column_names, key_text
from .exception_facts import field_of, first_argument, is_error

_MOST_FRAMES = 200


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
    if is_error(error, TypeError) and any(name.startswith("pandas.core.groupby") for name in modules):
        yield "`numeric_only=True` leaves out the columns that are no numbers"


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
    found: set[str] = set()
    step: Any = field_of(error, "__traceback__")
    for _ in range(_MOST_FRAMES):
        if step is None:
            break
        name = dict.get(step.tb_frame.f_globals, "__name__")
        if isinstance(name, str) and name.startswith("pandas."):
            found.add(name)
        step = step.tb_next
    return found
