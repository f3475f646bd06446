"""The confinement of a forked child: no files, network, programs or signals, and no longer than its time.

Four layers, each for what the one before cannot see: the inherited descriptors are made harmless, the
system's limits cap memory, processor time and the size of files, Landlock refuses what C code tries, and an
audit hook says in words what Python code tried. Must not know what the child is for.

What remains possible: a child without Landlock (older kernels, some containers) can, through C code, delete
or truncate files, start programs and open connections, and write files up to the cap of its private folder
once Python code has used that; with it, C code can still change limits of other processes, modes, owners and
times of files, and send UDP. Memory that is shared with another process is shared with the child:
`safety` keeps us from forking then. A child that is stopped in an uninterruptible system call dies when
that ends.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress

from . import landlock
from .private_folder import BYTES
from .refusals import Refusals

# How the system shows the memory of a semaphore that processes share (multiprocessing's locks).
SEMAPHORE = "/dev/shm/sem."

_DIE_WITH_PARENT = 1
_MAP_FIXED = 0x10
# OpenBLAS and OpenMP give a thread of the pools they start again about this much address space.
_POOL_BYTES_PER_CORE = 40 * 2**20
_GRACE_SECONDS = 1.0


def confine(
    keep: int, on_refusal: Callable[[str], None], *, seconds: float, memory: int, folder: str = ""
) -> Refusals:
    """Confine this process, a child just forked, for good; the descriptor `keep` stays as it is.

    Args:
        on_refusal: called once, with a phrase, when the first thing was refused.
        seconds: of wall clock until the system ends the child (a little later, should nobody else do it).
        memory: bytes that may be allocated beyond what the child was forked with.
        folder: the one that may be written to, as its real path; "" for none.
    """
    _expect_death(seconds)
    _keep_semaphores_apart()
    replace_descriptors({keep})
    _cap(seconds, memory)
    landlocked = landlock.restrict(folder)
    if folder and landlocked:
        allow_files()
    # SQLite opens a file it may only read read-only, which Landlock gives it; without, we cannot tell.
    # Without, C code may write anywhere as soon as it may write at all: not before the folder is used.
    refusals = Refusals(on_refusal, sqlite=not landlocked, folder=folder, on_private=allow_files)
    refusals.install()
    if folder:
        _name_temporary_folder(folder)
    return refusals


def allow_files() -> None:
    """Lift the cap on the size of files to what the private folder may hold."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def may_write_files() -> bool:
    """Whether the private folder is open for writing now."""
    return resource.getrlimit(resource.RLIMIT_FSIZE)[0] > 0


def _name_temporary_folder(folder: str) -> None:
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    # Where pytest would rather have its own.
    os.environ.pop("PYTEST_DEBUG_TEMPROOT", None)


def _expect_death(seconds: float) -> None:
    libc = landlock.libc()
    if libc is not None:
        libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    # Writing beyond the cap is to be an error, not the end.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE_SECONDS)
    # Should memory run out all the same, the child goes first, not the kernel.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def _keep_semaphores_apart() -> None:
    """Copy the shared ones; a child that dies with tqdm's lock would stop the kernel's bars."""
    libc = landlock.libc()
    if libc is None:
        return
    libc.mmap.restype = ctypes.c_void_p
    with open("/proc/self/maps") as maps:
        shared = [line.split(None, 1)[0] for line in maps if " rw-s " in line and SEMAPHORE in line]
    for range_ in shared:
        start, end = (int(number, 16) for number in range_.split("-"))
        content = ctypes.string_at(start, end - start)
        libc.mmap(
            ctypes.c_void_p(start),
            ctypes.c_size_t(end - start),
            mmap.PROT_READ | mmap.PROT_WRITE,
            mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED,
            -1,
            ctypes.c_long(0),
        )
        ctypes.memmove(start, content, end - start)


def _cap(seconds: float, memory: int) -> None:
    cores = os.cpu_count() or 1
    sizes = _own_sizes()
    spare = memory + cores * _POOL_BYTES_PER_CORE
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CPU, int((seconds + _GRACE_SECONDS) * cores) + 1)
    # Data counts what can be written to; address space also reservations and libraries, hence the wide cap.
    _lower(resource.RLIMIT_DATA, sizes["VmData"] + spare)
    _lower(resource.RLIMIT_AS, sizes["VmSize"] + 4 * spare)


def lift_memory_cap() -> None:
    """Make room to report in, when the child's work is done."""
    for limit in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (resource.getrlimit(limit)[1],) * 2)


def _lower(limit: int, value: int) -> None:
    soft, hard = resource.getrlimit(limit)
    allowed = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):
        resource.setrlimit(limit, (min([value, *allowed]), hard))


def _own_sizes() -> dict[str, int]:
    """Read the bytes of address space and of writable private memory of this process."""
    sizes = {"VmSize": 0, "VmData": 0}
    with open("/proc/self/status") as status:
        for line in status:
            name, _, rest = line.partition(":")
            if name in sizes:
                sizes[name] = int(rest.split()[0]) * 1024
    return sizes


def replace_descriptors(keep: set[int]) -> None:
    """Make every open descriptor but `keep` harmless to the process we were forked from.

    Files are opened again, read-only and at their position, as the two would share one position otherwise.
    Anything else becomes the null device. None is closed: a number would be given away again, and an object
    that still believes in it would close a stranger's.
    """
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for number in [int(name) for name in os.listdir("/proc/self/fd")]:
        if number == null or number in keep:
            continue
        # EBADF: the descriptor that listed the folder.
        with suppress(OSError):
            mode = os.fstat(number).st_mode
            if number <= 2 or not _reopen(number, mode):
                os.dup2(null, number, inheritable=number <= 2)
    _silence_streams()


def _reopen(number: int, mode: int) -> bool:
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return False
    try:
        own = os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    if stat.S_ISREG(mode):
        os.lseek(own, os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
    os.dup2(own, number, inheritable=False)
    os.close(own)
    return True


def _silence_streams() -> None:
    """Make new streams on the null device; the old ones keep what others have not flushed yet."""
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - lives as long as the child
    for name in ("stdout", "stderr"):
        stream = open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        setattr(sys, name, stream)
