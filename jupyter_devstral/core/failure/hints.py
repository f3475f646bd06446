"""Hints about the cause of an error: near names, keys and columns that do exist.

Live values are read without running their code (`type_facts`, `table_schema`); hints are sentences.
"""

from __future__ import annotations

import builtins
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ..variables.tables import column_names, key_text
from ..variables.type_facts import dict_of_class, instance_dict, is_a, module_of, mro_of, name_of, root_of
from .exception_facts import field_of, first_argument, is_error
from .name_hints import name_hints
from .near_names import listed, listed_keys, near
from .pandas_hints import column_of_query, pandas_hints, table_behind
from .replaced_names import replacement_of

Live = Sequence[tuple[str, object]]

_KEYS_LISTED = 20
_KEYS_READ = 5000
_FILES_READ, _FOLDERS_TRIED, _PLACES_TOLD = 2000, 200, 2
_WORDS = 5
_QUOTED = re.compile(r"'([^'\n]{1,80})'|\"([^\"\n]{1,80})\"|`([^`\n]{1,80})`")
# `Index(['price'], dtype='str')` asked for the price alone.
_OF_AN_INDEX = re.compile(r"(?<=, )(?:dtype|name)='[^']*'")
# How libraries say that a column or key is missing: the first form has no quotes around one name.
_BARE_NAMES = re.compile(r"(?:columns?|keys?|labels?|fields?|variables?) not found: (.+)", re.IGNORECASE)
_SENTENCE = re.compile(
    r"\bnot (?:found|in)\b|\bdo(?:es)? not exist\b|\bno \w+ named\b|^none of\b", re.IGNORECASE
)
_CANNOT_IMPORT = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_NO_ATTRIBUTE = re.compile(r"module '(\w+)' has no attribute '(\w+)'")


def hints_for(error: BaseException, live: Live, namespace: Mapping[str, object]) -> Iterator[str]:
    """Find hints for `error`; `live` are the parts of the failing statements with their values."""
    if name := column_of_query(error):
        yield from _about_keys([name], live, all_listed=True)
    elif is_error(error, NameError):
        yield from name_hints(error, live, namespace)
    elif is_error(error, AttributeError):
        yield from _about_attribute(error)
    elif is_error(error, TypeError):
        yield from _about_a_builtin(error, live, namespace)
    elif is_error(error, ImportError):
        yield from _about_import(error)
    elif is_error(error, FileNotFoundError):
        yield from _about_file(error)
    told = list(pandas_hints(error, live))
    yield from told
    # `df.pric` makes a missing column a missing attribute, and libraries report one in errors of all kinds.
    if not told and not is_error(error, NameError, ImportError, OSError):
        yield from _about_keys(list(_keys_in(error)), live, all_listed=is_error(error, KeyError))


def _about_attribute(error: BaseException) -> Iterator[str]:
    name, owner = field_of(error, "name"), field_of(error, "obj")
    if type(name) is not str:
        yield from _about_a_module(error)
        return
    if owner is None:
        said = first_argument(error)
        if type(said) is str and said.startswith("'NoneType'"):
            yield f"the object whose `{name}` was asked for is None"
        return
    instead = _replacement(owner, name)
    names = list(_attributes(owner))
    # `.dt` of text exists, and says itself what it wants.
    close = [] if instead or name in names else near(name, names)
    if instead:
        yield f"{_label(owner)} has no `{name}` any more; instead: {instead}"
    elif close:
        yield f"{_label(owner)} has no `{name}`; names like it: {listed(close)}"


def _about_a_module(error: BaseException) -> Iterator[str]:
    """A hint for a module that raises the error itself, without the error's fields."""
    said = first_argument(error)
    found = _NO_ATTRIBUTE.match(said) if type(said) is str else None
    instead = replacement_of(found[1], "", found[2]) if found else ""
    if found and instead:
        yield f"module {found[1]} has no `{found[2]}` any more; instead: {instead}"


def _replacement(owner: object, name: str) -> str:
    if is_a(type(owner), type(sys)):
        return replacement_of(str(instance_dict(owner).get("__name__", "")), "", name)
    return replacement_of(root_of(type(owner)), name_of(type(owner)), name)


def _about_a_builtin(error: BaseException, live: Live, namespace: Mapping[str, object]) -> Iterator[str]:
    """A hint for a built-in name that the notebook bound to something not callable."""
    said = first_argument(error)
    if type(said) is not str or not said.endswith("object is not callable"):
        return
    for name, value in live:
        if name in vars(builtins) and namespace.get(name) is value:
            yield (
                f"`{name}` is not Python's own here, the notebook bound that name to a value of type "
                f"{name_of(type(value))}; `del {name}` gives it back"
            )


def _attributes(owner: object) -> Iterator[str]:
    yield from instance_dict(owner)
    kinds = mro_of(owner) if is_a(type(owner), type) else ()  # type: ignore[arg-type]
    for cls in (*kinds, *mro_of(type(owner))):
        yield from (name for name in dict_of_class(cls) if not name.startswith("_"))
    yield from (name for name in column_names(owner) or () if isinstance(name, str))


def _label(owner: object) -> str:
    if is_a(type(owner), type(sys)):
        return f"module {instance_dict(owner).get('__name__', '')}"
    return f"class {name_of(owner)}" if is_a(type(owner), type) else name_of(type(owner))  # type: ignore[arg-type]


def _about_import(error: BaseException) -> Iterator[str]:
    said, name = field_of(error, "msg"), field_of(error, "name")
    found = _CANNOT_IMPORT.search(said) if type(said) is str else None
    if found and found[2] in sys.modules:
        close = near(found[1], vars(sys.modules[found[2]]))
        if close:
            yield f"{found[2]} has no `{found[1]}`; names like it: {listed(close)}"
    elif is_error(error, ModuleNotFoundError) and type(name) is str:
        root = name.partition(".")[0]
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if root not in sys.modules:
            yield f"no package in this kernel's Python {version} provides `{root}`"
            loaded = {name.partition(".")[0] for name in list(sys.modules)}
            close = near(root, loaded | set(sys.stdlib_module_names))
            if close:
                yield f"modules like `{root}`: {listed(close)}"


def _about_file(error: BaseException) -> Iterator[str]:
    path = field_of(error, "filename")
    if type(path) is not str or not path:
        return
    folder, name = os.path.split(path)
    if not os.path.isdir(folder or "."):
        above, its_name = os.path.split(folder)
        like = near(its_name, _names_in(above))
        yield (
            f"there is no folder {key_text(folder)}"
            + ("" if os.path.isabs(folder) else " in the working directory")
            + (f"; names like it: {listed(like)}" if like else "")
        )
        return
    names = _names_in(folder)
    close = near(name, names)
    places = [os.path.join(folder, other, name) for other in ("..", *names[:_FOLDERS_TRIED])]
    elsewhere = [os.path.normpath(place) for place in places if os.path.isfile(place)][:_PLACES_TOLD]
    if elsewhere:
        yield f"there is no file {key_text(path)}; a file of that name: {listed(elsewhere)}"
    elif close:
        yield f"there is no file {key_text(path)}; in that folder, names like it: {listed(close)}"


def _names_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder or ".") as entries:
            return [entry.name for entry in islice(entries, _FILES_READ)]
    except OSError:
        return []


def _about_keys(wanted: Sequence[object], live: Live, *, all_listed: bool) -> Iterator[str]:
    """Hints about the wanted keys and columns that the values involved do not have.

    Of a value without a name like it, all names are told where `all_listed`.
    """
    holders = list(_holders(live))
    for key in wanted:
        lacking = {expression: _lacking(expression, value, key) for expression, value in holders}
        told = {expression: said for expression, said in lacking.items() if said is not None}
        is_near = any(like for like, _ in told.values())
        for expression, (like, sentence) in told.items():
            # In `a["b"]["x"]` what `a` has is beside the point.
            inner = any(other.startswith((f"{expression}[", f"{expression}.")) for other in told)
            if not inner and (like or (all_listed and not is_near)):
                yield sentence


def _holders(live: Live) -> Iterator[tuple[str, object]]:
    told: set[int] = set()
    for expression, value in live:
        if id(value) not in told and _keys_of(value) is not None:
            told.add(id(value))
            yield expression, value


def _lacking(expression: str, value: object, key: object) -> tuple[bool, str] | None:
    """Whether it has keys like one that it lacks, and a sentence about them; None where it has the key."""
    keys = _keys_of(value) or []
    if key_text(key) in {key_text(one) for one in keys}:
        return None
    what = "column" if column_names(table_behind(value)) is not None else "key"
    close = near(key, [one for one in keys if type(one) is str]) if type(key) is str else []
    if close:
        return (
            True,
            f"`{expression}` has no {what} {key_text(key)}; {what}s like it: {listed_keys(close)}",
        )
    has = listed_keys(keys[:_KEYS_LISTED]) or f"no {what}s"
    more = f" and {len(keys) - _KEYS_LISTED} more" if len(keys) > _KEYS_LISTED else ""
    return False, f"`{expression}` has no {what} {key_text(key)}; it has: {has}{more}"


def _keys_in(error: BaseException) -> Iterator[object]:
    """The key that a KeyError asked for; for any other error, the words that its message quotes."""
    key = first_argument(error)
    named = list(islice(_named_in(key[:2000]), _WORDS)) if type(key) is str else []
    is_sentence = type(key) is str and bool(named) and (_SENTENCE.search(key) is not None or "[" in key)
    if not is_error(error, KeyError) or is_sentence:
        yield from named
    elif type(key) in (str, int, float, bool, tuple):
        yield key


def _named_in(said: str) -> Iterator[str]:
    """The words that a message quotes; in "Column not found: price" the bare one."""
    quoted = [next(filter(None, match)) for match in _QUOTED.findall(_OF_AN_INDEX.sub("", said))]
    bare = _BARE_NAMES.search(said)
    yield from quoted or ([bare[1].strip()] if bare else [])


def _keys_of(value: object) -> list[object] | None:
    """The columns of a table or of a grouped one, the keys of a dict; None for anything else."""
    columns = column_names(table_behind(value))
    if columns is not None:
        return list(islice(columns, _KEYS_READ))
    if is_a(type(value), dict) and module_of(type(value)) in ("builtins", "collections", "__main__"):
        return list(islice(dict.keys(value), _KEYS_READ))  # type: ignore[arg-type]
    return None
