"""What an object is, asked of its type alone: nothing here runs code that a user could have written.

`obj.__class__`, `isinstance`, `hasattr` and even `cls.__module__` or `cls == other` can end in a property or
method of the user's; the descriptors of `type` itself and `is` cannot.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

_MRO = type.__dict__["__mro__"]
_CLASS_DICT = type.__dict__["__dict__"]
_MODULE = type.__dict__["__module__"]
_NAME = type.__dict__["__name__"]
_QUALNAME = type.__dict__["__qualname__"]

MISSING: Any = object()


def mro_of(cls: type) -> tuple[type, ...]:
    """The classes of `cls`, most derived first."""
    return tuple(_MRO.__get__(cls))


def is_a(cls: type, *bases: type) -> bool:
    """`issubclass` by the method resolution order alone, past `__instancecheck__` and a metaclass's `==`."""
    return any(mine is base for mine in mro_of(cls) for base in bases)


def is_one_of(cls: type, *known: type) -> bool:
    """`cls` is itself one of `known`; `cls in known` would ask its metaclass."""
    return any(cls is one for one in known)


def dict_of_class(cls: type) -> Mapping[str, Any]:
    """The class's own attributes, read only."""
    found: Mapping[str, Any] = _CLASS_DICT.__get__(cls)
    return found


def module_of(cls: type) -> str:
    """Dotted module name, "" when the class pretends something else than text."""
    try:
        module = _MODULE.__get__(cls)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


def name_of(cls: type) -> str:
    """Class name without its module, at most 80 characters."""
    return str(_NAME.__get__(cls))[:80]


def full_name_of(cls: type) -> str:
    """`package.module.Class`; without module for builtins and what the user defined."""
    module = module_of(cls)
    name = str(_QUALNAME.__get__(cls)).replace("<locals>.", "")[:120]
    return name if module in ("", "builtins", "__main__") else f"{module}.{name}"


def root_of(cls: type) -> str:
    """Top-level package that defines the class."""
    return module_of(cls).partition(".")[0]


def known_as(cls: type, names: Mapping[tuple[str, str], Any]) -> tuple[str, str] | None:
    """The first (top-level package, class name) among the bases of `cls` that `names` has."""
    for base in mro_of(cls):
        key = (root_of(base), name_of(base))
        if key in names:
            return key
    return None


def instance_dict(obj: object) -> dict[str, Any]:
    """The instance's own attributes, {} where it has none; a class that redefines `__dict__` is not asked."""
    for base in mro_of(type(obj)):
        slot = dict_of_class(base).get("__dict__")
        if slot is not None:
            if not is_one_of(type(slot), types.GetSetDescriptorType, types.MemberDescriptorType):
                return {}
            found = slot.__get__(obj)
            return found if isinstance(found, dict) else {}
    return {}


def library_attribute(obj: object, root: str, name: str) -> Any:
    """`obj.name` as the classes of package `root` define it, past any override; MISSING if absent."""
    for base in mro_of(type(obj)):
        if root_of(base) == root:
            found = dict_of_class(base).get(name, MISSING)
            if found is not MISSING:
                get = getattr(type(found), "__get__", None)
                return get(found, obj, base) if get else found
    return instance_dict(obj).get(name, MISSING)


def is_exactly_from(obj: object, root: str) -> bool:
    """The object's own class, not only a base, comes from package `root`."""
    return root_of(type(obj)) == root
