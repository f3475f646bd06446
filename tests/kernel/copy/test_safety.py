"""Reasons not to fork: told from threads, sockets, mappings and libraries as they are."""

import mmap
import os
import socket
import subprocess
import sys
import textwrap

import pytest

from jupyter_devstral.kernel.copy import safety as fork_safety
from jupyter_devstral.kernel.copy.hostile_libraries import named_values, used_packages

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

THREADS = "threads that the notebook's code started are running"
CONNECTIONS = "connections that the notebook's code opened are in use"
SHARED = "memory is shared with a file or another process"

# A shell in a process of its own: this one has threads and connections of other tests.
SCRIPT = """
import sys
from IPython.core.interactiveshell import InteractiveShell
from jupyter_devstral.kernel.copy.safety import reasons
ip = InteractiveShell.instance()
result = ip.run_cell({cell!r})
result.raise_error()
print(list(reasons(ip, {sources!r}, own_ports={own_ports!r})))
sys.stdout.flush()
for process in __import__("multiprocessing").active_children():
    process.kill()
__import__("os")._exit(0)
"""


def reasons_after(cell, sources=(), own_ports=(), tmp_path=None):
    script = SCRIPT.format(cell=textwrap.dedent(cell), sources=tuple(sources), own_ports=tuple(own_ports))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    return eval(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize(
    "cell",
    [
        "x = 1",
        "import numpy as np\n(np.ones((300, 300)) @ np.ones((300, 300))).sum()",
        "import asyncio\nloop = asyncio.new_event_loop()",
        "import socket\npair = socket.socketpair()\nunused = socket.socket()",
        "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
        "from tqdm import tqdm\nbar = tqdm(total=3); bar.update(1)",
        "f = open('/proc/self/maps')",
        "import mmap\nf = open('data', 'rb')\nm = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)",
        "import polars",
    ],
)
def test_nothing_speaks_against_it(cell, tmp_path):
    (tmp_path / "data").write_bytes(bytes(4096))
    assert reasons_after(cell, tmp_path=tmp_path) == []


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()", THREADS),
        (
            "import _thread, time\ndef f(): time.sleep(60)\n_thread.start_new_thread(f, ())\ntime.sleep(0.2)",
            THREADS,
        ),
        ("import threading\nt = threading.Timer(60, print)\nt.daemon = True\nt.start()", THREADS),
        ("import socket\ns = socket.create_server(('127.0.0.1', 0))", CONNECTIONS),
        (
            "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))",
            CONNECTIONS,
        ),
        ("import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('named')", CONNECTIONS),
        ("import mmap\nm = mmap.mmap(-1, 4096)", SHARED),
        ("import mmap\nf = open('data', 'r+b')\nm = mmap.mmap(f.fileno(), 0)", SHARED),
        ("import numpy as np\na = np.memmap('data', mode='r+')", SHARED),
        (
            "from multiprocessing.shared_memory import SharedMemory as S\nm = S(None, True, 64)\nm.unlink()",
            SHARED,
        ),
    ],
)
def test_what_speaks_against_it(cell, reason, tmp_path):
    (tmp_path / "data").write_bytes(bytes(4096))
    assert reason in reasons_after(cell, tmp_path=tmp_path)


def test_connections_of_the_kernel_and_of_ours_are_expected(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        cell = f"import socket\ns = socket.create_connection(('127.0.0.1', {port}))"
        assert reasons_after(cell) == [CONNECTIONS]
        assert reasons_after(cell, own_ports=[port]) == []


def test_a_library_with_threads_of_its_own_counts_where_it_is_used():
    started = (
        "import polars as pl\ndf = pl.DataFrame({'a': [1, 1]})\ng = df.group_by('a').agg(pl.len())\nx = 1\n"
        + ("def count(): return df.group_by('a').agg(pl.len())\n")
    )
    hostile = ["polars does not survive in a copy of the kernel"]
    assert reasons_after(started, ["x + 1"]) == []
    assert reasons_after(started, ["df.head()"]) == hostile
    assert reasons_after(started, ["import polars"]) == hostile
    assert reasons_after(started, ["count()"]) == hostile


def test_a_graphics_card_in_use(monkeypatch):
    assert fork_safety._uses_gpu(["/dev/nvidia0"])
    assert fork_safety._uses_gpu(["/dev/kfd"])
    assert not fork_safety._uses_gpu(["/dev/null", "/dev/nvidiactl", "pipe:[1]"])

    class Torch:
        class cuda:
            is_initialized = staticmethod(lambda: True)

    monkeypatch.setitem(sys.modules, "torch", Torch)
    assert fork_safety._uses_gpu([])


def test_other_platforms_have_no_sound_fork(monkeypatch, bare_ip):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert fork_safety.why_not(bare_ip) == "this platform has no sound fork"


def test_shared_memory_is_seen_in_this_process():
    before = fork_safety._shares_memory()
    with mmap.mmap(-1, 4096):
        assert fork_safety._shares_memory()
    assert fork_safety._shares_memory() == before


def test_what_code_uses_is_followed_through_the_users_functions():
    ns = {}
    exec(
        "import json\ndef outer(): inner()\ndef inner(): return [json.dumps(d) for d in data]\ndata = 1",
        ns,
    )
    assert set(named_values(ns, ["outer()"])) == {"outer", "inner", "json", "data"}
    assert "json" in used_packages(ns, ["outer()"])
    assert "numpy" in used_packages({}, ["if True:\n    import numpy as np"])
