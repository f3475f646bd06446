"""Scalars, strings and containers in a few words.

Reads through the methods of the builtin types themselves (`dict.items(value)`), so that a subclass cannot
answer in their place.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

from ..redaction.names import what_name_says
from .arrays import ARRAYS, array_brief
from .tables import TABLES, key_text, table_brief
from .type_facts import (
    MISSING,
    dict_of_class,
    full_name_of,
    instance_dict,
    is_a,
    is_one_of,
    known_as,
    library_attribute,
    mro_of,
    name_of,
    root_of,
)

TEXT_PREVIEW = 60
_KEYS_SHOWN = 20
_SAMPLE = 20
_ELEMENTS_SHOWN = 8
_KINDS_SHOWN = 4
_DEPTH = 2
_TEXT_LIMIT = 800

# The way these write themselves is short, exact and theirs alone; by name, since not all are always imported.
_WRITTEN = {
    ("builtins", "bool"): repr,
    ("builtins", "float"): repr,
    ("builtins", "complex"): repr,
    ("builtins", "range"): repr,
    **{("datetime", name): repr for name in ("datetime", "date", "time", "timedelta", "timezone")},
    ("decimal", "Decimal"): repr,
    ("fractions", "Fraction"): repr,
    ("uuid", "UUID"): repr,
    ("pathlib", "PurePath"): str,
}
CONTAINERS = (dict, list, tuple, set, frozenset, deque)


def scalar_text(name: str, value: object) -> str | None:
    """`type = value` for a number, date, path, string …; None when `value` is none of them.

    `name` decides whether a long string shows its beginning: that of a secret must not be cut in two.
    """
    cls = type(value)
    if value is None:
        return "None"
    if is_a(cls, str):
        return _string_text(name, value)
    if is_a(cls, bytes, bytearray):
        return f"{name_of(cls)}, {bytes_length(value):,} bytes"
    if "_name_" in (attributes := instance_dict(value)) and root_of(type(cls)) == "enum":
        return f"{name_of(cls)}.{str(attributes['_name_'])[:80]}"
    if is_a(cls, int) and not is_a(cls, bool):
        return _integer_text(cls, value)
    if root_of(cls) == "numpy" and (item := library_attribute(value, "numpy", "item")) is not MISSING:
        return (
            f"numpy {name_of(cls)} = {_plain(item())}" if known_as(cls, {("numpy", "generic"): 0}) else None
        )
    base = _written_by(cls)
    if base is None:
        return None
    write = dict_of_class(base)["__str__" if _WRITTEN[root_of(base), name_of(base)] is str else "__repr__"]
    shown = write(value)
    if name_of(base) == "PurePath":
        return f"{name_of(cls)} = {shown[:200]!r}"
    return f"{name_of(cls) if base is cls else f'{name_of(cls)} ({name_of(base)})'} = {shown[:200]}"


def _written_by(cls: type) -> type | None:
    """The base of `cls` whose own way of writing is used; really that of its module, not one so called."""
    for base in mro_of(cls):
        root, name = root_of(base), name_of(base)
        if (root, name) in _WRITTEN and getattr(sys.modules.get(root), name, None) is base:
            return base  # type: ignore[no-any-return, unused-ignore]
    return None


def _plain(value: object) -> str:
    """The repr of a builtin scalar; of anything else its type."""
    if is_one_of(type(value), bool, int, float, complex, str):
        text = repr(value)
        return text if len(text) <= TEXT_PREVIEW else text[:TEXT_PREVIEW] + "…"
    return full_name_of(type(value))


def bytes_length(value: Any) -> int:
    """Length in bytes of a bytes or bytearray."""
    return bytearray.__len__(value) if is_a(type(value), bytearray) else bytes.__len__(value)


def _integer_text(cls: type, value: Any) -> str:
    bits = int.bit_length(value)
    return f"{name_of(cls)} of {bits:,} bits" if bits > 200 else f"{name_of(cls)} = {int.__repr__(value)}"


def _string_text(name: str, value: Any) -> str:
    length = str.__len__(value)
    if length <= TEXT_PREVIEW:
        return f"str = {str.__repr__(value)}"
    start = str.__getitem__(value, slice(TEXT_PREVIEW))
    is_one_word = not any(map(str.isspace, start))
    if is_one_word or what_name_says(name):
        return f"str ({length:,} characters)"
    return (
        f"str ({length:,} characters) = {(start.rsplit(None, 1)[0] + ' …')!r}"  # no word, so no token, is cut
    )


def container_text(value: Any) -> str | None:
    """Type, length and what is inside, for a dict, list, tuple, set or deque (or a subclass)."""
    cls = type(value)
    if not is_a(cls, *CONTAINERS):
        return None
    text = _container(value, cls, _DEPTH)
    return text if len(text) <= _TEXT_LIMIT else text[:_TEXT_LIMIT] + "…"


def brief(value: object, depth: int = 1) -> str:
    """A few words about a value inside another: its type, shape or length; never its content."""
    cls = type(value)
    if value is None:
        return "None"
    if known_as(cls, ARRAYS):
        return array_brief(value)
    if known_as(cls, TABLES):
        return table_brief(value)
    if is_a(cls, *CONTAINERS):
        return _container(value, cls, depth)
    return "class" if is_a(cls, type) else full_name_of(cls)


def _container(value: Any, cls: type, depth: int) -> str:
    if is_a(cls, dict):
        return _dict(value, cls, depth)
    if is_a(cls, tuple) and type(fields := dict_of_class(cls).get("_fields")) is tuple:
        return f"namedtuple {name_of(cls)}({', '.join(map(str, fields[:_KEYS_SHOWN]))})"
    base: Any = next(mine for mine in mro_of(cls) for known in CONTAINERS if mine is known)
    length = base.__len__(value)
    label = f"{name_of(cls)} of {length:,}"
    if not length or depth <= 0:
        return label
    elements = list(islice(base.__iter__(value), _SAMPLE))
    if base is tuple and length <= _ELEMENTS_SHOWN:
        return f"{label} ({'; '.join(brief(element, depth - 1) for element in elements)})"
    return f"{label} {_elements(elements, depth)}"


def _elements(elements: list[Any], depth: int) -> str:
    """What a sample of elements has in common."""
    if all(is_a(type(element), dict) for element in elements):
        keys = [key for element in elements for key in islice(dict.__iter__(element), _SAMPLE)]
        shared = dict.fromkeys(keys) if all(type(key) is str for key in keys) else {}
        if 0 < len(shared) <= _SAMPLE:
            return f"dict with keys {_names(shared)}"
    kinds = dict.fromkeys(brief(element, depth - 1) for element in elements)
    if len(kinds) > _KINDS_SHOWN:
        kinds = dict.fromkeys(full_name_of(type(element)) for element in elements)
    return " | ".join(list(kinds)[:_KINDS_SHOWN]) + (" | …" if len(kinds) > _KINDS_SHOWN else "")


def _dict(value: Any, cls: type, depth: int) -> str:
    length = dict.__len__(value)
    label = f"{name_of(cls)} of {length:,}"
    if not length or depth <= 0:
        return label
    items = list(islice(dict.items(value), _KEYS_SHOWN))
    if length > _KEYS_SHOWN:
        keys = " | ".join(dict.fromkeys(name_of(type(key)) for key, _ in items))
        kinds = list(dict.fromkeys(full_name_of(type(item)) for _, item in items))
        sample = _names(key for key, _ in items[:_ELEMENTS_SHOWN])
        return f"{label}, {keys} -> {' | '.join(kinds[:_KINDS_SHOWN])}; keys {sample}, …"
    return f"{label} ({'; '.join(f'{key_text(key)}: {brief(item, depth - 1)}' for key, item in items)})"


def _names(keys: Iterable[object]) -> str:
    return ", ".join(key_text(key) for key in keys)
