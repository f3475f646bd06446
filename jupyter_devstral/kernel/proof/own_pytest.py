"""pytest, and what it imports, past files of the user's with the same names.

A `pytest.py` or `pprint.py` beside the notebook would be run in its place. Ours stand in `sys.modules` only
while tests run: before and after, these names are the user's.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from ...core.own_packages import taken_names, without_users_folders

_PACKAGES = frozenset(
    (
        *("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "exceptiongroup", "tomli", "pygments"),
        *("hypothesis", "sortedcontainers", "attr", "attrs", "colorama", "py", "typing_extensions"),
    )
)
# What pytest imports only when something fails, or hypothesis when it has found something.
_LATE = """
    ast bdb calendar cmd codeop concurrent.futures contextvars copy csv difflib doctest fnmatch
    fractions getpass glob html importlib.metadata importlib.resources json logging numbers pdb
    pickle pprint queue random secrets shlex shutil statistics string tempfile textwrap timeit
    traceback tracemalloc unittest unittest.mock uuid xml.etree.ElementTree zipfile
"""
# Roots -> modules, of those names that are the user's.
_ours: dict[str, ModuleType] = {}


@contextmanager
def own_pytest() -> Iterator[None]:
    """Let imports of pytest, and its own, find ours; may be nested."""
    taken = taken_names(_PACKAGES | sys.stdlib_module_names)
    if not taken:
        yield
        return
    # What the user's code has imported is meant by his tests, too; pytest is not.
    users = {name: sys.modules[name] for name in list(sys.modules) if _root(name) in taken}
    for name in users:
        del sys.modules[name]
    sys.modules.update(_ours)
    try:
        _import_all(taken)
        kept = {name: module for name, module in users.items() if _root(name) not in _PACKAGES}
        sys.modules.update(kept)
        yield
    finally:
        for name in [name for name in sys.modules if _root(name) in taken]:
            module = sys.modules.pop(name)
            if users.get(name) is not module:
                _ours[name] = module
        sys.modules.update(users)


def import_pytest() -> None:
    """Import all that a run needs, so that copies of this process do not each do it again."""
    with own_pytest():
        _import()


def _import() -> None:
    from _pytest.assertion import rewrite, truncate, util  # noqa: F401
    from _pytest.config import get_config

    # Imports the plugins that every run has.
    get_config()


def _import_all(taken: frozenset[str]) -> None:
    """Import what would be looked for by these names, while it can be found."""
    with without_users_folders():
        _import()
        for name in _LATE.split():
            if _root(name) in taken:
                importlib.import_module(name)


def _root(name: str) -> str:
    return name.partition(".")[0]
