"""Landlock, by which Linux (5.13) refuses files, programs and TCP to a process and its threads.

Must not know why something is refused. Numbers are those of the kernel's `linux/landlock.h`.
"""

from __future__ import annotations

import ctypes
import glob
import os
import sys
from contextlib import suppress

# The same on every architecture: younger than the common table of system calls.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_SET_NO_NEW_PRIVS = 38
_LOG_SAME_EXEC_OFF = 1

_EXECUTE, _WRITE_FILE, _TRUNCATE = 1 << 0, 1 << 1, 1 << 14
# Remove and make, of every kind; "refer" (2) and "truncate" (3) came with later versions.
_FILES = _EXECUTE | _WRITE_FILE | sum(1 << bit for bit in range(4, 13))
_FILES_SINCE = {2: 1 << 13, 3: _TRUNCATE}
# Everything but executing, devices and sockets.
_OWN_FOLDER = _WRITE_FILE | _TRUNCATE | sum(1 << bit for bit in (4, 5, 7, 8, 10, 12, 13))
_BIND_AND_CONNECT_TCP = 0b11  # since 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # since 6

# Writing to these leaves nothing behind; a graphics card is not usable read-only.
_WRITABLE = ("/dev/null", "/dev/zero", "/dev/nvidia*", "/dev/kfd", "/dev/dri/*")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # what `_pack_` means; Python 3.14 wants it said
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def _load_libc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None


# Made before any fork: a child should not load libraries.
_LIBC = _load_libc()


def libc() -> ctypes.CDLL | None:
    """Give the C library of this process; None where it is not Linux's."""
    return _LIBC


def version() -> int:
    """Ask for Landlock's ABI version; 0 where the kernel, or a container's policy, has none."""
    if _LIBC is None:
        return 0
    return max(
        0, int(_LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG)))
    )


def restrict(writable: str = "") -> bool:
    """Keep this thread, and those it will start, from writing files, running programs and TCP connections.

    What is open already stays usable. Returns whether it took effect; there is no way back.

    Args:
        writable: a folder below which files may be made, written and deleted all the same; "" for none.
    """
    abi = version()
    if _LIBC is None or not abi:
        return False
    files = _FILES | sum(right for since, right in _FILES_SINCE.items() if abi >= since)
    attributes = _Ruleset(
        files,
        _BIND_AND_CONNECT_TCP if abi >= 4 else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0,
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _LIBC.syscall(
        _CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        return False
    try:
        for pattern in _WRITABLE:
            for path in glob.glob(pattern):
                _allow(ruleset, path, files & (_WRITE_FILE | _TRUNCATE))
        if writable:
            _allow(ruleset, writable, files & _OWN_FOLDER)
        _LIBC.prctl(
            _SET_NO_NEW_PRIVS, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)
        )
        # A refusal is the expected case here: nothing for the machine's audit log.
        flags = _LOG_SAME_EXEC_OFF if abi >= 7 else 0
        return bool(_LIBC.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(flags)) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    with suppress(OSError):
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = _PathBeneath(rights, parent)
            assert _LIBC is not None
            _LIBC.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
        finally:
            os.close(parent)
