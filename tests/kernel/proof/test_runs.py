"""Tests in copies of the kernel: files of their own, properties, and a machine that gives them no time."""

import os
import signal
import subprocess
import sys
import warnings

import pytest

from jupyter_devstral.core.unit_tests.mutants import mutants_of
from jupyter_devstral.kernel.proof.pytest_run import FAILED, PASSED
from jupyter_devstral.kernel.proof.runs import CUT_OFF, NOT_TRIED, run_in_copy, survivors

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")


@pytest.fixture
def in_copy(bare_ip):
    """The outcomes of the tests in a source, with what they say, by name."""

    def in_copy(source, seconds=20.0):
        names = [line.partition("def ")[2].partition("(")[0] for line in source.splitlines()]
        with warnings.catch_warnings():
            # A copy inherits that warnings are errors here; in a kernel they are not.
            warnings.simplefilter("ignore")
            found = run_in_copy(bare_ip, source, [n for n in names if n.startswith("test_")], seconds=seconds)
        return [(one.name, one.kind, one.message) for one in found]

    in_copy.ip = bare_ip
    return in_copy


def test_files_of_their_own_work_and_others_do_not(in_copy, tmp_path):
    source = (
        "def test_path(tmp_path):\n    (tmp_path / 'a').write_text('x')\n    assert any(tmp_path.iterdir())\n"
        "def test_factory(tmp_path_factory):\n    tmp_path_factory.mktemp('new')\n"
        "def test_dir(tmpdir):\n    tmpdir.join('a').write('x')\n"
        "def test_tempfile():\n    import tempfile\n    tempfile.NamedTemporaryFile().write(b'x')\n"
        "def test_there(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n    open('a', 'w')\n"
        f"def test_other():\n    open({str(tmp_path / 'mine.csv')!r}, 'w')\n"
    )
    *good, other = in_copy(source)
    assert [(kind, message) for _, kind, message in good] == [(PASSED, "")] * 5
    assert other == ("test_other", NOT_TRIED, "it writes files (mine.csv)")
    assert os.listdir(tmp_path) == []


PROPERTIES = """from hypothesis import given, settings, strategies as st
import time

@given(st.integers())
def test_holds(n):
    assert n + 0 == n

@given(st.integers())
def test_does_not(n):
    assert n < 1000

@settings(max_examples=2)
@given(st.booleans())
def test_slow(n):
    time.sleep(0.3)
"""


def test_a_property_is_not_judged_by_the_clock(in_copy):
    pytest.importorskip("hypothesis")
    holds, does_not, slow = in_copy(PROPERTIES)
    assert (holds[1], does_not[1], slow[1]) == (PASSED, FAILED, PASSED)
    assert not os.path.exists(".hypothesis/examples/devstral")


def test_what_waits_until_the_clock_ends_it_is_not_decided(in_copy):
    stopped = "def test_stopped():\n    import os\n    os.kill(os.getpid(), 19)\ndef test_good():\n    pass\n"
    assert in_copy(stopped, seconds=0.5) == [
        ("test_stopped", CUT_OFF, "not decided in 0.5 s"),
        ("test_good", PASSED, ""),
    ]
    looping = "def test_loop():\n    while True: pass\n"
    [(name, kind, reason)] = in_copy(looping, seconds=0.5)
    # Where others have the processor, what ended it is the clock, and it says so.
    assert (name, kind) == ("test_loop", CUT_OFF)
    assert reason in ("timed out after 0.5 s", "not decided in 0.5 s")


def test_a_mutant_is_not_caught_by_a_machine_that_gives_it_no_time(in_copy):
    ip, source = in_copy.ip, "def plus(a, b):\n    return a + b\n"
    ip.run_cell(source, store_history=True)
    mutants = mutants_of(source)
    stopping = (
        "import os\ndef test_plus():\n    if plus(1, 2) != 3:\n"
        f"        os.kill(os.getpid(), {int(signal.SIGSTOP)})\n"
    )
    assert survivors(ip, stopping, ["test_plus"], mutants, took=0.0, budget=30) == ([], [])
    looping = stopping.replace(f"os.kill(os.getpid(), {int(signal.SIGSTOP)})", "while True: pass")
    assert survivors(ip, looping, ["test_plus"], mutants, took=0.0, budget=30) == (mutants, [])


def test_temporary_files_without_end_are_not_tried(in_copy):
    filling = (
        "def test_fill(tmp_path):\n    for n in range(999):\n"
        "        (tmp_path / str(n)).write_bytes(bytes(2**22))\n"
        "def test_good():\n    pass\n"
    )
    kinds = in_copy(filling)
    assert kinds[0][:2] == ("test_fill", NOT_TRIED)
    assert "temporary files" in kinds[0][2]
    assert kinds[1] == ("test_good", PASSED, "")


def test_a_reason_is_of_the_test_that_it_ended(in_copy):
    """What was refused to one test, and swallowed by it, is not why another one ends its process."""
    source = (
        "def test_swallows():\n    try:\n        open('mine.csv', 'w')\n    except OSError:\n        pass\n"
        "def test_ends():\n    import os\n    os._exit(3)\n"
        "def test_both():\n    import os\n    try:\n        open('other.csv', 'w')\n"
        "    except OSError:\n        os._exit(3)\n"
    )
    found = in_copy(source)
    assert found[0] == ("test_swallows", PASSED, "")
    assert found[1] == ("test_ends", "error", "the process ended (status 3)")
    assert found[2] == ("test_both", "error", "it writes files (other.csv)")


SHADOWING = (
    "pytest",
    "_pytest",
    "pluggy",
    "iniconfig",
    "difflib",
    "pprint",
    "unittest",
    "doctest",
    "helpers",
)


def test_files_beside_the_notebook_are_not_taken_for_pytest_or_what_it_imports(tmp_path):
    """In a process of its own: here pytest is imported already."""
    for name in SHADOWING:
        (tmp_path / f"{name}.py").write_text(f"print('ran {name}')\nmine = 7\n")
    script = """
import sys
del sys.path[0]
from IPython.core.interactiveshell import InteractiveShell
from jupyter_devstral.kernel.proof.runs import run_in_copy
from jupyter_devstral.magics.tests_here import run_here
ip = InteractiveShell.instance()
sys.path.insert(0, "")
ip.run_cell("def plus(a, b):\\n    return a + b\\n", store_history=True)
source = '''
import pytest
from helpers import mine
@pytest.mark.parametrize("n", [1, 2])
def test_plus(n):
    assert plus(n, 0) == n
def test_wrong():
    assert [plus(1, 1), 3] == [2, mine]
'''
for one in run_in_copy(ip, source, ["test_plus", "test_wrong"], seconds=30):
    print(one.name, one.kind, one.message)
run_here(ip, source)
print("left:", sorted({"pytest", "_pytest", "pluggy", "iniconfig"} & sys.modules.keys()))
import pytest
print("pytest is", pytest.mine)
"""
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "IPYTHONDIR": str(tmp_path / "ipython")}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = ended.stdout.splitlines()
    assert "test_plus[1] passed " in lines, ended.stdout + ended.stderr
    assert "test_wrong failed assert [2, 3] == [2, 7]" in "\n".join(lines)
    assert "left: []" in lines
    assert lines[-1] == "pytest is 7", "and the name is the user's again"
    assert [line for line in lines if line.startswith("ran ") and "helpers" not in line] == ["ran pytest"]
