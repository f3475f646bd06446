"""Import of the packages we depend on, past files of the user's with the same names.

A notebook's folder comes first on `sys.path`: a script `httpx.py` beside it would be run in place of the
package. Only such a name is loaded a second time, below PRIVATE, where nobody else meets it; every other
package stays the one module that the user's own import gives.
"""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

PRIVATE = f"{__name__}.private"
# The packages that the model client imports, or would if they were installed, beside the standard library.
NEEDED = frozenset(
    (
        *("annotated_types", "anyio", "brotli", "brotlicffi", "certifi", "click", "email_validator"),
        *("exceptiongroup", "h11", "h2", "httpcore", "httpx", "idna", "ollama", "pydantic", "pydantic_core"),
        *("pygments", "rich", "sniffio", "socksio", "trio", "typing_extensions", "typing_inspection"),
        "zstandard",
    )
)
# Packages -> those they import only on use, where a package loaded by the user would find the user's files.
_LATE = {"httpx": ("httpcore", "certifi"), "ollama": ("httpx",)}
_SHARED, _OWN, _ABSENT = "shared", "own", "absent"

_kinds: dict[str, str] = {}
_lock = threading.RLock()
# Separate from `_lock`: a thread that waits for another's import must not keep it from asking `_kind`.
_loading = threading.RLock()
_thread = threading.local()


def own_module(name: str) -> Any:
    """Import `name` from our environment, whatever the user's folders hold.

    Raises ImportError where it is missing.
    """
    root = name.partition(".")[0]
    with _lock:
        if _shadows():
            _watch_imports()
    return _imported(name, "" if _kind(root) == _ABSENT else _prefix(root))


def own_module_without_package(name: str) -> Any:
    """Import the submodule `name` without running its package's `__init__`."""
    root, _, rest = name.partition(".")
    whole = _prefix(root) + name
    with _loading:
        if whole in sys.modules:
            return importlib.import_module(whole)
        package = _spec_of(root)
        places = package.submodule_search_locations if package else None
        spec = PathFinder.find_spec(name, list(places or ()))
        if spec is None or spec.origin is None or "." in rest:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        redirected = ModuleSpec(whole, _Loader(whole, spec.origin), origin=spec.origin)
        redirected.has_location = True
        # The only function that loads from a spec under the module's import lock, as other threads need it.
        return importlib._bootstrap._load(redirected)  # type: ignore[attr-defined]


def _imported(name: str, prefix: str) -> ModuleType:
    if prefix and PRIVATE not in sys.modules:
        sys.modules[PRIVATE] = ModuleType(PRIVATE, "Packages whose names are taken by the user's files.")
        sys.modules[PRIVATE].__path__ = []
    with _importing():
        return importlib.import_module(prefix + name)


@contextmanager
def _importing() -> Iterator[None]:
    """Mark the imports of this thread as ours."""
    _thread.depth = getattr(_thread, "depth", 0) + 1
    try:
        yield
    finally:
        _thread.depth -= 1


def _redirected_import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """Replacement for `__import__` in our modules.

    Names shadowed by the user's files lead to our packages.
    """
    root = name.partition(".")[0]
    kind = _SHARED if level else _kind(root)
    if kind == _ABSENT:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    if not level and root == "ollama" and root != name:
        return own_module_without_package(name)  # type: ignore[no-any-return]
    with _importing():
        if kind == _SHARED:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = _imported(name, _prefix(root))
        if fromlist:
            return builtins.__import__(module.__name__, globals, locals, fromlist)
        return sys.modules[_prefix(root) + root]


class _Loader(SourceFileLoader):
    """A loader of modules whose imports stay redirected for their whole life."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module with redirected imports."""
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _redirected_import}
        super().exec_module(module)


class _Finder:
    """A finder of modules outside the user's folders, for imports that are ours."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """Find the spec of a module; None for imports that are not ours."""
        if not getattr(_thread, "depth", 0):
            return None
        real = name.removeprefix(f"{PRIVATE}.")
        # `PathFinder` looks for the last part of a name only, so private names work as well.
        spec = PathFinder.find_spec(name, path) if "." in real else _spec_of(real)
        if spec is None or type(spec.loader) is not SourceFileLoader or spec.origin is None:
            return spec
        found = ModuleSpec(name, _Loader(name, spec.origin), origin=spec.origin)
        found.submodule_search_locations = spec.submodule_search_locations
        found.has_location, found.cached = True, spec.cached
        return found


def _watch_imports() -> None:
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _shadows() -> bool:
    """Tell whether a name that we may import is, or would be, a file of the user's."""
    taken = {name for name in NEEDED if name in sys.modules}
    for folder in sys.path:
        if _real(folder) not in _environment():
            taken |= _names_in(folder or ".") & (NEEDED | sys.stdlib_module_names)
    return any(_kind(name) != _SHARED for name in sorted(taken))


def _names_in(folder: str) -> set[str]:
    try:
        return {entry.partition(".")[0] for entry in os.listdir(folder)}
    except OSError:
        return set()


def _prefix(root: str) -> str:
    return f"{PRIVATE}." if _kind(root) == _OWN else ""


def _kind(root: str) -> str:
    """The owner of the module that a name means.

    It is remembered, so that a name never means two of our modules.
    """
    with _lock:
        kind = _kinds.get(root) or _decided(root)
        if kind != _SHARED or root in sys.modules:
            _kinds[root] = kind
        return kind


def _decided(root: str) -> str:
    if BuiltinImporter.find_spec(root) is not None or FrozenImporter.find_spec(root) is not None:
        return _SHARED
    loaded = sys.modules.get(root)
    found = PathFinder.find_spec(root) if loaded is None else None
    if loaded is None and (found is None or found.origin is None):
        return _SHARED
    file = found.origin if found is not None else getattr(loaded, "__file__", None)
    # A module without a file is somebody's stand-in, as in tests.
    if isinstance(file, str) and not _is_users(root, file) and not _meets_users(root, loaded):
        return _SHARED
    return _ABSENT if _spec_of(root) is None else _OWN


def _meets_users(root: str, loaded: object) -> bool:
    """Tell whether a package loaded by somebody else would find the user's files when it is used."""
    kept = getattr(loaded, "__builtins__", None)
    redirected = isinstance(kept, dict) and kept.get("__import__") is _redirected_import
    return loaded is not None and not redirected and any(_kind(name) == _OWN for name in _LATE.get(root, ()))


def _is_users(root: str, file: str) -> bool:
    folder = os.path.dirname(os.path.realpath(file))
    if os.path.basename(file).partition(".")[0] == "__init__":
        folder = os.path.dirname(folder)
    if folder in _environment():
        return False
    return folder in _working_folders() or _spec_in(_environment(), root) is not None


def _spec_of(root: str) -> ModuleSpec | None:
    """The spec of `root` in our environment: packages first, other folders last, never the notebook's."""
    users = _working_folders()
    elsewhere = [folder for folder in sys.path if _real(folder) not in users]
    return _spec_in(_environment(), root) or _spec_in(elsewhere, root)


def _spec_in(folders: Iterable[str], root: str) -> ModuleSpec | None:
    spec = PathFinder.find_spec(root, [folder for folder in sys.path if _real(folder) in set(folders)])
    return spec if spec is not None and spec.origin is not None else None


@lru_cache(maxsize=1)
def _environment() -> frozenset[str]:
    """The folders of the standard library and of installed packages."""
    import site
    import sysconfig

    paths = sysconfig.get_paths()
    folders = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += [os.path.join(folder, "lib-dynload") for folder in folders[:2]]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    return frozenset(map(os.path.realpath, folders))


def _working_folders() -> frozenset[str]:
    """The folders of the notebook or script, and the current one."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    files = [main, os.environ.get("JPY_SESSION_NAME")]
    folders = [os.path.dirname(file) for file in files if isinstance(file, str) and file]
    folders += [folder for folder in sys.path if not os.path.isabs(folder)]
    return frozenset(map(_real, ["", *folders])) - _environment()


def _real(folder: str) -> str:
    try:
        return os.path.realpath(folder)
    except OSError:  # the current folder is gone
        return folder


def taken_names(names: Collection[str]) -> frozenset[str]:
    """Which of `names` a plain import would find, or has found, in a folder of the user's."""
    users = _working_folders()
    there = {name for folder in sys.path if _real(folder) in users for name in _names_in(folder or ".")}
    return frozenset(name for name in there & set(names) if name not in sys.modules or is_users_module(name))


def is_users_module(name: str) -> bool:
    """Whether a module that is loaded under this name is a file of the user's."""
    loaded = sys.modules.get(name)
    file = getattr(loaded, "__file__", None)
    # A folder without `__init__` is a package without a file.
    places = [file] if isinstance(file, str) else list(getattr(loaded, "__path__", ()))
    return any(isinstance(place, str) and _is_users(name, place) for place in places)


@contextmanager
def without_users_folders() -> Iterator[None]:
    """Import nothing from the folders of the notebook meanwhile."""
    before, users = sys.path[:], _working_folders()
    sys.path[:] = [folder for folder in before if _real(folder) not in users]
    try:
        yield
    finally:
        sys.path[:] = before
