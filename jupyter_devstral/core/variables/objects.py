"""Functions, classes, modules and all other objects, by what their own dictionaries say; no property runs."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from typing import Any

from .type_facts import (
    dict_of_class,
    full_name_of,
    instance_dict,
    is_a,
    is_one_of,
    module_of,
    mro_of,
    name_of,
    root_of,
)

_SHOWN = 12
_HAS_ARGS, _HAS_KWARGS, _IS_ASYNC = 0x04, 0x08, 0x80  # inspect.CO_VARARGS, CO_VARKEYWORDS, CO_COROUTINE
_DOC_LIMIT = 100
_SIGNATURE_LIMIT = 300


def function_text(value: object) -> str | None:
    """`function name(a, b=1) -> int — first line of the docstring`; None when `value` is no function."""
    if type(value) is types.FunctionType:
        own = _unwrapped(value)
        kind = "async function" if own.__code__.co_flags & _IS_ASYNC else "function"
        return f"{kind} {_name(value)}{signature_text(own)}{_doc(value.__doc__)}"
    if type(value) is types.MethodType:
        function = value.__func__
        owner = full_name_of(type(value.__self__))
        if type(function) is types.FunctionType:
            return f"method {_name(function)}{signature_text(function)} of {owner}{_doc(function.__doc__)}"
        return f"method of {owner}"
    if is_one_of(type(value), types.BuiltinFunctionType, types.MethodDescriptorType) or _is_ufunc(value):
        name = getattr(value, "__name__", "")  # builtin and numpy types: no code of a user
        return f"builtin function {name}{_doc(getattr(value, '__doc__', ''))}"
    if type(value) is functools.partial:
        inner = function_text(value.func)
        return f"partial of {inner or full_name_of(type(value.func))}"
    return None


def _is_ufunc(value: object) -> bool:
    return name_of(type(value)) == "ufunc" and root_of(type(value)) == "numpy"


def _unwrapped(function: types.FunctionType) -> types.FunctionType:
    """The function that a decorator wraps: its signature is what a caller sees."""
    for _ in range(10):
        inner = function.__dict__.get("__wrapped__")
        if type(inner) is not types.FunctionType:
            break
        function = inner
    return function


def _name(function: types.FunctionType) -> str:
    return function.__name__[:80]


def _doc(text: object) -> str:
    if type(text) is not str or not text.strip():
        return ""
    line = text.strip().split("\n", 1)[0].strip()
    return f" — {line if len(line) <= _DOC_LIMIT else line[:_DOC_LIMIT].rpartition(' ')[0] + ' …'}"


def signature_text(function: types.FunctionType) -> str:
    """`(a, b=1, *args, key=None) -> int`, written without calling any repr of a user's class."""
    code = function.__code__
    count, keyword_only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    defaults = function.__defaults__ or ()
    annotations = function.__annotations__
    parts: list[str] = []
    for position, name in enumerate(names[:count]):
        behind = position - (count - len(defaults))
        parts.append(_parameter(name, annotations, defaults[behind : behind + 1] if behind >= 0 else ()))
        if position + 1 == code.co_posonlyargcount:
            parts.append("/")
    rest = names[count + keyword_only :]
    if code.co_flags & _HAS_ARGS:
        parts.append("*" + _parameter(rest[0], annotations, ()))
    elif keyword_only:
        parts.append("*")
    for name in names[count : count + keyword_only]:
        given = (function.__kwdefaults__ or {}).get(name, _parameter)
        parts.append(_parameter(name, annotations, () if given is _parameter else (given,)))
    if code.co_flags & _HAS_KWARGS:
        parts.append("**" + _parameter(rest[-1], annotations, ()))
    result = f" -> {annotation_text(annotations['return'])}" if "return" in annotations else ""
    while sum(map(len, parts)) > _SIGNATURE_LIMIT:
        parts = [*parts[:-2], "…"]
    return f"({', '.join(parts)}){result}"


def _parameter(name: str, annotations: Mapping[str, Any], default: tuple[Any, ...]) -> str:
    text = f"{name}: {annotation_text(annotations[name])}" if name in annotations else name
    if not default:
        return text
    equals = " = " if name in annotations else "="
    return f"{text}{equals}{_literal(default[0])}"


def _literal(value: object) -> str:
    """A default value as it was probably typed; "…" for anything that is no plain literal."""
    if value is None or is_one_of(type(value), bool, int, float, str, bytes):
        text = repr(value) if type(value) is not int or value.bit_length() < 200 else "…"
        return text if len(text) <= 80 else "…"  # whole or not at all: half a token would pass redaction
    if is_one_of(type(value), tuple, list, dict, set) and not value:
        return repr(value)
    if type(value) is tuple and len(value) <= 4:
        return f"({', '.join(map(_literal, value))})"
    return name_of(value) if type(value) is type else "…"


def annotation_text(annotation: object, depth: int = 3) -> str:
    """A type annotation as written, from the parts that `typing` keeps; "…" for foreign objects."""
    if type(annotation) is str:
        return annotation[:80]
    if annotation is None or annotation is type(None):
        return "None"
    if is_a(type(annotation), type):
        if type(annotation) is type or root_of(type(annotation)) in ("abc", "enum", "typing"):
            return name_of(annotation)  # type: ignore[arg-type]
        return "…" if type(annotation) is not types.GenericAlias else _generic(annotation, depth)
    if root_of(type(annotation)) in ("typing", "types") and depth:
        return _generic(annotation, depth)
    return "…"


def _generic(annotation: object, depth: int) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        name = getattr(annotation, "__name__", None) or getattr(annotation, "_name", None)
        return name if type(name) is str else "…"
    inner = [annotation_text(part, depth - 1) for part in arguments if not isinstance(part, list)]
    if origin is typing.Union or origin is types.UnionType:
        return " | ".join(inner)
    name = name_of(origin) if is_a(type(origin), type) else getattr(origin, "_name", "…")
    return f"{name}[{', '.join(inner)}]"[:120]


def class_text(value: object) -> str | None:
    """`class Name(Base): fields …; methods a(x), b() — doc`; None when `value` is no class."""
    if not is_a(type(value), type):
        return None
    cls: Any = value
    bases = [name_of(base) for base in type.__dict__["__bases__"].__get__(cls) if base is not object]
    own = dict_of_class(cls)
    text = f"class {name_of(cls)}" + (f"({', '.join(bases)})" if bases else "")
    if module_of(cls) not in ("__main__", "builtins", ""):
        text += f" from {module_of(cls)}"
    members = own.get("_member_names_")
    if type(members) is list and root_of(type(cls)) == "enum":
        return f"{text}, members {_listed(members)}"
    annotations = own.get("__annotations__")
    if type(annotations) is dict and annotations:
        text += f", fields {_listed([str(name) for name in annotations if not str(name).startswith('_')])}"
    return text + _methods(own, with_init="__dataclass_fields__" not in own) + _doc(own.get("__doc__"))


def _methods(own: Mapping[str, Any], with_init: bool) -> str:
    found = []
    for name, member in own.items():
        function = member.__func__ if is_one_of(type(member), classmethod, staticmethod) else member
        is_public = not name.startswith("_") or (with_init and name == "__init__")
        if is_public and type(function) is types.FunctionType:
            found.append(f"{name}{signature_text(_unwrapped(function))}")
    return f", methods {_listed(found)}" if found else ""


def _listed(names: list[str]) -> str:
    more = f", … and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def module_text(value: object) -> str | None:
    """`module numpy 2.1.0`; None when `value` is no module."""
    if not is_a(type(value), types.ModuleType):
        return None
    own = instance_dict(value)
    name, version = own.get("__name__"), own.get("__version__")
    parts = ["module", *(str(part)[:60] for part in (name, version) if type(part) is str)]
    return " ".join(parts)


def object_text(value: object) -> str:
    """`object of package.Class, attributes a, b`, and the methods of a class that the notebook defines."""
    cls = type(value)
    names = [name for name in instance_dict(value) if type(name) is str and not name.startswith("_")]
    names += [name for base in mro_of(cls) for name in _slots(base) if not name.startswith("_")]
    text = f"object of {full_name_of(cls)}"
    if names:
        text += f", attributes {_listed(list(dict.fromkeys(names)))}"
    return text + (_methods(dict_of_class(cls), with_init=False) if module_of(cls) == "__main__" else "")


def _slots(cls: type) -> list[str]:
    own = dict_of_class(cls)
    if "__slots__" not in own:
        return []
    return [name for name, member in own.items() if type(member) is types.MemberDescriptorType]
