"""A log of what was sent and done, as JSON lines that hold each other: each has the hash of the one before.

An edit, a deletion and another order are found by `verify`; a tail that was cut only by somebody who keeps
the last hash elsewhere (`head_of`). Kernels and servers may write at once. Content is never logged: counts,
names, hashes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

from ...core.errors import NotLogged
from ...core.settings.user_name import user_name

VERSION = 1
NAME = "audit.jsonl"
# A file that grew beyond this becomes `audit.jsonl.1`, and so on; the new one begins with its last hash.
_LARGEST_BYTES = 10_000_000
_BLOCK = 4096


@dataclass(frozen=True)
class Verified:
    """What became of checking a log.

    Attributes:
        lines: how many were read.
        broken: number of the first line that does not hold, 1-based; 0 where all do.
        why: what is wrong with it, as a sentence.
        head: hash of the last line; "" where nothing is logged.
        file: the one with that line; a log is several, once it has grown.
    """

    lines: int
    broken: int = 0
    why: str = ""
    head: str = ""
    file: Path = Path()


def default_path() -> Path:
    """The log of this user, in Jupyter's data folder."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "jupyter_devstral" / NAME


def append(path: Path, entry: Mapping[str, Any]) -> str:
    """Write one entry behind the last and return its hash.

    `entry` holds the fields beside v, time, seq, user, host and prev, which are added. Raises NotLogged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path) as log:
            last = _last_line(log)
            if log.seek(0, os.SEEK_END) > _LARGEST_BYTES:
                _rotate(path)
                with _locked(path) as fresh:
                    return _write(fresh, entry, last)
            return _write(log, entry, last)
    except OSError as error:
        raise not_written(path, error) from None


def check_writable(path: Path) -> None:
    """Raise NotLogged where no entry could be appended now."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            pass
    except OSError as error:
        raise not_written(path, error) from None


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of a log, oldest first; lines that are no JSON are left out. Raises OSError."""
    with path.open("rb") as log:
        for line in log:
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    yield entry


def verify(path: Path, *, head: str = "") -> Verified:
    """Check a log from its first line to its last, with the files that were put aside before it.

    A log that is missing is whole. `head` is a hash kept elsewhere: where it is no line's of this log, the
    tail was cut. Raises OSError.
    """
    files = _parts(path)
    if not files:
        return Verified(0, broken=1 if head else 0, why="The log is gone." if head else "", file=path)
    previous, lines, number, seen = None, 0, 0, not head
    for file in files:
        with file.open("rb") as log:
            for number, line in enumerate(log, 1):
                lines += 1
                why = _wrong(line, _head_before(file, line) if previous is None else previous)
                if why:
                    return Verified(lines, number, why, file=file)
                previous = _hash(line)
                seen = seen or previous == head
    if not seen:
        why = "The line with that hash is not there: the end was cut."
        return Verified(lines, number + 1, why, previous or "", path)
    return Verified(lines, head=previous or "", file=path)


def head_of(path: Path) -> str:
    """The hash of the last line; "" where nothing is logged. Raises OSError."""
    try:
        with path.open("rb") as log:
            line = _last_line(log)
    except FileNotFoundError:
        return ""
    return _hash(line) if line else ""


def not_written(path: Path, error: OSError) -> NotLogged:
    """The error for a log that cannot be written."""
    return NotLogged(
        f"The audit log {path} cannot be written ({error.strerror or error}), so nothing was sent or done. "
        "Ask whoever set the policy."
    )


def _write(log: IO[bytes], entry: Mapping[str, Any], last: bytes) -> str:
    before = _entry_of(last)
    said = {
        "v": VERSION,
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "seq": before.get("seq", 0) + 1 if isinstance(before.get("seq"), int) else 1,
        "user": _user(),
        "host": socket.gethostname(),
        **entry,
        "prev": _hash(last if last.endswith(b"\n") else last + b"\n") if last else "",
    }
    line = json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
    log.seek(0, os.SEEK_END)
    # Behind half a line, which a process left that died, one of its own.
    log.write(line if last.endswith(b"\n") or not last else b"\n" + line)
    log.flush()
    os.fsync(log.fileno())
    return _hash(line)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    """The log, for this process alone until the end of the block; readable by its owner only."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "r+b") as log:
            _lock(log)
            # Whoever held the lock before may have put another file in its place.
            if os.fstat(handle).st_ino == _inode(path):
                yield log
                return


def _lock(log: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        log.seek(0)
        msvcrt.locking(log.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(log, fcntl.LOCK_EX)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return -1


def _parts(path: Path) -> list[Path]:
    """The files of a log that there are, oldest first; a file that was put aside is by itself."""
    if path.suffix[1:].isdigit():
        return [path] if path.exists() else []
    aside = [one for one in path.parent.glob(f"{path.name}.*") if one.suffix[1:].isdigit()]
    return [*sorted(aside, key=lambda one: int(one.suffix[1:])), *([path] if path.exists() else [])]


def _rotate(path: Path) -> None:
    number = 1
    while path.with_name(f"{path.name}.{number}").exists():
        number += 1
    path.rename(path.with_name(f"{path.name}.{number}"))


def _last_line(log: IO[bytes]) -> bytes:
    end = log.seek(0, os.SEEK_END)
    tail = b""
    while end > 0 and tail.rstrip(b"\n").count(b"\n") < 1:
        step = min(_BLOCK, end)
        end -= step
        log.seek(end)
        tail = log.read(step) + tail
    lines = tail.splitlines(keepends=True)
    return lines[-1] if lines else b""


def _head_before(path: Path, first: bytes) -> str:
    """The hash that the first line of a file must name: of the file that was put aside before it, if any."""
    named = _entry_of(first).get("prev")
    heads = {head_of(one) for one in path.parent.glob(f"{_name(path)}*") if one != path} if named else set()
    return str(named) if named in heads else ""


def _wrong(line: bytes, previous: str) -> str:
    """Why a line does not hold; "" where it does."""
    entry = _entry_of(line)
    if not entry or not line.endswith(b"\n"):
        return "It is no whole line of JSON."
    if entry.get("prev") != previous:
        return "It does not follow the line before it: one of them was changed, moved or taken out."
    return ""


def _name(path: Path) -> str:
    """Of the log that a file is, or was, part of."""
    return path.stem if path.suffix[1:].isdigit() else path.name


def _entry_of(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _user() -> str:
    # A container's user may have no name.
    return user_name() or (str(os.getuid()) if hasattr(os, "getuid") else "")
