"""Verdicts of trials: cells of every kind, run in a copy of a shell in this process."""

import os
import signal
import warnings

import pytest

from jupyter_devstral.kernel.trial import trial as trial_module
from jupyter_devstral.kernel.trial.child import Step
from jupyter_devstral.kernel.trial.trial import CLEAN, CUT_OFF, FAILS, NOT_TRIED, Trial, Verdict

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")


@pytest.fixture
def tried(bare_ip, monkeypatch):
    """The verdict on cells; what other tests left running in this process does not count."""
    monkeypatch.setattr(trial_module, "why_not", lambda *arguments, **options: "")

    def tried(*sources, **options):
        steps = [Step(source, f"cell {number}") for number, source in enumerate(sources, 1)]
        # A busy machine needs longer than a user waits.
        trial = Trial(bare_ip, steps, **{"seconds": 60.0, **options})
        # A copy inherits that warnings are errors here; in a kernel they are not.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trial.start()
        return trial.result()

    tried.ip = bare_ip
    return tried


@pytest.mark.parametrize(
    "source",
    [
        "",
        "1 + 1",
        "x = 1; x",
        "print('shown to nobody')",
        "import sys\nsys.stdout.write('x'); sys.stderr.write('y')",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.gcf().canvas.draw()",
        "%%time\nsum(range(10))",
        "%timeit -n1 -r1 pass",
        "print?",
        "import asyncio\nawait asyncio.sleep(0)",
        "import asyncio\nasyncio.run(asyncio.sleep(0))",
        "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
        "from concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(2).map(abs, [-1]))",
        "import numpy as np\na = np.ones((400, 400))\n(a @ a).sum()",
        "import os\nos.makedirs('/', exist_ok=True)",
        "open('/dev/null', 'w').write('x')",
        "import sqlite3\nsqlite3.connect(':memory:').execute('select 1').fetchall()",
        "import platform, uuid\nplatform.processor(); uuid.uuid1()",
        "import tempfile\ntempfile.gettempdir()",
        "import tempfile, os\nos.listdir(tempfile.mkdtemp())",
        "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    open(d + '/a', 'w').write('x')",
        "import tempfile\nwith tempfile.TemporaryFile() as f:\n    f.write(b'x')",
        "import tempfile\nwith tempfile.NamedTemporaryFile('w', suffix='.csv') as f:\n    f.write('x')",
        "import warnings\nwith warnings.catch_warnings():\n    pass",
        "import sys\nsys.settrace(lambda *a: None)\n1 + 1",
        "import signal\nsignal.signal(signal.SIGINT, lambda *a: None); signal.raise_signal(signal.SIGINT)",
        "class Quiet:\n    def __repr__(self): return 'q'\nQuiet()",
        "raise_later = lambda: 1 / 0",
    ],
)
def test_runs_clean(tried, source):
    verdict = tried(source)
    assert (verdict.kind, verdict.traceback, verdict.reason) == (CLEAN, "", "")
    assert verdict.badge().startswith("ran clean in ")


@pytest.mark.parametrize(
    ("source", "ename", "line"),
    [
        ("x = 1\n{}['prize']", "KeyError", 2),
        ("def f(:\n  pass", "SyntaxError", 1),
        ("x = 1\nreturn x", "SyntaxError", 2),
        ("%%time\n\n1 / 0", "ZeroDivisionError", 3),
        ("\n\nx = 1\n1 / 0", "ZeroDivisionError", 4),
        ("%nosuchmagic", "UsageError", 1),
        ("raise SystemExit(2)", "SystemExit", 1),
        ("exit()", "SystemExit", 1),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
        ("class E(BaseException):\n    pass\nraise E", "E", 3),
        ("class R:\n    def __repr__(self): raise ValueError\nR()", "ValueError", 2),
        ("class R:\n    def _repr_html_(self): return 1 / 0\nR()", "ZeroDivisionError", 2),
        ("get_ipython().run_cell('1 / 0')", "ZeroDivisionError", 0),
        ("import asyncio\nawait asyncio.wait_for(asyncio.sleep(9), 0.01)", "TimeoutError", 2),
        ("def f():\n    return f()\nf()", "RecursionError", 2),
        ("open('/no/such/file')", "FileNotFoundError", 1),
        ("import os\nos.remove('/no/such/file')", "FileNotFoundError", 2),
        ("assert False", "AssertionError", 1),
    ],
)
def test_fails(tried, source, ename, line):
    verdict = tried(source)
    assert (verdict.kind, verdict.ename, verdict.line) == (FAILS, ename, line)
    assert verdict.badge().startswith(f"still fails: {ename}")
    assert ename in verdict.traceback


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("open('out.csv', 'w')", "it writes files (out.csv)"),
        ("open('out.csv', 'a')", "it writes files (out.csv)"),
        ("from pathlib import Path\nPath('deep/out.txt').write_text('x')", "it writes files (out.txt)"),
        ("import numpy as np\nnp.save('a.npy', np.ones(3))", "it writes files (a.npy)"),
        ("import pandas as pd\npd.DataFrame({'a': [1]}).to_csv('out.csv')", "it writes files (out.csv)"),
        ("import os\nos.open('out', os.O_CREAT)", "it writes files (out)"),
        ("import os\nos.mkdir('new')", "it writes files (new)"),
        ("%%writefile out.py\nx", "it writes files (out.py)"),
        ("try:\n    open('out.csv', 'w')\nexcept OSError:\n    pass", "it writes files (out.csv)"),
        ("try:\n    open('out.csv', 'w')\nfinally:\n    {}[1]", "it writes files (out.csv)"),
        (
            "import urllib.request as u\nu.urlopen('http://model.invalid/')",
            "it uses the network (model.invalid)",
        ),
        ("import socket\nsocket.create_server(('127.0.0.1', 0))", "it uses the network (127.0.0.1)"),
        ("import subprocess\nsubprocess.run(['ls', '/'])", "it starts a program (ls)"),
        ("import os\nos.system('ls')", "it starts a program"),
        ("import os\nos.fork()", "it starts a program"),
        (
            "import multiprocessing as m\nm.get_context('fork').Process(target=print).start()",
            "it starts a program",
        ),
        (
            "import multiprocessing as m\nm.get_context('spawn').Process(target=print).start()",
            "it starts a program",
        ),
        ("!ls", "it starts a program (ls)"),
        ("files = !ls", "it starts a program (ls)"),
        ("%%bash\nls", "it starts a program (bash)"),
        ("import os\nos.kill(os.getppid(), 9)", "it sends signals to processes"),
        ("import os\nos.killpg(os.getpgid(0), 9)", "it sends signals to processes"),
        (
            "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGURG)",
            "it sends signals to processes",
        ),
        (
            "import os, resource\nresource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (64, 64))",
            "it changes other processes",
        ),
        (
            "import os\nos.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, 0))",
            "it changes other processes",
        ),
        (
            "import os\nos.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))",
            "it changes other processes",
        ),
        # Names that the machine has already, should it not be refused.
        ("import socket\nsocket.sethostname(socket.gethostname())", "it changes settings of the system"),
        ("import time\ntime.clock_settime(99, 0.0)", "it changes settings of the system"),
        ("input()", "it waits for input"),
        ("breakpoint()", "it waits for input"),
    ],
)
def test_is_not_tried(tried, tmp_path, monkeypatch, source, reason):
    monkeypatch.chdir(tmp_path)
    verdict = tried(source)
    assert verdict.kind == NOT_TRIED
    assert verdict.reason.startswith(reason)
    assert verdict.badge() == f"not tried: {verdict.reason}"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        "import tempfile\nwith tempfile.TemporaryFile() as f:\n    while True: f.write(bytes(2**20))",
        "import tempfile\nd = tempfile.mkdtemp()\nfor n in range(9):\n"
        "    with open(f'{d}/{n}', 'wb') as f: f.write(bytes(20 * 2**20))\nwhile True: pass",
        "import tempfile\nd = tempfile.mkdtemp()\nfor n in range(9999): open(f'{d}/{n}', 'w')\n"
        "while True: pass",
    ],
)
def test_temporary_files_are_capped(tried, source):
    verdict = tried(source, seconds=20.0)
    assert (verdict.kind, verdict.reason) == (NOT_TRIED, "it writes more than 64 MB of temporary files")


@pytest.mark.parametrize(
    "source",
    [
        "while True:\n    pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
        "import re\nre.match(r'(a+)+b', 'a' * 60)",
        "sum(range(10**12))",
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
        "import os\nos.closerange(3, 400)\nwhile True: pass",
    ],
)
def test_is_cut_off_when_it_does_not_end(tried, source):
    verdict = tried(source, seconds=0.6)
    # Where others have the processor, what ended it is the clock, and it says so.
    assert verdict.kind == CUT_OFF
    assert verdict.reason in ("timed out after 0.6 s", "not decided in 0.6 s")
    assert verdict.badge() == verdict.reason


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(60)",
        "import threading\nthreading.Lock().acquire() and threading.Lock()\nthreading.Event().wait()",
        "import asyncio\nawait asyncio.sleep(60)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    ],
)
def test_is_not_decided_when_it_waits_until_the_clock_ends_it(tried, source):
    verdict = tried(source, seconds=0.6)
    assert (verdict.kind, verdict.reason) == (CUT_OFF, "not decided in 0.6 s")
    assert verdict.badge() == "not decided in 0.6 s"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import os\nos._exit(3)", "the process ended (exit status 3)"),
        ("import os\nos._exit(0)", "the process ended (exit status 0)"),
        ("import os\nos.abort()", "the process ended (SIGABRT)"),
        ("import ctypes\nctypes.string_at(0)", "the process ended (SIGSEGV)"),
        ("import os\nos.closerange(0, 400)", "the process ended (exit status 0)"),
    ],
)
def test_ends_its_process(tried, source, text):
    verdict = tried(source)
    assert (verdict.kind, verdict.ename, verdict.evalue) == (FAILS, "", text)
    assert verdict.badge() == f"still fails: {text}"


def test_a_deep_recursion_that_breaks_the_stack(tried):
    source = (
        "import sys\nsys.setrecursionlimit(10**6)\n"
        "class A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\n"
        "a = []\nfor _ in range(10**6): a = [a]\nrepr(a)"
    )
    verdict = tried(source, seconds=3.0)
    assert verdict.kind in (FAILS, CUT_OFF)


def test_killed_from_outside_or_by_itself(tried):
    verdict = tried("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert (verdict.kind, verdict.reason) == (CUT_OFF, "killed (SIGKILL)")


@pytest.mark.parametrize(
    "source", ["b = bytearray(2**31)", "import numpy as np\nnp.ones(2**28)", "[0] * 2**28"]
)
def test_memory_is_capped(tried, source):
    verdict = tried(source)
    assert (verdict.kind, verdict.reason) == (NOT_TRIED, "it needs more than 1 GB of memory")


def test_memory_below_the_cap_is_given(tried):
    assert tried("b = bytearray(300 * 2**20)").kind == CLEAN


def test_an_error_whose_text_cannot_be_read(tried):
    verdict = tried("class E(Exception):\n    def __str__(self): return 1 / 0\nraise E")
    assert (verdict.kind, verdict.ename, verdict.evalue) == (FAILS, "E", "<its text cannot be read>")


def test_a_long_error_is_cut(tried):
    verdict = tried("raise ValueError('long ' * 100_000)")
    assert len(verdict.evalue) <= 400
    assert len(verdict.badge()) <= 110
    assert "\n" not in verdict.badge()


def test_an_error_with_half_a_character(tried):
    assert tried("raise ValueError('\\ud800')").evalue == "?"


def test_steps_share_a_namespace_and_the_first_failure_ends_them(tried):
    verdict = tried("a = 1", "b = a + 1\n{}[b]", "open('never', 'w')")
    assert (verdict.kind, verdict.step, verdict.line, verdict.evalue) == (FAILS, 1, 2, "2")
    assert verdict.traceback.startswith("cell 2, line 2")


def test_the_traceback_has_the_users_frames_only(tried):
    tried.ip.run_cell("def load(d):\n    return d['prize']")
    verdict = tried("x = 1\nimport json\njson.loads('[1]', object_hook=1, parse_int=lambda s: load({}))")
    assert verdict.traceback.split("\n") == [
        "cell 1, line 3",
        "    json.loads('[1]', object_hook=1, parse_int=lambda s: load({}))",
        "cell 1, line 3, in <lambda>",
        "    json.loads('[1]', object_hook=1, parse_int=lambda s: load({}))",
        "an earlier cell, line 2, in load",
        "    return d['prize']",
        "KeyError: 'prize'",
    ]


@pytest.mark.parametrize(
    ("before", "source", "changes"),
    [
        ("x = 1", "y = x", ()),
        ("x = 1", "x = 1", ()),
        ("x = 1", "x = 2", ("x",)),
        ("x = 1", "x = 1.0", ("x",)),
        ("x = 1", "del x", ("x",)),
        ("x = [1]", "x.append(2)", ("x",)),
        ("x = [1]", "x.append(2); x.pop()", ()),
        ("x = y = [1]", "x.append(2)", ("x", "y")),
        ("d = {'a': [1]}", "d['a'].append(1)", ("d",)),
        ("s = {1}", "s.add(2)", ("s",)),
        ("def f(): return 1", "def f(): return 1", ()),
        ("def f(): return 1", "def f(): return 2", ("f",)),
        ("x = [1]\ndef grow(): x.append(2)", "grow()", ("x",)),
        ("class C: pass\nc = C(); c.a = 1", "c.a = 2", ("c",)),
        ("import numpy as np\na = np.zeros(3)", "a[1] = 1", ("a",)),
        ("import numpy as np\na = np.zeros(3); b = a[:]", "a[1] = 1", ("a", "b")),
        ("import pandas as pd\nd = pd.DataFrame({'a': [1]})", "d['b'] = 2", ("d",)),
        ("import pandas as pd\nd = pd.DataFrame({'a': [1]})", "d.loc[0, 'a'] = 2", ("d",)),
        ("import pandas as pd\nd = pd.DataFrame({'a': [1]})", "d.columns = ['A']", ("d",)),
        ("import pandas as pd\nd = pd.DataFrame({'a': [1]})", "d = d.astype(float)", ("d",)),
        ("import pandas as pd\nd = pd.DataFrame({'a': [1]})", "d = d.copy()", ()),
        ("import pandas as pd\nd = pd.DataFrame({'a': [[1]]})", "d.a[0].append(2)", ("d",)),
        ("import pandas as pd\ns = pd.Series([1])", "s[0] = 5", ("s",)),
        ("import pandas as pd\nd = pd.DataFrame({'a': [2, 1]})", "d.sort_values('a', inplace=True)", ("d",)),
        ("import pandas as pd\nd = pd.DataFrame({'a': [2, 1]})", "d.sort_values('a').head()", ()),
        ("import math", "import math", ()),
        ("class Bad:\n    def __eq__(self, o): 1 / 0\nb = Bad()", "b; c = b", ()),
    ],
)
def test_says_what_it_changes(tried, before, source, changes):
    tried.ip.run_cell(before)
    verdict = tried(source)
    assert (verdict.kind, verdict.changes) == (CLEAN, changes)


def test_a_failure_says_what_it_had_changed(tried):
    tried.ip.run_cell("x = [1]")
    assert tried("x.append(2)\n1 / 0").changes == ("x",)


def test_random_numbers_go_on_where_the_kernel_is(tried):
    import random

    import numpy as np

    for generator, expression in ((random.random, "random.random()"), (np.random.rand, "np.random.rand()")):
        tried.ip.run_cell("import random\nimport numpy as np\nrandom.seed(1); np.random.seed(1)")
        source = f"assert {expression} == first"
        tried.ip.user_ns["first"] = generator()
        random.seed(1)
        np.random.seed(1)
        assert tried(source).kind == CLEAN
        assert generator() == tried.ip.user_ns["first"]


def test_the_shell_is_as_it_was(tried):
    ip = tried.ip
    ip.run_cell("x = [1]")
    before = dict(ip.user_ns)
    hooks = ip.showtraceback, ip.displayhook.quiet, ip.system, ip.history_manager.enabled
    tried("x.append(2)\ny = 1\nimport os\nos.chdir('/'); os.environ['TRIED'] = '1'\n1 / 0")
    assert ip.user_ns == before
    assert ip.user_ns["x"] == [1]
    assert (ip.showtraceback, ip.displayhook.quiet, ip.system, ip.history_manager.enabled) == hooks
    assert "TRIED" not in os.environ


def test_cancelled_before_during_and_after(tried, bare_ip):
    early = Trial(bare_ip, [Step("1")])
    early.cancel()
    early.start()
    assert early.result() == Verdict(CUT_OFF, reason="cancelled")
    running = Trial(bare_ip, [Step("import time; time.sleep(60)")])
    running.start()
    running.cancel()
    running.cancel()
    assert running.result().badge() == "cancelled"
    ended = Trial(bare_ip, [Step("1")])
    ended.start()
    assert ended.result().kind == CLEAN
    ended.cancel()
    assert ended.result().kind == CLEAN


def test_an_interrupt_ends_the_copy_and_is_raised(tried, bare_ip):
    trial = Trial(bare_ip, [Step("import time; time.sleep(60)")], seconds=30)
    trial.start()
    old = signal.signal(signal.SIGALRM, lambda *arguments: signal.raise_signal(signal.SIGINT))
    # Tests that run in the background ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = signal.getitimer(signal.ITIMER_REAL)

    def interrupted() -> None:
        # Again, for one that comes in the middle of a callback whose errors Python drops.
        signal.setitimer(signal.ITIMER_REAL, 0.2, 2)
        trial.result()

    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.signal(signal.SIGALRM, old)
        signal.signal(signal.SIGINT, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)
    with pytest.raises(ChildProcessError):
        os.waitpid(trial._forked._pid, os.WNOHANG)
    assert trial.result().kind == CUT_OFF


@pytest.mark.parametrize(
    ("verdict", "badge"),
    [
        (Verdict(CLEAN, 0.234), "ran clean in 0.2 s"),
        (Verdict(CLEAN, 0.0121), "ran clean in 12 ms"),
        (Verdict(CLEAN, 0.2, changes=("df",)), "ran clean in 0.2 s, changes df"),
        (Verdict(CLEAN, 0.2, changes=tuple("abcde")), "ran clean in 0.2 s, changes a, b, c and 2 more"),
        (Verdict(FAILS, ename="KeyError", evalue="'prize'"), "still fails: KeyError 'prize'"),
        (Verdict(FAILS, ename="StopIteration"), "still fails: StopIteration"),
        (Verdict(FAILS, ename="ValueError", evalue="a\n b"), "still fails: ValueError a b"),
        (Verdict(NOT_TRIED, reason="it writes files (out.csv)"), "not tried: it writes files (out.csv)"),
    ],
)
def test_badges(verdict, badge):
    assert verdict.badge() == badge
