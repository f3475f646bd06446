"""What a child cannot do, whether Python or C code tries; and that descriptors are not shared with it."""

import ctypes
import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys

import pytest

from jupyter_devstral.kernel.copy import landlock
from jupyter_devstral.kernel.copy.forked import Forked
from jupyter_devstral.kernel.copy.outcome import RETURNED

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")
landlocked = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")


def attempt(function, **options):
    """What `function()` gave in a child: its value's repr or its error's name, and what was refused."""

    def work(child):
        try:
            child.send({"value": repr(function())})
        except Exception as error:  # noqa: BLE001 - the error is the result
            child.send({"error": type(error).__name__, "errno": getattr(error, "errno", None)})

    made = Forked(work, **{"seconds": 10.0, "memory": 2**28, **options})
    made.start()
    outcome = made.result()
    assert outcome.ended == RETURNED
    return outcome.sent[0], outcome.refused


@pytest.fixture
def kept(tmp_path):
    """A file with a known content, checked in the end."""
    path = tmp_path / "kept.bin"
    path.write_bytes(b"0123456789")
    yield path
    assert path.read_bytes() == b"0123456789"
    assert os.listdir(tmp_path) == ["kept.bin"]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: open(path, "w"),  # noqa: SIM115
        lambda path: open(path, "r+"),  # noqa: SIM115
        lambda path: os.open(path, os.O_WRONLY | os.O_TRUNC),
        lambda path: os.remove(path),
        lambda path: os.rename(path, f"{path}.new"),
        lambda path: os.link(path, f"{path}.new"),
        lambda path: os.symlink(path, f"{path}.new"),
        lambda path: os.truncate(path, 0),
        lambda path: os.chmod(path, 0o777),
        lambda path: os.utime(path, (0, 0)),
        lambda path: os.mkdir(f"{path}.new"),
    ],
)
def test_python_code_changes_no_file(kept, change):
    sent, refused = attempt(lambda: change(str(kept)))
    assert sent["error"] == "Refused"
    assert refused.startswith("it writes files (kept.bin")


C_CALLS = {
    "truncate an opened file": lambda c, path: c.open(path, os.O_WRONLY | os.O_TRUNC),
    "create": lambda c, path: c.open(path + b".new", os.O_CREAT | os.O_WRONLY, 0o600),
    "truncate": lambda c, path: c.truncate(path, ctypes.c_long(0)),
    "unlink": lambda c, path: c.unlink(path),
    "rename": lambda c, path: c.rename(path, path + b".new"),
    "mkdir": lambda c, path: c.mkdir(path + b".new", 0o700),
    "mkfifo": lambda c, path: c.mkfifo(path + b".new", 0o600),
    "signal the parent": lambda c, path: c.kill(os.getppid(), 0),
}


@landlocked
@pytest.mark.parametrize("name", C_CALLS)
def test_c_code_changes_nothing(kept, name):
    c = ctypes.CDLL(None, use_errno=True)
    sent, _ = attempt(lambda: C_CALLS[name](c, os.fsencode(kept)))
    assert sent == {"value": "-1"}


@landlocked
def test_c_code_starts_no_program(kept):
    c = ctypes.CDLL(None)
    sent, _ = attempt(lambda: c.system(f"echo x > {kept}".encode()))
    assert sent != {"value": "0"}


@landlocked
def test_c_code_opens_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        c = ctypes.CDLL(None, use_errno=True)

        def connect():
            address = port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
            with socket.socket() as mine:
                return c.connect(mine.fileno(), b"\x02\x00" + address, 16)

        assert attempt(connect)[0] == {"value": "-1"}


def test_an_existing_table_is_not_overwritten_by_a_library_in_c(kept):
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    table = arrow.table({"a": [1]})
    if landlock.version():
        assert attempt(lambda: pyarrow.parquet.write_table(table, str(kept)))[0]["error"] == "PermissionError"


def test_an_inherited_file_is_read_at_its_place_and_not_moved(kept):
    with open(kept, "rb", buffering=0) as file:
        file.read(3)
        assert attempt(lambda: file.read(4))[0] == {"value": "b'3456'"}
        assert file.tell() == 3


def test_an_inherited_file_is_not_written(kept):
    with open(kept, "r+b", buffering=0) as file:
        assert "error" in attempt(lambda: file.write(b"x"))[0]
        assert "error" in attempt(lambda: os.ftruncate(file.fileno(), 0))[0]
        assert "error" in attempt(lambda: os.pwrite(file.fileno(), b"x", 0))[0]


def test_inherited_pipes_and_sockets_lead_nowhere():
    ours, theirs = socket.socketpair()
    reads, writes = os.pipe()
    with ours, theirs:
        attempt(lambda: (os.write(writes, b"x"), os.write(theirs.fileno(), b"x")))
        ours.setblocking(False)
        os.set_blocking(reads, False)
        with pytest.raises(BlockingIOError):
            ours.recv(1)
        with pytest.raises(BlockingIOError):
            os.read(reads, 1)
    os.close(reads)
    os.close(writes)


def test_a_listening_socket_is_free_again_while_a_child_lives():
    import time

    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    made = Forked(lambda child: (child.send({"up": 1}), time.sleep(60)), seconds=20, memory=2**28)
    made.start()
    try:
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{made._pid}/fd/{server.fileno()}") and time.monotonic() < deadline:
            if not os.readlink(f"/proc/{made._pid}/fd/{server.fileno()}").startswith("socket:"):
                break
        server.close()
        socket.create_server(("127.0.0.1", port), reuse_port=False).close()
    finally:
        made.cancel()


def test_what_the_parent_has_not_flushed_is_written_once(tmp_path):
    with open(tmp_path / "log", "w") as file:
        file.write("once")
        attempt(lambda: file.flush())
        attempt(lambda: None)
    assert (tmp_path / "log").read_text() == "once"


def test_nothing_reaches_the_streams_of_the_parent(capfd):
    attempt(lambda: (print("out"), os.write(1, b"out"), os.write(2, b"err"), sys.__stderr__.write("err")))
    assert capfd.readouterr() == ("", "")


def test_a_lock_between_processes_is_not_shared():
    lock = multiprocessing.get_context("fork").Lock()
    assert attempt(lock.acquire)[0] == {"value": "True"}
    assert lock.acquire(timeout=5)
    lock.release()


def test_a_child_reads_nothing_from_the_terminal():
    assert attempt(lambda: sys.stdin.read())[0] == {"value": "''"}


def test_limits_of_memory_and_of_the_size_of_files():
    assert attempt(lambda: len(bytearray(2**30)), memory=2**28)[0]["error"] == "MemoryError"
    assert attempt(lambda: len(bytearray(2**27)), memory=2**28)[0] == {"value": str(2**27)}


def test_a_database_is_read_but_not_written(tmp_path):
    path = tmp_path / "data.db"
    database = sqlite3.connect(path)
    database.execute("create table t (a)")
    database.execute("insert into t values (7)")
    database.commit()
    database.close()
    reading = attempt(lambda: sqlite3.connect(path).execute("select a from t").fetchall())[0]
    assert reading in ({"value": "[(7,)]"}, {"error": "Refused", "errno": 13})
    writing = attempt(lambda: sqlite3.connect(path).execute("insert into t values (8)"))[0]
    assert writing["error"] in ("OperationalError", "Refused")


def test_handlers_of_signals_are_not_inherited():
    old = signal.signal(signal.SIGTERM, lambda *arguments: None)
    try:
        sent, _ = attempt(lambda: signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGTERM, old)
    assert sent == {"value": "True"}


def test_a_cache_that_a_library_cannot_write_is_no_refusal():
    import platform

    sent, refused = attempt(
        lambda: (platform._uname_cache and None, subprocess.__name__, platform.processor())
    )
    assert "value" in sent
    assert refused == ""


def test_without_landlock_databases_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(landlock, "version", lambda: 0)
    sent, refused = attempt(lambda: sqlite3.connect(tmp_path / "x.db"))
    assert (sent["error"], refused) == ("Refused", "it writes files (x.db)")
    assert attempt(lambda: (tmp_path / "y").write_text("x"))[1] == "it writes files (y)"
    assert os.listdir(tmp_path) == []
