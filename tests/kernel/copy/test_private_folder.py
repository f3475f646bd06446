"""The folder of a copy: what works in it, what does not elsewhere, and that nothing of it is left."""

import ctypes
import mmap
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from jupyter_devstral.kernel.copy import landlock, private_folder
from jupyter_devstral.kernel.copy.forked import Forked
from jupyter_devstral.kernel.copy.outcome import RETURNED
from jupyter_devstral.kernel.copy.private_folder import PrivateFolder
from jupyter_devstral.kernel.copy.refusals import Refused

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's folder for temporary files, empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(params=["landlock", "without"], autouse=True)
def with_and_without_landlock(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setattr(landlock, "version", lambda: 0)
    elif not landlock.version():
        pytest.skip("this kernel has no Landlock")


def attempt(function):
    """What `function(folder)` gave in a copy, or the reason of its refusal, or the error's name."""

    def work(child):
        try:
            child.send({"value": repr(function(Path(tempfile.gettempdir())))})
        except Refused as error:
            child.send({"value": error.reason})
        except OSError as error:
            child.send({"value": type(error).__name__})

    made = Forked(work, seconds=20.0, memory=2**28)
    made.start()
    outcome = made.result()
    assert outcome.ended == RETURNED, outcome
    return outcome.sent[0]["value"]


def written_and_read(folder):
    (folder / "a").write_text("text")
    (folder / "deep" / "er").mkdir(parents=True)
    os.rename(folder / "a", folder / "deep" / "b")
    shutil.copy(folder / "deep" / "b", folder / "deep" / "er" / "c")
    os.symlink(folder / "deep", folder / "link")
    os.chmod(folder / "deep" / "b", 0o600)
    os.utime(folder / "deep" / "b", (0, 0))
    os.truncate(folder / "deep" / "b", 2)
    os.link(folder / "deep" / "b", folder / "hard")
    text = (folder / "link" / "b").read_text() + (folder / "deep" / "er" / "c").read_text()
    os.remove(folder / "link")
    shutil.rmtree(folder / "deep")
    return text, sorted(os.listdir(folder))


def database(folder):
    with sqlite3.connect(folder / "x.db") as base:
        base.execute("create table t (a)")
        base.execute("insert into t values (7)")
    return sqlite3.connect(folder / "x.db").execute("select a from t").fetchall()


def mapped(folder):
    (folder / "m").write_bytes(bytes(4096))
    with open(folder / "m", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[0] = 65
    return (folder / "m").read_bytes()[:1]


def relative(folder):
    os.chdir(folder)
    Path("here").write_text("x")
    return os.listdir()


@pytest.mark.parametrize(
    ("use", "value"),
    [
        (written_and_read, "('tetext', ['hard'])"),
        (database, "[(7,)]"),
        (mapped, "b'A'"),
        (relative, "['here']"),
        (lambda folder: os.path.dirname(tempfile.mkdtemp()) == os.environ["TMPDIR"], "True"),
    ],
)
def test_everything_works_in_it(temporary, use, value):
    assert attempt(use) == value
    assert os.listdir(temporary) == []


def through_a_link(folder, kept):
    os.symlink(kept, folder / "link")
    open(folder / "link", "w")  # noqa: SIM115


def linked(folder, kept):
    os.link(kept, folder / "hard")
    (folder / "hard").write_text("x")


def by_descriptor(folder, kept):
    os.remove(kept.name, dir_fd=os.open(kept.parent, os.O_RDONLY))


@pytest.mark.parametrize(
    "change",
    [
        lambda folder, kept: (kept.parent / "new").write_text("x"),
        lambda folder, kept: kept.write_text("x"),
        lambda folder, kept: (folder / ".." / "beside").write_text("x"),
        lambda folder, kept: os.rename(kept, folder / "mine"),
        lambda folder, kept: os.rename(Path(tempfile.mkstemp()[1]), kept),
        lambda folder, kept: shutil.move(kept, folder),
        lambda folder, kept: shutil.copy(tempfile.mkstemp()[1], kept),
        lambda folder, kept: os.rmdir(folder),
        through_a_link,
        linked,
        by_descriptor,
    ],
)
def test_every_other_path_is_refused(temporary, tmp_path_factory, change):
    kept = tmp_path_factory.mktemp("users") / "kept"
    kept.write_text("0123456789")
    assert attempt(lambda folder: change(folder, kept)).startswith("it writes files")
    assert kept.read_text() == "0123456789"
    assert os.listdir(kept.parent) == ["kept"]
    assert os.listdir(temporary) == []


def test_c_code_writes_there_and_nowhere_else(temporary, tmp_path_factory):
    if not landlock.version():
        pytest.skip("without Landlock that is not so, and CONTRIBUTING says so")
    other = tmp_path_factory.mktemp("users")
    c = ctypes.CDLL(None, use_errno=True)

    def make(folder):
        return c.open(os.fsencode(folder / "x"), os.O_CREAT | os.O_WRONLY, 0o600)

    assert attempt(make) != "-1"
    assert attempt(lambda folder: make(other)) == "-1"


def test_without_landlock_c_code_writes_nothing_before_the_folder_is_used(temporary, tmp_path_factory):
    if landlock.version():
        pytest.skip("with Landlock it may write there alone")
    other = tmp_path_factory.mktemp("users")
    c = ctypes.CDLL(None, use_errno=True)

    def write(folder):
        file = c.open(os.fsencode(other / "x"), os.O_CREAT | os.O_WRONLY, 0o600)
        return c.write(file, b"x", 1)

    assert attempt(write) == "-1"


@pytest.mark.parametrize(
    "leave",
    [
        lambda folder: os.kill(os.getpid(), signal.SIGKILL),
        lambda folder: os._exit(3),
        lambda folder: os.chmod(folder / "deep", 0),
        lambda folder: (os.symlink("/etc", folder / "link"), os.kill(os.getpid(), signal.SIGKILL)),
    ],
)
def test_it_is_gone_however_the_copy_ended(temporary, leave):
    def work(child):
        folder = Path(tempfile.gettempdir())
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
        leave(folder)

    made = Forked(work, seconds=20.0, memory=2**28)
    made.start()
    made.result()
    assert os.listdir(temporary) == []
    assert os.listdir("/etc")


def test_it_is_gone_when_the_copy_is_cancelled(temporary):
    made = Forked(lambda child: time.sleep(60), seconds=20.0, memory=2**28)
    made.start()
    assert len(os.listdir(temporary)) == 1
    made.cancel()
    assert os.listdir(temporary) == []


def test_what_a_killed_kernel_left_is_deleted_by_the_next(temporary, monkeypatch):
    script = textwrap.dedent("""
        import os, signal
        from jupyter_devstral.kernel.copy.private_folder import PrivateFolder
        open(PrivateFolder().path + "/file", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    alive = PrivateFolder()
    subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(temporary)}, timeout=60, check=False
    )
    assert len(os.listdir(temporary)) == 2
    monkeypatch.setattr(private_folder, "_swept", False)
    new = PrivateFolder()
    assert sorted(os.listdir(temporary)) == sorted(map(os.path.basename, [alive.path, new.path]))
    alive.remove()
    new.remove()
    new.remove()
    assert os.listdir(temporary) == []


def test_where_there_is_no_room_for_one_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    assert attempt(lambda folder: folder).endswith("gone')")
    assert attempt(lambda folder: (tmp_path / "x").write_text("x")) == "it writes files (x)"
