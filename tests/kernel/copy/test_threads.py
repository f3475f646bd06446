"""Threads of other code: whose they are, whether they work, and what a copy has in their place."""

import asyncio
import logging.handlers
import multiprocessing.pool
import os
import queue
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from jupyter_devstral.kernel.copy.forked import Forked
from jupyter_devstral.kernel.copy.outcome import RETURNED
from jupyter_devstral.kernel.copy.refusals import PROGRAM, THREAD, Refused
from tests.kernel.copy.test_safety import THREADS, reasons_after

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

LOOP = "import asyncio, threading\nloop = asyncio.new_event_loop()\n" + (
    "threading.Thread(target=loop.run_forever, daemon=True).start()\n"
)


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\necho hi",
        "%%script sh\necho hi",
        "%%script sh --bg\nsleep 60",
        "import asyncio\nawait asyncio.to_thread(sum, [1])",
        "import asyncio\nawait asyncio.get_running_loop().run_in_executor(None, print)",
        "from concurrent.futures import ThreadPoolExecutor as P\np = P(2)\nlist(p.map(abs, [1, 2]))",
        "from multiprocessing.pool import ThreadPool\np = ThreadPool(2)\np.map(abs, [1, 2])",
        "from concurrent.futures import ProcessPoolExecutor as P\np = P(1)\np.submit(abs, 1).result()",
        "import multiprocessing as m\np = m.get_context('fork').Pool(1)\np.map(abs, [1])",
        "import multiprocessing as m\nq = m.Queue()\nq.put(1)\nq.get()",
        "import logging.handlers, queue\nl = logging.handlers.QueueListener(queue.Queue())\nl.start()",
        LOOP,
        LOOP + "asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()",
        "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass",
        "import joblib\njoblib.Parallel(2, prefer='threads')(joblib.delayed(abs)(n) for n in range(4))",
    ],
)
def test_threads_that_wait_for_work_are_no_reason(cell):
    if "joblib" in cell:
        pytest.importorskip("joblib")
    assert THREADS not in reasons_after(cell)


SLEEP = "import time\ndef work(): time.sleep(60)\n"


@pytest.mark.parametrize(
    "cell",
    [
        SLEEP + "from concurrent.futures import ThreadPoolExecutor as P\np = P(1)\np.submit(work)",
        SLEEP + "from concurrent.futures import ThreadPoolExecutor as P\np = P(1)\np.submit(time.sleep, 60)",
        SLEEP + "from multiprocessing.pool import ThreadPool\np = ThreadPool(1)\n"
        "p.apply_async(time.sleep, (60,))\ntime.sleep(0.3)",
        SLEEP + "import asyncio\nt = asyncio.get_running_loop().create_task(asyncio.to_thread(work))\n"
        "await asyncio.sleep(0.1)",
        LOOP + "asyncio.run_coroutine_threadsafe(asyncio.sleep(60), loop)\nimport time\ntime.sleep(0.2)",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        SLEEP
        + "class Mine(__import__('threading').Thread):\n    def run(self): work()\nMine(daemon=True).start()",
    ],
)
def test_threads_that_work_are_a_reason(cell):
    assert THREADS in reasons_after(cell)


def test_a_thread_of_a_module_beside_the_notebook_is_the_users(tmp_path):
    (tmp_path / "mine.py").write_text("import time\ndef work():\n    time.sleep(60)\n")
    cell = (
        "import sys, threading\nsys.path.insert(0, '.')\nimport mine\n"
        "threading.Thread(target=mine.work, daemon=True).start()"
    )
    assert THREADS in reasons_after(cell, tmp_path=tmp_path)


def in_copy(function):
    """What `function()` gave in a copy, and what was refused there."""

    def work(child):
        try:
            child.send({"value": repr(function())})
        except Refused as error:
            child.send({"value": error.reason})

    made = Forked(work, seconds=10.0, memory=2**28)
    made.start()
    outcome = made.result()
    assert outcome.ended == RETURNED, outcome
    return outcome.sent[0]["value"]


def test_idle_pools_of_threads_work_in_a_copy():
    with ThreadPoolExecutor(2) as executor, multiprocessing.pool.ThreadPool(2) as pool:
        executor.submit(abs, -1).result()
        pool.map(abs, [-1])
        assert in_copy(lambda: executor.submit(abs, -2).result()) == "2"
        assert in_copy(lambda: list(executor.map(abs, range(-9, 0)))) == repr(list(range(9, 0, -1)))
        assert in_copy(lambda: pool.map(abs, [-3, -4])) == "[3, 4]"
        # The original's still have theirs.
        assert executor.submit(abs, -5).result() == 5
        assert pool.map(abs, [-6]) == [6]


def test_a_pool_of_threads_that_a_copy_makes_works_there():
    def mapped():
        with multiprocessing.pool.ThreadPool(2) as pool:
            return pool.map(abs, [-1, -2])

    assert in_copy(mapped) == "[1, 2]"


def test_locks_of_processes_work_between_the_threads_of_a_copy():
    def through():
        numbers = multiprocessing.Queue()
        numbers.put(1)
        with multiprocessing.Lock(), multiprocessing.Semaphore(2):
            return numbers.get()

    assert in_copy(through) == "1"


def test_a_pool_of_processes_is_refused_instead_of_waited_for():
    with ProcessPoolExecutor(1) as executor:
        executor.submit(abs, -1).result()
        assert in_copy(lambda: executor.submit(abs, -1).result()) == PROGRAM
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.map(abs, [-1])
        assert in_copy(lambda: pool.map(abs, [-1])) == PROGRAM


def test_a_loop_of_another_thread_is_refused_instead_of_waited_for():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def one():
        return 1

    try:
        assert asyncio.run_coroutine_threadsafe(one(), loop).result() == 1
        assert in_copy(lambda: asyncio.run_coroutine_threadsafe(one(), loop).result()) == THREAD
        assert asyncio.run_coroutine_threadsafe(one(), loop).result() == 1
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_what_a_listener_would_have_logged_does_not_hold_up_a_copy():
    listener = logging.handlers.QueueListener(records := queue.Queue())
    listener.start()
    try:
        time.sleep(0.05)
        assert in_copy(lambda: records.put_nowait(1)) == "None"
    finally:
        listener.stop()
