"""What a rehearsed cell may read: the notebook's folder, packages, the system; no secrets.

What C code opens raises no audit event and is not seen here. For a forked child; cannot be taken away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any
from urllib.parse import unquote

from ...core.agent.rules import is_secret_file, is_secret_variable
from ..copy.refusals import Refusals

READS, SECRET, FOLDER = (
    "it reads outside the notebook's folder",
    "it reads a secret",
    "it changes the working folder",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SYSTEM = ("/bin", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/usr", "/var/lib")
# Certificates that everybody has.
_PUBLIC = ("/etc/ssl/", "/etc/pki/", "/usr/")
# Caches and settings of libraries, and fonts.
_OF_HOME = (".cache", ".config/matplotlib", ".config/fontconfig", ".fonts", ".local/share/fonts", ".ipython")
# What reads on behalf of Python itself: imports, and sources for a traceback.
_PYTHON = frozenset({"importlib._bootstrap", "importlib._bootstrap_external", "linecache"})
_MAGICS = "IPython.core.magics"
# What only passes on a value of the environment: `os.path.expandvars` is in the path modules.
_OWN = frozenset({__name__, "os", "posixpath", "ntpath", "string", "_collections_abc", "collections.abc"})


class ReadGuard:
    """The guard of one copy; `allows` lets everything be read for the step that the user has allowed it to.

    Args:
        folders: that may be read besides: the one it may write to, the one that cells' files are named in.
    """

    def __init__(self, refusals: Refusals, folders: Sequence[str] = ()) -> None:
        self.allows = False
        self._refusals = refusals
        home = os.path.expanduser("~")
        packages = [path for path in sys.path if path and os.path.isabs(path)]
        roots = [os.getcwd(), sys.prefix, sys.base_prefix, *folders, *packages, *_SYSTEM]
        roots += [os.path.join(home, one) for one in _OF_HOME]
        self._roots = tuple({f"{os.path.realpath(root)}/" for root in roots if root})
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.chdir": self._change_folder,
            "os.fchdir": self._change_folder,
            "sqlite3.connect": self._open_database,
        }

    def install(self) -> None:
        """Guard from here on."""
        sys.addaudithook(self._hook)
        for environment in (os.environ, getattr(os, "environb", None)):
            if environment is not None:
                _guard_environment(environment, self._check_variable)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        handler = self._handlers.get(event)
        if handler is not None:
            handler(*arguments)

    def _open(self, path: object, mode: object, flags: object) -> None:
        if self.allows or not isinstance(path, (str, bytes)) or (isinstance(flags, int) and flags & _WRITING):
            return
        real = os.path.realpath(os.fsdecode(path))
        if _is_pythons(sys._getframe(1)):
            return
        if is_secret_file(real) and not real.startswith(_PUBLIC) and not self._refusals.is_library(real):
            self._refusals.refuse(f"{SECRET} ({os.path.basename(real)})")
        if not f"{real}/".startswith(self._roots):
            self._refusals.refuse(f"{READS} ({real})")

    def _open_database(self, database: object, *rest: object) -> None:
        """Check the file of a database, which C code opens; it may be given as `file:PATH?mode=ro`."""
        path = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
        if path.startswith("file:"):
            path = unquote(path.removeprefix("file:").partition("?")[0])
        if path and path != ":memory:":
            self._open(path, None, os.O_RDONLY)

    def _change_folder(self, path: object) -> None:
        self._refusals.refuse(FOLDER, path if isinstance(path, (str, bytes)) else "")

    def _check_variable(self, name: str) -> None:
        if self.allows or not is_secret_variable(name):
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__", "") in _OWN:
            frame = frame.f_back
        # A library that wants a key goes on to use it, which is refused by its effect; `%env` shows it.
        if frame is not None and (
            frame.f_globals.get("__name__", "").startswith(_MAGICS)
            or not self._refusals.is_library(frame.f_code.co_filename)
        ):
            self._refusals.refuse(f"{SECRET} ({name})")


def _guard_environment(environment: Any, check: Callable[[str], None]) -> None:
    plain: Any = type(environment)

    class Guarded(plain):  # type: ignore[misc]
        def __getitem__(self, key: Any) -> Any:
            value = super().__getitem__(key)
            check(os.fsdecode(key))
            return value

    environment.__class__ = Guarded


def _is_pythons(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__", "") in _PYTHON:
            return True
        frame = frame.f_back
    return False
