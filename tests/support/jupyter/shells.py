"""Shells for the tests of the magics: one in this process, one that records its displays."""

import atexit
from collections import defaultdict

import pytest
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from tests.support.jupyter.kernel import Kernel


class RecordingPublisher(DisplayPublisher):
    """A front-end that understands updates: keeps every message, and what each display shows now."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.messages = []

    def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs):
        self.messages.append({"data": data, "id": (transient or {}).get("display_id"), "update": update})

    @property
    def shown(self):
        """The bundles that are visible, in order."""
        visible = {}
        for number, message in enumerate(self.messages):
            visible[message["id"] or number] = message["data"]
        return list(visible.values())

    @property
    def markdown(self):
        return "\n\n".join(data.get("text/markdown", "") for data in self.shown)


def explainer_of(session):
    """What explains the failing cells of a session's shell."""
    return session.ip.magics_manager.registry["DevstralMagics"].explainer


@pytest.fixture
def bare_ip(monkeypatch):
    """An IPython shell without the extension; it prints, as terminal IPython does."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    # IPython 9 keeps the outputs in one place for all shells of a process: cell 1 would have shown
    # what the first cells of all earlier tests did.
    if hasattr(shell.history_manager, "outputs"):
        shell.history_manager.outputs = defaultdict(list)
    yield shell
    if "DevstralMagics" in shell.magics_manager.registry:
        shell.run_cell("%unload_ext jupyter_devstral")
    InteractiveShell.clear_instance()
    # Hundreds of shells would each collect the garbage of the whole process when it ends: minutes.
    atexit.unregister(shell.atexit_operations)


@pytest.fixture
def ip(bare_ip):
    """A shell with the extension loaded and a front-end that shows updates."""
    bare_ip.display_pub = RecordingPublisher(bare_ip)
    bare_ip.extension_manager.load_extension("jupyter_devstral")
    return bare_ip


@pytest.fixture
def session(ip):
    return ip.magics_manager.registry["DevstralMagics"].session


@pytest.fixture
def run(ip):
    """Run a cell as a notebook does, with its id."""

    def run(source, cell_id=None):
        return ip.run_cell(source, store_history=True, cell_id=cell_id)

    return run


@pytest.fixture(scope="module")
def shared_kernel():
    """A real kernel for the tests of one module."""
    kernel = Kernel()
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(shared_kernel, scripted_ollama):
    """The kernel with a fresh extension that talks to the scripted server."""
    shared_kernel.run("%reset -f")
    shared_kernel.run("%unload_ext jupyter_devstral")
    loaded = shared_kernel.run("%load_ext jupyter_devstral")
    assert loaded.reply["status"] == "ok", loaded.text
    shared_kernel.run(f"%config DevstralConfig.host = {scripted_ollama.url!r}")
    return shared_kernel


@pytest.fixture
def connected(ip, session, scripted_ollama):
    """The in-process shell, its session's model server being the scripted one."""
    session.config.host = scripted_ollama.url
    return scripted_ollama
