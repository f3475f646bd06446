"""The audit hook of a confined child, which refuses writing, network and programs, and says what.

Knows Python's audit events, no shell. An audit hook cannot be taken away: to be installed in a process that
will soon be gone. C code raises no audit events; see `confinement`.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any

from .processes import (
    is_this_process,
    keep_locks_within,
    refuse_other_processes,
    refuse_process_pools,
)

NAME_LIMIT = 60
WRITES, NETWORK, PROGRAM, SIGNALS, PROCESSES, SYSTEM, INPUT, THREAD = (
    "it writes files",
    "it uses the network",
    "it starts a program",
    "it sends signals to processes",
    "it changes other processes",
    "it changes settings of the system",
    "it waits for input",
    "it needs another thread of the kernel",
)

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NOWHERE = frozenset({os.devnull, os.fsencode(os.devnull), "/dev/stdout", "/dev/stderr"})
_AF_UNIX = 1

# Module (and function) whose refused attempts are about a cache or a probe, and which then go on without.
_CACHES = frozenset(
    {
        ("IPython.core.history", ""),
        ("astropy.config.paths", ""),
        ("ctypes.util", ""),
        ("joblib.externals.loky.backend.context", ""),
        ("matplotlib", "_get_config_or_cache_dir"),
        ("matplotlib.font_manager", ""),
        ("numba.core.caching", ""),
        ("platform", ""),
        ("uuid", ""),
    }
)


class Refused(PermissionError):
    """A refusal of what a copy may not do; a PermissionError, so that libraries fall back as they can.

    Attributes:
        reason: a phrase, "it writes files (out.csv)".
    """

    def __init__(self, reason: str, path: object = None) -> None:
        super().__init__(errno.EACCES, f"refused during a trial: {reason}", path)
        self.reason = reason


class Refusals:
    """The refusals of one process; `on_first` is told the first that was not about a library's cache.

    Args:
        sqlite: whether opening a database may mean writing.
        folder: the one below which everything is allowed, as its real path; "" for none.
        on_private: called before anything is written there.

    Attributes:
        unnoticed: the first that was, as a phrase; the library may still fail for want of it.
    """

    def __init__(
        self,
        on_first: Callable[[str], None],
        *,
        sqlite: bool,
        folder: str = "",
        on_private: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_first = on_first
        self._folder = folder
        self._on_private = on_private
        self._told = False
        self.unnoticed = ""
        self._library_roots = tuple(
            {os.path.dirname(os.__file__), *(p for p in sys.path if "-packages" in p)}
        )
        self._handlers = self._make_handlers(sqlite)

    def install(self) -> None:
        """Refuse from here on, for the rest of this process's life."""
        _replace_fork_exec(lambda *arguments: self.refuse(PROGRAM))
        refuse_process_pools(lambda *arguments, **options: self.refuse(PROGRAM))
        refuse_other_processes(
            lambda: self.refuse(PROCESSES), lambda *arguments, **options: self.refuse(SIGNALS)
        )
        # Of an administrator: it raises no audit event.
        for name in ("clock_settime", "clock_settime_ns"):
            setattr(time, name, lambda *arguments: self.refuse(SYSTEM))
        keep_locks_within()
        sys.addaudithook(self._hook)

    def tell_again(self) -> None:
        """Let `on_first` be told the next one: a step of its own begins."""
        self._told, self.unnoticed = False, ""

    def refuse(self, reason: str, name: object = "") -> None:
        """Raise `Refused`, always."""
        shown = shown_name(name)
        reason = f"{reason} ({shown})" if shown else reason
        if self._harmless():
            self.unnoticed = self.unnoticed or reason
        elif not self._told:
            self._told = True
            self._on_first(reason)
        raise Refused(reason, name if isinstance(name, str) and name else None)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        handler = self._handlers.get(event)
        if handler is not None:
            handler(*arguments)

    def _make_handlers(self, sqlite: bool) -> dict[str, Callable[..., None]]:
        handlers: dict[str, Callable[..., None]] = {
            "open": self._open,
            "mmap.__new__": self._map,
            "os.kill": self._kill,
            "resource.prlimit": self._limit,
            "socket.connect": self._connect,
            "socket.bind": self._connect,
            "socket.sendto": self._connect,
            "socket.sendmsg": self._connect,
            "subprocess.Popen": lambda program, *_: self.refuse(PROGRAM, program),
        }
        if sqlite:
            handlers["sqlite3.connect"] = self._open_database
        for event, places in _WRITING_EVENTS.items():
            handlers[event] = partial(self._change, event, places)
        handlers["os.mkdir"] = self._make_folder
        for events, handler in (
            (_RESOLVING, lambda host="", *_: self.refuse(NETWORK, host)),
            (_STARTING, lambda *_: self.refuse(PROGRAM)),
            (_SIGNALLING, lambda *_: self.refuse(SIGNALS)),
            ("socket.sethostname", lambda *_: self.refuse(SYSTEM)),
        ):
            handlers.update(dict.fromkeys(events.split(), handler))
        return handlers

    def _open(self, path: object, mode: object, flags: object) -> None:
        # A number is a descriptor that is open already.
        if isinstance(flags, int) and flags & _WRITING and type(path) is not int and path not in _NOWHERE:
            self._check(path)

    def _map(self, fileno: int, length: int, access: int, offset: int) -> None:
        # Shared and writable by default: numpy's and pandas' read-only maps say ACCESS_READ (1) or COPY (3).
        if fileno != -1 and access not in (1, 3) and not self._is_private(fileno):
            self.refuse(WRITES)

    def _change(self, event: str, places: tuple[Place, ...], *arguments: Any) -> None:
        itself = event in _OF_ENTRIES
        if all(self._is_private(*_place(one, arguments), itself=itself) for one in places):
            return
        path, folder = _place(places[0], arguments)
        # What is not there gives the error that the code may be prepared for; unless it is told by a folder's
        # descriptor, then we cannot know.
        if event not in _REMOVING or _exists(path) or folder is not None:
            self.refuse(WRITES, arguments[0] if arguments else "")

    def _make_folder(self, path: object, mode: int = 0, folder: int = -1) -> None:
        # One that is there already makes no change: the usual `makedirs(…, exist_ok=True)`.
        if not _exists(path):
            self._change("os.mkdir", ((0, 2),), path, mode, folder)

    def _open_database(self, database: object, *rest: object) -> None:
        if database not in (":memory:", b":memory:", ""):
            self._check(database)

    def _check(self, path: object) -> None:
        if not self._is_private(path):
            self.refuse(WRITES, path)

    def _is_private(self, path: object, folder: int | None = None, *, itself: bool = False) -> bool:
        """Whether a path, or an open descriptor, is below the folder of the copy.

        Args:
            folder: descriptor of what a path is relative to; default: the working directory.
            itself: a symbolic link is meant, and not what it points to.
        """
        if not self._folder:
            return False
        try:
            name = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else os.fsdecode(path)  # type: ignore[arg-type]
            base = os.getcwd() if folder is None else os.readlink(f"/proc/self/fd/{folder}")
            whole = os.path.join(base, name)
            real = os.path.realpath(os.path.dirname(whole) if itself else whole)
        except (OSError, TypeError, ValueError):
            return False
        if not f"{real}/".startswith(f"{self._folder}/"):
            return False
        self._on_private()
        return True

    def _connect(self, socket: Any, address: object, *rest: object) -> None:
        # Without an address it goes to where the socket is connected already: a pair of this process's own.
        if address is not None:
            host = address[0] if isinstance(address, tuple) and address else address
            self.refuse(NETWORK, host if getattr(socket, "family", 0) != _AF_UNIX else "a local socket")

    def _kill(self, pid: int, signal: int) -> None:
        if pid != os.getpid():
            self.refuse(SIGNALS)

    def _limit(self, pid: object, *rest: object) -> None:
        if not is_this_process(pid):
            self.refuse(PROCESSES)

    def _harmless(self) -> bool:
        """Whether a library asks that goes on without, for its cache or while it is imported."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name
            if (module, "") in _CACHES or (module, name) in _CACHES or module == "importlib._bootstrap":
                return True
            if module != __name__ and not self.is_library(frame.f_code.co_filename):
                return False
            frame = frame.f_back
        return False

    def is_library(self, filename: str) -> bool:
        """Whether a source file belongs to a library, Python's own included."""
        return filename.startswith((*self._library_roots, "<frozen"))


# Where an event names what it changes: the place of the path, and of the folder's descriptor (-1 for none).
Place = tuple[int, int]
_WRITING_EVENTS: dict[str, tuple[Place, ...]] = {
    "os.chflags": ((0, -1),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, -1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, -1),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, -1),),
    "os.utime": ((0, 3),),
    "shutil.chown": ((0, -1),),
    "shutil.copyfile": ((1, -1),),
    "shutil.copymode": ((1, -1),),
    "shutil.copystat": ((1, -1),),
    "shutil.copytree": ((1, -1),),
    "shutil.make_archive": ((0, -1),),
    "shutil.move": ((0, -1), (1, -1)),
    "shutil.rmtree": ((0, 1),),
    "shutil.unpack_archive": ((1, -1),),
    "tempfile.mkdtemp": ((0, -1),),
    "tempfile.mkstemp": ((0, -1),),
}
_REMOVING = frozenset({"os.remove", "os.rename", "os.rmdir", "shutil.rmtree"})
# About a symbolic link itself.
_OF_ENTRIES = frozenset({"os.remove", "os.rename", "os.rmdir", "os.symlink"})
_RESOLVING = (
    "socket.getaddrinfo socket.gethostbyname socket.gethostbyaddr socket.getnameinfo syslog.openlog"
    " syslog.syslog webbrowser.open"
)
_STARTING = "os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile os.system pty.spawn"
_SIGNALLING = "os.killpg signal.pthread_kill"


def shown_name(name: object) -> str:
    """Shorten a path, to its last part, or a host to one line for a badge."""
    if isinstance(name, (list, tuple)) and name:
        name = name[0]
    if isinstance(name, os.PathLike):
        name = os.fspath(name)
    text = os.fsdecode(name) if isinstance(name, (str, bytes)) else ""
    text = " ".join(
        "".join(c if c.isprintable() else " " for c in os.path.basename(text.rstrip("/"))).split()
    )
    return text if len(text) <= NAME_LIMIT else text[: NAME_LIMIT - 1] + "…"


def _place(place: Place, arguments: Sequence[Any]) -> tuple[Any, int | None]:
    """Find the path that an event names, and the descriptor of the folder it is relative to, or None."""
    at, folder_at = place
    path = arguments[at] if at < len(arguments) else ""
    folder = arguments[folder_at] if 0 <= folder_at < len(arguments) else None
    return path, folder if isinstance(folder, int) and folder >= 0 else None


def _exists(path: object) -> bool:
    return isinstance(path, (str, bytes, os.PathLike)) and os.path.lexists(path)


def _replace_fork_exec(refuse: Callable[..., None]) -> None:
    """Refuse the processes of multiprocessing, which start past every audit event."""
    try:
        import _posixsubprocess
    except ImportError:
        return
    _posixsubprocess.fork_exec = refuse  # type: ignore[assignment]
