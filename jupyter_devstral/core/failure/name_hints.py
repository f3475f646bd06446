"""Hints about a name that is not defined, and about one that is local where it was not meant to be."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from ..variables.type_facts import instance_dict, is_a
from .exception_facts import field_of, first_argument, is_error
from .near_names import listed, near

_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
_UNBOUND = re.compile(r"(?:variable|name) '(\w+)'")
_ENCLOSING = "enclosing scope"
_MODULES_NAMED = 3


def missing_name(error: BaseException) -> str:
    """The name that a NameError reports as missing everywhere, "" for any other error."""
    return "" if _is_unbound(error) else _name_in(error, _UNDEFINED)


def name_hints(
    error: BaseException, live: Sequence[tuple[str, object]], namespace: Mapping[str, object]
) -> Iterator[str]:
    """Hints for a NameError: names like it, modules that have it, the notebook's variable of that name."""
    if _is_unbound(error):
        name = _name_in(error, _UNBOUND)
        if name in namespace:
            yield (
                f"`{name}` is assigned within that function, so there it is a local name without a value; "
                f"the notebook's `{name}` is another one"
            )
        return
    name = missing_name(error)
    known = [key for key in list(namespace) if isinstance(key, str) and not key.startswith("_")]
    owners = [f"{key}.{name}" for key in known if _has(namespace[key], name)]
    close = near(name, [*known, *(text for text, _ in live), *vars(builtins)]) if name else []
    if owners:
        yield f"`{name}` is not defined; what is defined: {listed(owners[:_MODULES_NAMED])}"
    elif close:
        yield f"`{name}` is not defined; names like it: {listed(close)}"
    elif name:
        yield f"`{name}` is not defined in this kernel"


def _is_unbound(error: BaseException) -> bool:
    """Whether the name is a variable of a function that has no value yet."""
    said = first_argument(error)
    return is_error(error, UnboundLocalError) or (
        is_error(error, NameError) and type(said) is str and said.endswith(_ENCLOSING)
    )


def _name_in(error: BaseException, pattern: re.Pattern[str]) -> str:
    if not is_error(error, NameError):
        return ""
    name = field_of(error, "name")
    if type(name) is str and name:
        return name
    text = first_argument(error)
    found = pattern.search(text) if type(text) is str else None
    return found[1] if found else ""


def _has(module: object, name: str) -> bool:
    """Whether a value is a module that has the name, and not as a module of its own."""
    kind = type(sys)
    names = instance_dict(module) if is_a(type(module), kind) else {}
    return name in names and not is_a(type(names[name]), kind)
