"""Every way in which a cell can fail: it looks as it does without us, and is explained or left alone."""

import gc
import sys
import weakref

import nbformat
import pytest
from nbclient import NotebookClient

from jupyter_devstral.core.settings.config import EXPLAIN_PLACE
from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.kernel import Kernel
from tests.support.jupyter.shells import explainer_of

# IPython's numbers and addresses differ between two kernels, what failed does not.
EXPLAINED = {
    "runtime": "1 / 0",
    "chained": "try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('x') from e",
    "await": "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    1 / 0\nawait f()",
    "timed": "%%time\n1 / 0",
    "timed again": "%timeit -n1 -r1 1 / 0",
    "a script": "%%bash\nexit 3",
    "syntax": "x = (1",
    "indentation": "if True:\nx = 1",
    "tabs": "if True:\n        x = 1\n\ty = 2",
    "run": "%run bad.py",
    "repr": "class R:\n    def __repr__(self): 1 / 0\nR()",
    "html": "class H:\n    def _repr_html_(self): 1 / 0\nH()",
    "nested": "get_ipython().run_cell('1 / 0')",
    "captured": "%%capture\n1 / 0",
    "group": "raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])",
    "task group": (
        "import asyncio\nasync def f(): 1 / 0\nasync with asyncio.TaskGroup() as tasks:\n"
        "    tasks.create_task(f())"
    ),
    "plain traceback": "%xmode Plain\n1 / 0",
    "short traceback": "%xmode Minimal\n1 / 0",
    "debugger on, nobody there": "%pdb on\n1 / 0",
    "recursion": "def f(n):\n    return f(n + 1)\nf(0)",
}
LEFT_ALONE = {
    "unknown magic": "%no_such_magic",
    "wrong use of a magic": "%load_ext",
    "interrupted": "raise KeyboardInterrupt",
    "cancelled": "import asyncio\nraise asyncio.CancelledError",
    "left": "raise SystemExit",
    "debugger left": "import bdb\nraise bdb.BdbQuit",
    "thread": "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()",
    "our own advice": "%devstral pull",
    "nothing": "",
    "success": "x = 1",
}
CLEAN = "%pdb off\n%xmode Context"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    (folder / "bad.py").write_text("value = 1\nvalue / 0\n")
    return folder


@pytest.fixture(scope="module")
def without(folder):
    """A kernel that does not know us."""
    kernel = Kernel()
    kernel.run(f"%cd -q {folder}")
    yield kernel
    kernel.stop()


@pytest.fixture(scope="module")
def with_us(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(EXPLAIN_PLACE, "here")
        kernel = Kernel()
    kernel.run(f"%cd -q {folder}")
    kernel.run("%load_ext jupyter_devstral\n%config DevstralConfig.trial_seconds = 0")
    yield kernel
    kernel.stop()


@pytest.fixture
def asked(with_us, scripted_ollama):
    """How often the model was asked since the test began; each failure is a new one."""
    with_us.run(f"%config DevstralConfig.host = {scripted_ollama.url!r}")
    with_us.run("%unload_ext jupyter_devstral\n%load_ext jupyter_devstral")
    with_us.run(f"%config DevstralConfig.host = {scripted_ollama.url!r}")
    return lambda: len(scripted_ollama.chats)


def seen(result):
    """What of a cell the user saw, our own displays left out."""
    errors = [(content["ename"], content["evalue"]) for content in result.of("error")]
    streams = "".join(content["text"] for content in result.of("stream"))
    others = [each["data"] for each in result.displays if MIME not in each["data"]]
    return result.reply["status"], errors, streams.count("Traceback"), bool(streams), len(others)


def explanations(result):
    return [each["data"][MIME]["card"] for each in result.displays if MIME in each["data"]]


@pytest.mark.parametrize("case", sorted(EXPLAINED))
def test_a_failure_is_explained_behind_what_it_always_showed(with_us, without, asked, case):
    if case in ("group", "task group") and sys.version_info < (3, 11):
        pytest.skip("there are no exception groups in this Python")
    ours, bare = with_us.run(EXPLAINED[case], case), without.run(EXPLAINED[case], case)
    assert seen(ours) == seen(bare)
    assert explanations(ours)[-1]["state"] == "done"
    assert asked() == 1
    # Behind the traceback, never before it.
    kinds = [message["header"]["msg_type"] for _, message in ours.messages]
    shown = [kind for kind in kinds if kind in ("error", "stream", "display_data")]
    assert shown[-1] == "display_data"
    for kernel in (with_us, without):
        kernel.run(CLEAN)


@pytest.mark.parametrize("case", sorted(LEFT_ALONE))
def test_what_is_meant_is_left_alone(with_us, without, asked, case):
    ours = with_us.run(LEFT_ALONE[case], case)
    assert explanations(ours) == []
    assert asked() == 0
    if "devstral" not in LEFT_ALONE[case]:
        assert seen(ours) == seen(without.run(LEFT_ALONE[case], case))


def test_what_a_front_end_runs_behind_the_back_is_left_alone(with_us, asked):
    result = with_us.run("1 / 0", silent=True)
    assert result.reply["status"] == "error"
    assert explanations(result) == []
    assert asked() == 0


def test_a_cell_of_a_subshell(with_us, asked):
    if not with_us.client.kernel_info(reply=True)["content"].get("supported_features"):
        pytest.skip("this kernel has no subshells")
    result = with_us.run("1 / 0", "subshell", subshell=with_us.new_subshell())
    assert explanations(result)[-1]["state"] == "done"
    assert asked() == 1


def test_rich_tracebacks_stay(with_us, without, asked):
    pytest.importorskip("rich")
    install = (
        "import rich.traceback, IPython\nip = get_ipython()\nbefore = ip.showtraceback, ip._showtraceback\n"
    )
    install += "shown_syntax = ip.showsyntaxerror\nrich.traceback.install()"
    restore = "ip.showtraceback, ip._showtraceback = before\nip.showsyntaxerror = shown_syntax"
    for kernel in (with_us, without):
        kernel.run(install)
    ours, bare = with_us.run("1 / 0", "rich"), without.run("1 / 0", "rich")
    assert seen(ours) == seen(bare)
    assert explanations(ours)[-1]["state"] == "done"
    for kernel in (with_us, without):
        kernel.run(restore)


def test_another_handler_keeps_its_place(with_us, asked):
    with_us.run(
        "def handler(self, etype, value, tb, tb_offset=None):\n    print('handled', etype.__name__)\n"
        "get_ipython().set_custom_exc((Exception,), handler)"
    )
    result = with_us.run("1 / 0", "custom")
    assert "handled ZeroDivisionError" in "".join(each["text"] for each in result.of("stream"))
    assert explanations(result)[-1]["state"] == "done"
    with_us.run("get_ipython().set_custom_exc((), None)")
    assert "jupyter_devstral" not in with_us.run("get_ipython().CustomTB.__module__").text


def test_a_handler_that_fails_itself_is_ipythons_matter(with_us, without, asked):
    for kernel in (with_us, without):
        kernel.run(
            "def handler(self, etype, value, tb, tb_offset=None):\n    raise RuntimeError('handler')\n"
            "get_ipython().set_custom_exc((Exception,), handler)"
        )
    ours, bare = with_us.run("1 / 0", "custom"), without.run("1 / 0", "custom")
    assert seen(ours) == seen(bare)
    assert explanations(ours)[-1]["title"].startswith("ZeroDivisionError")
    assert asked() == 1
    for kernel in (with_us, without):
        kernel.run("get_ipython().set_custom_exc((), None)")


def test_a_cell_that_is_interrupted_while_it_awaits(with_us, asked):
    # Of one long sleep ipykernel learns of the interrupt only when something else wakes its loop.
    source = "import asyncio\nprint('begun')\nfor _ in range(600):\n    await asyncio.sleep(0.1)"
    started = with_us.start(source, "awaiting")
    with_us.finish(started, lambda result: result.of("stream"))
    with_us.interrupt()
    result = with_us.finish(started)
    assert result.reply["status"] == "error"
    assert explanations(result) == []
    assert asked() == 0
    assert explanations(with_us.run("1 / 0", "failing"))[-1]["state"] == "done"


def test_explained_when_the_debugger_of_pdb_on_was_left(ip, session, connected, run, monkeypatch, capsys):
    explainer_of(session).place = "here"
    session.config.trial_seconds = 0
    asked_while_open = []

    def typed(self, intro=None):
        asked_while_open.append(len(connected.chats))
        self.onecmd("p value + 1")
        self.onecmd("q")

    monkeypatch.setattr("pdb.Pdb.cmdloop", typed)
    run("%pdb on")
    run("def f(value):\n    return value / 0\nf(41)", "failing")
    run("%pdb off")
    assert asked_while_open == [0]
    assert "42" in capsys.readouterr().out
    assert len(connected.chats) == 1


def test_the_debugger_still_opens_where_it_failed(ip, session, connected, run, monkeypatch, capsys):
    explainer_of(session).place = "here"
    run("def f(value):\n    return value / 0\nf(41)", "failing")
    assert len(connected.chats) == 1
    lines = iter(["p value + 1", "q"])
    monkeypatch.setattr("builtins.input", lambda prompt="": next(lines))
    monkeypatch.setattr("pdb.Pdb.cmdloop", lambda self, intro=None: [self.onecmd(line) for line in lines])
    run("%debug", "debugging")
    assert "42" in capsys.readouterr().out
    assert len(connected.chats) == 1


def test_after_unloading_nothing_happens_and_loading_again_works(kernel, scripted_ollama):
    kernel.run("%devstral auto on")
    kernel.run("%unload_ext jupyter_devstral")
    result = kernel.run("1 / 0", "failing")
    assert result.reply["status"] == "error"
    assert explanations(result) == []
    left = "[c.__module__ for cs in get_ipython().events.callbacks.values() for c in cs]"
    assert "jupyter_devstral" not in kernel.run(left).text
    kernel.run(f"%load_ext jupyter_devstral\n%config DevstralConfig.host = {scripted_ollama.url!r}")
    kernel.run("%devstral auto on")
    assert explanations(kernel.run("2 / 0", "failing"))[-1]["state"] == "done"


def test_executed_as_a_whole_a_notebook_is_not_explained(scripted_ollama, monkeypatch):
    """Plain nbclient, papermill: nobody watches, and an output nobody expects would be stored."""
    for name in ("JPY_SESSION_NAME", EXPLAIN_PLACE):
        monkeypatch.delenv(name, raising=False)
    sources = [
        "%load_ext jupyter_devstral",
        f"%config DevstralConfig.host = {scripted_ollama.url!r}",
        "1 / 0",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    done = NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    assert [output.output_type for output in done.cells[2].outputs] == ["error"]
    assert scripted_ollama.chats == []


def test_memory_is_released(ip, session, connected, run):
    """Facts hold no frames: what a failed cell held goes when IPython forgets its error."""
    explainer_of(session).place = "here"
    session.config.trial_seconds = 0
    kept = ip.user_ns["kept"] = []
    run(
        "import weakref\nclass Big: pass\ndef f():\n    big = Big()\n    kept.append(weakref.ref(big))\n"
        "    return big.nothing\nf()",
        "failing",
    )
    assert len(connected.chats) == 1
    assert kept[0]() is not None
    # IPython and Python keep the last error; the next one takes its place.
    run("1 / 0", "other")
    ip.user_ns.pop("_", None)
    gc.collect()
    assert isinstance(kept[0], weakref.ref)
    assert kept[0]() is None
    assert explainer_of(session)._known
