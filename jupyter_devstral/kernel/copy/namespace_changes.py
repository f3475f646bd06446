"""The variables that code has rebound, changed in place or deleted.

Reads values through their libraries, which may be slow or wrong for a user's own classes: for a forked child.
What is too large to read is compared by identity alone.
"""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Iterable, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from ...core.variables.type_facts import instance_dict, is_a, is_one_of, known_as, module_of

# Of the processor, so that a busy machine hides no change: for the values the code names, and for all others.
_SECONDS, _SECONDS_FOR_OTHERS = 0.2, 0.02
_ITEMS = 2**18  # elements of containers and cells of tables that are read for one value
_BYTES = 64 * 2**20  # of an array or a text
_DEPTH = 12
_MOST_FACTS = 2_000
_TABLES = {("pandas", "DataFrame"): 2, ("pandas", "Series"): 1, ("pandas", "Index"): 1}
_ARRAYS = {("numpy", "ndarray"): None}
_SCALARS = (int, float, complex, bool, str, bytes, type(None))
_CONTAINERS = (dict, list, tuple, set, frozenset)
_IPYTHON_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


# By name: where the value lies, and the hash of its content; "" where that was not read.
Facts: TypeAlias = dict[str, tuple[int, str]]


class TooLarge(Exception):
    """A value that is not read to its end."""


class Namespace:
    """A namespace as it is now, to be compared with what it will be.

    Args:
        first: the names whose values are read, also those of other names for the same values; the rest only
            while there is time.
        hidden: names that are not the user's.
    """

    def __init__(self, ns: Mapping[str, Any], first: Iterable[str], hidden: Iterable[str] = ()) -> None:
        self._ns = ns
        hidden = self._hidden = {*hidden, *_IPYTHON_NAMES}
        # Holding the values keeps their identities from being given to new ones.
        self._values = {name: value for name, value in ns.items() if name[:1] != "_" and name not in hidden}
        wanted = {id(self._values[name]) for name in first if name in self._values}
        names = [name for name, value in self._values.items() if id(value) in wanted]
        self._digests = self._read(names, _SECONDS)
        others = [name for name in self._values if name not in self._digests]
        self._digests.update(self._read(others, _SECONDS_FOR_OTHERS))

    def new_names(self) -> tuple[str, ...]:
        """List the names that were not there, IPython's own and hidden ones left out."""
        return tuple(name for name in self._ns if name not in self._values and name not in self._hidden)

    def changed(self) -> tuple[str, ...]:
        """List the names that are gone, stand for another value, or for one with another content."""
        gone = object()
        now = {name: self._ns.get(name, gone) for name in self._values}
        ends = time.thread_time() + 2 * _SECONDS
        return tuple(name for name in now if now[name] is gone or self._differs(name, now[name], ends))

    def facts(self) -> Facts:
        """Give what is known of each value, for a comparison with another fork of the same process."""
        names = list(self._values)[:_MOST_FACTS]
        return {name: (id(self._values[name]), self._digests.get(name, b"").hex()) for name in names}

    def _differs(self, name: str, value: Any, ends: float) -> bool:
        before = self._digests.get(name)
        after = digest(value, ends) if before is not None else None
        if before is None or after is None:
            return value is not self._values[name]
        return before != after

    def _read(self, names: Iterable[str], seconds: float) -> dict[str, bytes]:
        ends = time.thread_time() + seconds
        digests = {name: digest(self._values[name], ends) for name in names}
        return {name: found for name, found in digests.items() if found is not None}


def moved(before: Facts, now: Facts) -> list[str]:
    """List the names that are new, gone or changed from one fork of a process to a later one."""
    names = [name for name in before if name not in now or _is_other(before[name], now[name])]
    return [*names, *(name for name in now if name not in before)]


def _is_other(before: tuple[int, str], now: tuple[int, str]) -> bool:
    return before[1] != now[1] if before[1] and now[1] else before[0] != now[0]


def digest(value: object, ends: float = math.inf) -> bytes | None:
    """Hash the content of a value; None where that is not cheap, or not done by `ends`."""
    reader = _Reader(ends)
    try:
        reader.read(value, 0)
    except Exception:  # noqa: BLE001 - a user's element may raise anything; then only identity is known
        return None
    return reader.hash.digest() if reader.told else None


def _data_or_identity(value: Any) -> Any:
    is_data = is_one_of(type(value), *_SCALARS, *_CONTAINERS) or "_trait_values" in instance_dict(value)
    return value if is_data else id(value)


class _Reader:
    def __init__(self, ends: float) -> None:
        self._ends = ends
        self.hash = hashlib.sha1(usedforsecurity=False)
        self.left = _ITEMS + 1  # so that the clock is looked at first
        self.told = False
        self._open: set[int] = set()

    def read(self, value: Any, depth: int) -> None:
        """Hash a value and its parts; raises TooLarge."""
        self.left -= 1
        if self.left < 0 or depth > _DEPTH or (self.left % 256 == 0 and time.thread_time() > self._ends):
            raise TooLarge
        cls = type(value)
        self._put(f"{module_of(cls)}.{cls.__name__}".encode())
        if is_one_of(cls, *_SCALARS):
            self._scalar(value)
        elif id(value) in self._open:
            self._put(b"again")
        else:
            self._open.add(id(value))
            self._compound(value, cls, depth)
            self._open.discard(id(value))

    def _put(self, data: bytes) -> None:
        self.hash.update(len(data).to_bytes(8, "little"))
        self.hash.update(data)

    def _scalar(self, value: Any) -> None:
        self.told = True
        text = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        if len(text) > _BYTES:
            raise TooLarge
        self._put(text)

    def _compound(self, value: Any, cls: type, depth: int) -> None:
        table = known_as(cls, _TABLES)
        if table:
            self._table(value, table[1], depth)
        elif known_as(cls, _ARRAYS):
            self._array(value, depth)
        elif is_one_of(cls, dict):
            self._items((part for pair in value.items() for part in pair), depth)
        elif is_one_of(cls, list, tuple):
            self._items(value, depth)
        elif is_one_of(cls, set, frozenset):
            self._unordered(value)
        elif is_one_of(cls, FunctionType):
            self._function(value, depth)
        elif traits := self._traits(value, cls):
            self._items(traits, depth)
        elif not is_a(cls, type, ModuleType) and instance_dict(value):
            self._items((part for pair in instance_dict(value).items() for part in pair), depth)
        else:
            # Told by identity alone: as a part that is enough, as the whole it says nothing new.
            self._put(id(value).to_bytes(8, "little"))

    def _traits(self, value: Any, cls: type) -> list[Any]:
        """List the names and values of a widget's traits, or of anything else that has some.

        Its own dictionary leads to its connection, and so to the whole kernel: of parts that are neither data
        nor have traits only the identity is looked at.
        """
        traits = None if is_a(cls, type, ModuleType) else instance_dict(value).get("_trait_values")
        if not isinstance(traits, dict):
            return []
        return [part for name in sorted(traits) for part in (name, _data_or_identity(traits[name]))]

    def _items(self, items: Iterable[Any], depth: int) -> None:
        self.told = True
        for item in items:
            self.read(item, depth + 1)
        self._put(b"end")

    def _unordered(self, items: Any) -> None:
        digests = [digest(item, self._ends) for item in items]
        self.left -= len(digests)
        self._items(sorted(one or b"" for one in digests), 0)

    def _function(self, value: FunctionType, depth: int) -> None:
        self.told = True
        self._code(value.__code__)
        self._items((value.__defaults__, value.__kwdefaults__), depth)

    def _code(self, code: CodeType) -> None:
        self._put(code.co_code)
        self._put(repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant)
            else:
                self._put(repr(constant).encode())

    def _array(self, value: Any, depth: int) -> None:
        import numpy

        if value.nbytes > _BYTES:
            raise TooLarge
        self.told = True
        self._put(repr((value.shape, str(value.dtype))).encode())
        if value.dtype.hasobject:
            self._items(value.ravel().tolist(), depth)
        else:
            self._put(numpy.ascontiguousarray(value).tobytes())

    def _table(self, value: Any, kind: str, depth: int) -> None:
        pandas = sys.modules["pandas"]
        if value.size > 10 * _ITEMS:
            raise TooLarge
        self.told = True
        names = value.columns if kind == "DataFrame" else (value.name,)
        types = value.dtypes if kind == "DataFrame" else (value.dtype,)
        self._items(list(names), depth)
        self._put(repr([str(one) for one in types]).encode())
        if kind != "Index":
            self.read(value.index, depth + 1)
        try:
            self._put(pandas.util.hash_pandas_object(value, index=False).to_numpy().tobytes())
        except TypeError:  # lists or dicts in cells
            self._items(value.to_numpy().ravel().tolist(), depth)
