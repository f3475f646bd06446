"""The tests of a cell, defined beside the notebook's names without binding any of the user's anew.

A cell that would bind a name of the user's anew is executed in a copy of the namespace: as in a module of its
own, which is where `export-tests` puts it. What IPython alone puts into a namespace is not there meanwhile.
"""

from __future__ import annotations

import _sitebuiltins
import ast
import builtins
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from ...core.python.source import DEFINITIONS, names_of
from ...core.unit_tests.written_tests import is_test
from .own_pytest import own_pytest
from .pytest_run import is_case

# What rewritten asserts read from the namespace, and what cells of tests have put there.
HELPERS = ("@py_builtins", "@pytest_ar", "@devstral_tests")

_LAST_OUTPUTS = frozenset({"_", "__", "___"})
_ENDING = ("exit", "quit")
_SHELLS = ("IPython", "ipykernel")


@dataclass(frozen=True)
class CellTests:
    """The tests that a cell has defined.

    Attributes:
        names: what they are bound to, in the order of the cell.
        namespace: where those names, and the fixtures, are found.
        kept: names of the user's that the cell has an object of its own for; his stay as they are.
        twice: tests of which the cell has more than one; only the last of each is there.
    """

    names: tuple[str, ...]
    namespace: dict[str, Any]
    kept: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()


@dataclass
class _Made:
    """What cells of tests have bound in a namespace; lives in that namespace."""

    values: dict[str, Any] = field(default_factory=dict)
    # Sources and files of the cells whose tests are not in the namespace.
    apart: list[tuple[tuple[str, ...], str, str]] = field(default_factory=list)

    def __repr__(self) -> str:
        return "<names that cells of tests have bound>"


def define_tests(source: str, user_ns: dict[str, Any], filename: str) -> CellTests:
    """Execute a cell of tests, asserts rewritten by pytest.

    Args:
        source: plain Python.
        user_ns: the notebook's namespace; gets what the cell defines, where no name of it is the user's.
        filename: what tracebacks call it, known to `linecache`.

    Raises what the cell raises, SyntaxError included.
    """
    tree = ast.parse(source, filename)
    bound = _bound_in_order(tree, names_of(source).binds)
    made = _made_in(user_ns)
    taken = [name for name in bound if _is_users(name, user_ns, made)]
    changes = [name for name in taken if not _is_same_import(name, tree, user_ns)]
    apart = bool(changes) or _cannot_be_foreseen(tree)
    namespace = dict(user_ns) if apart else user_ns
    _execute(tree, source, namespace, filename)
    names = tuple(name for name in bound if _is_collected(name, namespace.get(name)))
    made.apart = [one for one in made.apart if not set(one[0]) & set(names)]
    if apart:
        made.apart.append((names, source, filename))
    else:
        made.values.update({name: user_ns[name] for name in bound if name in user_ns and name not in taken})
    kept = tuple(name for name in taken if namespace.get(name) is not user_ns[name])
    return CellTests(names, namespace, kept, tuple(_defined_twice(tree.body)))


def tests_apart(user_ns: dict[str, Any]) -> Iterator[CellTests]:
    """Define again the tests of earlier cells that were kept out of the namespace."""
    for _, source, filename in [*_made_in(user_ns).apart]:
        yield define_tests(source, user_ns, filename)


@contextmanager
def without_shell_names(namespace: dict[str, Any]) -> Iterator[None]:
    """Give code Python's own `open`, `exit` and `quit`, which IPython hides behind its own.

    Who patches `builtins.open` means what the code under test calls.
    """
    hidden = {name: value for name, value in namespace.items() if _is_shells(name, value)}
    for name in hidden:
        del namespace[name]
    # IPython takes these away while a cell runs; its own would end the kernel instead of raising.
    missing = [name for name in _ENDING if not hasattr(builtins, name)]
    for name in missing:
        setattr(builtins, name, _sitebuiltins.Quitter(name, ""))
    try:
        yield
    finally:
        for name in missing:
            delattr(builtins, name)
        for name, value in hidden.items():
            namespace.setdefault(name, value)


def _is_shells(name: str, value: object) -> bool:
    if name not in _ENDING and not hasattr(builtins, str(name)):
        return False
    # Where a function was defined, whatever it calls itself, else a class; the user's objects are not asked.
    module = value.__globals__.get("__name__") if type(value) is FunctionType else type(value).__module__
    return str(module).partition(".")[0] in _SHELLS


def _is_collected(name: str, value: object) -> bool:
    """Whether pytest takes it for tests; in a cell of tests its own rule holds, which is a wide one."""
    if inspect.isclass(value):
        return name.startswith("Test") or is_case(value)
    return name.startswith("test") and callable(value)


def _execute(tree: ast.Module, source: str, namespace: dict[str, Any], filename: str) -> None:
    with own_pytest():
        from _pytest.assertion.rewrite import rewrite_asserts

        rewrite_asserts(tree, source.encode("utf-8", "replace"))
        exec(compile(tree, filename, "exec", dont_inherit=True), namespace)  # noqa: S102 - the user runs this cell


def _made_in(user_ns: dict[str, Any]) -> _Made:
    made: _Made = user_ns.setdefault("@devstral_tests", _Made())
    return made


def _is_users(name: str, user_ns: dict[str, Any], made: _Made) -> bool:
    if name not in user_ns or name in _LAST_OUTPUTS:
        return False
    value = user_ns[name]
    return not (name in made.values and made.values[name] is value) and not _is_shells(name, value)


def _bound_in_order(tree: ast.Module, names: frozenset[str]) -> list[str]:
    """List the names that a cell binds, in its order."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        for name in (getattr(node, "name", None), getattr(node, "id", None)):
            if isinstance(name, str) and name in names:
                found[name] = None
    return [*found, *sorted(names - found.keys())]


def _is_same_import(name: str, tree: ast.Module, user_ns: dict[str, Any]) -> bool:
    """Whether the name is only bound by imports of what it stands for already."""
    others = ast.Module([node for node in tree.body if not _imports(node)], [])
    if name in names_of(ast.unparse(others)).binds:
        return False
    values = [value for node in tree.body for bound, value in _imports(node) if bound == name]
    return bool(values) and all(value is user_ns[name] for value in values)


def _imports(node: ast.stmt) -> list[tuple[str, Any]]:
    """List what an import binds, and to what, as far as that is imported already."""
    if isinstance(node, ast.Import):
        modules = [(one.asname or one.name.partition(".")[0], one) for one in node.names]
        return [(name, sys.modules.get(one.name if one.asname else name)) for name, one in modules]
    if isinstance(node, ast.ImportFrom) and not node.level:
        module = sys.modules.get(node.module or "")
        return [(one.asname or one.name, getattr(module, one.name, None)) for one in node.names]
    return []


def _cannot_be_foreseen(tree: ast.Module) -> bool:
    """Whether it may bind or take away names that its text does not show."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names):
            return True
        if isinstance(node, (ast.Global, ast.Delete)):
            return True
    return False


def _defined_twice(body: list[ast.stmt], inside: str = "") -> Iterator[str]:
    seen: set[str] = set()
    for node in body:
        if not isinstance(node, DEFINITIONS) or not is_test(node):
            continue
        if node.name in seen:
            yield f"{inside}{node.name}"
        seen.add(node.name)
        if isinstance(node, ast.ClassDef):
            yield from _defined_twice(node.body, f"{node.name}.")
