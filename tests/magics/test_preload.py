"""What a first question needs is imported while the shell rests, and never at anybody's cost."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_devstral.core.importing import in_background, no_background_import
from jupyter_devstral.kernel.copy import forked
from jupyter_devstral.kernel.copy.forked import Forked
from jupyter_devstral.magics import preload
from tests.support.jupyter.shells import bare_ip, ip, run
from tests.support.scripted.server import ScriptedOllama
from tests.support.waiting import eventually

__all__ = ["bare_ip", "ip", "run"]
ROOT = Path(__file__).parents[2]
QUESTIONS = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext jupyter_devstral")
shell.run_cell(f"%config DevstralConfig.host = {sys.argv[1]!r}")
preload = shell.magics_manager.registry["DevstralMagics"].preload
deadline = time.monotonic() + 60
while not preload.is_done and time.monotonic() < deadline:
    time.sleep(0.05)
before = set(sys.modules)
shell.run_cell("%%devstral ask\\nwhy?", store_history=True)
shell.run_cell("1 / 0", store_history=True)
shell.run_cell("%devstral explain", store_history=True)
asked = set(sys.modules) - before
shell.run_cell("%unload_ext jupyter_devstral")
ours = ("jupyter_devstral", "httpx", "httpcore", "ollama", "pydantic", "jupyter_core", "platformdirs")
print(json.dumps([preload.is_done, sorted(name for name in asked if name.startswith(ours))]))
"""


@pytest.fixture
def watched(ip):
    """The preload of a shell."""
    return ip.magics_manager.registry["DevstralMagics"].preload


@pytest.fixture
def imported(monkeypatch):
    """The names that would be imported, without a wait before them."""
    names = []
    monkeypatch.setattr(preload, "_REST_SECONDS", 0.0)
    monkeypatch.setattr(preload, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(preload, "_import", names.append)
    return names


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "devstral-preload"]


def test_the_first_questions_behind_a_rest_import_nothing():
    with ScriptedOllama(["Because."]) as server:
        said = subprocess.run(
            [sys.executable, "-c", QUESTIONS, server.url],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=120,
            check=True,
        ).stdout
        assert len(server.chats) == 2
    assert json.loads(said.splitlines()[-1]) == [True, []]


def test_nothing_is_imported_where_no_cell_has_run(ip, imported):
    ip.run_cell("  ")
    assert threads() == []
    assert imported == []


def test_everything_is_imported_once(run, imported, watched):
    run("1")
    assert eventually(lambda: watched.is_done)
    assert imported == [*preload._PACKAGES, *preload._MODULES]
    run("2")
    assert threads() == []


def test_a_cell_that_begins_ends_the_rest_and_its_end_begins_another(run, watched, monkeypatch, imported):
    monkeypatch.setattr(preload, "_REST_SECONDS", 60.0)
    run("1")
    assert eventually(threads)
    run("1")
    monkeypatch.setattr(preload, "_REST_SECONDS", 0.0)
    run("2")
    assert eventually(lambda: watched.is_done)
    assert eventually(lambda: not threads())


def test_a_cell_inside_a_cell_begins_no_rest(ip, run, imported, watched):
    ip.user_ns["threads"] = threads
    run("get_ipython().run_cell('1'); seen = threads()")
    assert ip.user_ns["seen"] == []
    assert eventually(lambda: watched.is_done)


def test_a_cell_waits_for_the_module_under_way_and_for_no_other(run, watched, monkeypatch, imported):
    first, go_on = threading.Event(), threading.Event()

    def slow(name):
        imported.append(name)
        first.set()
        go_on.wait(30)

    monkeypatch.setattr(preload, "_import", slow)
    monkeypatch.setattr(preload, "_MOST_WAIT_SECONDS", 30.0)
    run("1")
    assert first.wait(30)
    threading.Timer(0.05, go_on.set).start()
    watched.pre_run_cell(None)
    assert go_on.is_set()
    assert eventually(lambda: not threads())
    assert len(imported) == 1


def test_no_copy_is_made_while_a_module_is_imported(monkeypatch):
    monkeypatch.setattr(forked, "_IMPORT_SECONDS", 0.01)
    copy = Forked(lambda child: None, seconds=5, memory=1 << 30)
    held, done = threading.Event(), threading.Event()

    def importing():
        with in_background():
            held.set()
            done.wait(30)

    thread = threading.Thread(target=importing)
    thread.start()
    assert held.wait(30)
    try:
        with pytest.raises(OSError, match="loading its own modules: try again"):
            copy.start()
    finally:
        done.set()
        thread.join()
    copy.start()
    assert copy.result().ended == "returned"


def test_a_copy_may_import_by_itself():
    def child(child):
        with no_background_import(0) as held:
            child.send({"held": held})

    copy = Forked(child, seconds=5, memory=1 << 30)
    copy.start()
    assert copy.result().sent == ({"held": True},)
