"""The targets of `%devstral test NAME…`: functions and classes of the namespace, with their source."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib.util
import inspect
import linecache
import sys
import textwrap
from dataclasses import dataclass
from typing import Any

from IPython.core.getipython import get_ipython

from ...core.errors import UsageError
from ...core.python.source import DEFINITIONS, definitions_of
from ...core.unit_tests.question import PROPERTIES, leading_names
from ...core.unit_tests.written_tests import is_test_name
from .runs import plain_function

_NO_SOURCE = (
    "`{}` has no Python source that can be read (it is compiled, or made by other code), so its tests could "
    "not be proven. Wrap it in a function of the notebook, and test that."
)


@dataclass(frozen=True)
class Target:
    """A definition to test; `source` is that of the live object, dedented."""

    name: str
    source: str


def named_targets(text: str, namespace: dict[str, Any], form: str) -> tuple[tuple[Target, ...], str]:
    """Split the text into the functions and classes that it begins with, and the rest.

    Raises `UsageError` for a name that cannot be tested.
    """
    if form == PROPERTIES and importlib.util.find_spec("hypothesis") is None:
        raise UsageError("--properties needs hypothesis: `%pip install hypothesis`, then ask again.")
    names, rest = _named(text, namespace)
    return tuple(Target(name, _source_of(name, namespace[name])) for name in names), rest


def defined_targets(source: str, namespace: dict[str, Any]) -> tuple[Target, ...]:
    """List what a cell defines and the kernel has."""
    found = [(name, definition_source(namespace.get(name), name)) for name in _names_defined_by(source)]
    return tuple(Target(name, source) for name, source in found if source)


def _named(text: str, namespace: dict[str, Any]) -> tuple[list[str], str]:
    names, rest = leading_names(text, lambda name: can_be_tested(namespace.get(name)))
    word = text.strip()
    if not names and word.isidentifier():
        if inspect.isroutine(getattr(builtins, word, None)) and word not in namespace:
            raise UsageError(_NO_SOURCE.format(word))
        if word in namespace:
            raise UsageError(f"`{word}` is no function and no class: there is nothing to call in a test.")
        known = [name for name, value in namespace.items() if name[:1] != "_" and can_be_tested(value)]
        close = difflib.get_close_matches(word, known, 1)
        if close:
            raise UsageError(f"There is no function {word!r}. Did you mean {close[0]}?")
    return names, rest


def can_be_tested(value: object) -> bool:
    """Whether it can be called as a function or class of the notebook."""
    return inspect.isroutine(value) or inspect.isclass(value) or plain_function(value) is not None


def _source_of(name: str, value: object) -> str:
    source = definition_source(value, name)
    if source is None:
        raise UsageError(_NO_SOURCE.format(name))
    try:
        node = ast.parse(source).body[0]
    except (SyntaxError, IndexError):
        node = None
    if not isinstance(node, DEFINITIONS):
        raise UsageError(f"`{name}` is a lambda inside an expression: give it a `def`, and test that.")
    return source


def definition_source(value: object, name: str = "") -> str | None:
    """Read the source of a live function or class, decorators included, dedented; None where there is none.

    Args:
        name: what it is called in the notebook. What a decorator has put in the place of a definition has
            another source than that.
    """
    found = value if inspect.isclass(value) else plain_function(value)
    if found is None:
        return _source_in_cells(name) if name and callable(value) else None
    try:
        source = textwrap.dedent(inspect.getsource(found))
    except (OSError, TypeError):
        return _class_source(found) if inspect.isclass(found) else None
    in_cell = found.__module__ == "__main__" and name not in ("", *definitions_of(source))
    return (_source_in_cells(name) if in_cell else None) or source


def is_module(name: str) -> bool:
    """Whether a module can be imported; of a dotted name only the package is looked for."""
    package = name.partition(".")[0]
    if package in sys.modules:
        return True
    try:
        return bool(package) and importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _class_source(cls: type) -> str | None:
    """Find a class of a cell; `inspect` looks for a module's file, its methods know the cell's.

    One without methods is the last of its name that a cell has defined.
    """
    members = [plain_function(cls, (name,)) for name in vars(cls)]
    files = dict.fromkeys(member.__code__.co_filename for member in members if member is not None)
    in_files = (_definition_in(file, cls.__name__, ast.ClassDef) for file in files)
    found = next((source for source in in_files if source), None)
    return found or (_source_in_cells(cls.__name__, ast.ClassDef) if cls.__module__ == "__main__" else None)


def _source_in_cells(name: str, kind: type | tuple[type, ...] = DEFINITIONS) -> str | None:
    """Find the last definition of a name that a cell has executed."""
    # IPython's own table, from a cell's file to its execution count; without it (it is private) none.
    counts: dict[str, int] = getattr(getattr(get_ipython(), "compile", None), "_filename_map", {})
    files = sorted(counts, key=lambda file: counts[file], reverse=True)
    return next((source for source in (_definition_in(file, name, kind) for file in files) if source), None)


def _definition_in(file: str, name: str, kind: type | tuple[type, ...]) -> str | None:
    lines = linecache.getlines(file)
    node = definitions_of("".join(lines)).get(name)
    if node is None or not isinstance(node, kind):
        return None
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return textwrap.dedent("".join(lines[first - 1 : node.end_lineno])).rstrip()


def undefined_in(source: str, namespace: dict[str, Any]) -> list[str]:
    """List the functions and classes that a cell would define, and that the kernel does not have."""
    return [name for name in _names_defined_by(source) if name not in namespace]


def _names_defined_by(source: str) -> list[str]:
    """List the functions and classes at the top level of a cell; tests are not tested."""
    return [name for name in definitions_of(source) if not is_test_name(name)]
