"""Live variables described as schema: type, shape, dtypes, columns; never rows, never a blind repr()."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .arrays import ARRAYS, array_text
from .objects import class_text, function_text, module_text, object_text
from .tables import TABLES, table_kind, table_lines
from .time_cap import capped
from .type_facts import full_name_of, is_a, is_exactly_from, known_as, module_of, root_of
from .values import CONTAINERS, container_text, scalar_text

TEXT_LIMIT = 4000
# Of the variables of a namespace, so many are described.
MOST_DESCRIBED = 40
_BEHIND_NAME = ": "
# For one value whose reading runs code of the user's. What libraries' own types cost is bounded, and must not
# depend on how busy the machine is: the same variable is described by the same bytes.
_CAP_SECONDS = 0.25
# Only the newest are looked at in a namespace of thousands.
_CONSIDERED = 2000
_IPYTHON_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


@dataclass(frozen=True)
class Variable:
    """One variable as text.

    Attributes:
        name: as bound in the namespace.
        kind: "dataframe", "series", "array", "function", "class", "module", "scalar", "container", "object".
        text: the description, one or a few lines, beginning with the name; stable while the value keeps its
            schema.
    """

    name: str
    kind: str
    text: str

    @property
    def description(self) -> str:
        """What `text` says behind the name, with which it begins."""
        return self.text[len(self.name) + len(_BEHIND_NAME) :]


def describe_namespace(
    ns: Mapping[str, object],
    *,
    first: Iterable[str] = (),
    hidden: Collection[str] = (),
    limit: int = MOST_DESCRIBED,
    deadline_seconds: float = 3.0,
) -> tuple[Variable, ...]:
    """The variables of `ns` worth telling a model, most important first, at most `limit` of them.

    `first` names come first, in their order, whatever they are and however many. Then tables, arrays, other
    values and what the notebook itself defines, each newest first; imported modules, functions and classes
    last. Names with a leading underscore, IPython's own and `hidden` ones are left out. When
    `deadline_seconds` are over, the rest is described by type alone.
    """
    ends = time.monotonic() + deadline_seconds
    wanted = [name for name in dict.fromkeys(first) if name in ns]
    names = [*wanted, *_by_rank(ns, {*wanted, *hidden, *_IPYTHON_NAMES})[: max(0, limit - len(wanted))]]
    described = []
    for name in names:
        left = min(ends - time.monotonic(), _CAP_SECONDS)
        described.append(describe_variable(name, ns[name], deadline_seconds=left))
    return tuple(described)


def describe_variable(name: str, value: object, *, deadline_seconds: float = 0.1) -> Variable:
    """`value` as one Variable; only the type when the deadline is over or `value` cannot be read.

    Nothing that `value` does is raised, and code of the user's is left behind when the deadline is over.
    """
    kind, text = _plain(name, value)
    if not text:
        kind = _kind_by_library(value)
        text = _text_by_library(value, deadline_seconds) if deadline_seconds > 0 else ""
    if not text:
        text = object_text(value) if kind in ("", "container") else full_name_of(type(value))
    text = text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT] + "…"
    return Variable(name, kind or "object", f"{name}{_BEHIND_NAME}{text}")


def _by_rank(ns: Mapping[str, object], left_out: Collection[str]) -> list[str]:
    names = [
        name
        for name in list(ns)[-_CONSIDERED:]
        if type(name) is str and name[:1] != "_" and name not in left_out
    ]
    names.reverse()
    return sorted(names, key=lambda name: _rank(ns.get(name)))


def _rank(value: object) -> int:
    cls = type(value)
    if root_of(cls) == "__future__":
        return 4
    if known_as(cls, TABLES):
        return 0
    if known_as(cls, ARRAYS):
        return 1
    if module_text(value) is not None:
        return 4
    owner = _owner(value)
    return 2 if owner in ("", "__main__") else 3


def _owner(value: object) -> str:
    """The module that defines a function or class; "" for any other value."""
    if is_a(type(value), type):
        return module_of(value)  # type: ignore[arg-type]
    if function_text(value) is not None:
        module = getattr(value, "__module__", "")
        return module if type(module) is str else "builtins"
    return ""


def _plain(name: str, value: object) -> tuple[str, str]:
    """Kind and text of everything that can be described without running code of a library or user."""
    readers: tuple[tuple[str, Callable[[Any], str | None]], ...] = (
        ("module", module_text),
        ("class", class_text),
        ("function", function_text),
        ("scalar", lambda value: scalar_text(name, value)),
    )
    for kind, read in readers:
        text = read(value)
        if text is not None:
            return kind, text
    return "", ""


def _kind_by_library(value: object) -> str:
    cls = type(value)
    if known_as(cls, TABLES):
        return table_kind(value)
    return "array" if known_as(cls, ARRAYS) else "container" if is_a(cls, *CONTAINERS) else ""


def _text_by_library(value: object, seconds: float) -> str:
    """Tables, arrays and containers, read through the library that made them; "" if that fails."""
    table = known_as(type(value), TABLES)
    if table and not is_exactly_from(value, table[0]):  # a subclass may have overridden what is read
        return capped(lambda: _read(value), seconds) or ""
    try:
        return _read(value)
    except Exception:  # noqa: BLE001 - whatever a library or an element raises is "no answer"
        return ""


def _read(value: object) -> str:
    lines = table_lines(value)
    if lines is not None:
        return "\n".join(lines)
    return array_text(value) or container_text(value) or ""
