"""A real Ollama daemon for tests: the one at OLLAMA_HOST, or `ollama` from PATH on a private port and store.

Nothing of the user's is touched: the models made here have names of their own and are unloaded and deleted
again, and only the process started here is stopped, by its id.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_devstral.core.settings.hosts import is_loopback, parse_host
from tests.support.models.native_gguf import write_native_copy

MODEL = "jupyter-devstral-test-smollm2:135m"
TEMPLATED_MODEL = "jupyter-devstral-test-smolgo:135m"
NATIVE_MODEL = "jupyter-devstral-test-smolnative:135m"
# A Go template puts a model on the "rendered" path, as Devstral's is.
_TURN = "<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n"
GO_TEMPLATE = "{{- range .Messages }}" + _TURN + "{{ end }}<|im_start|>assistant\n"
_START_SECONDS = 60.0
_CREATE_SECONDS = 600.0
_UNLOAD_SECONDS = 60.0


@dataclass(frozen=True)
class OllamaDaemon:
    """A running daemon with three small models, equal but for their templates.

    Attributes:
        model: made from the file alone; Ollama recognises its template and renders a Go one ("chatml").
        templated_model: with a Go template; shares the runner of `model`.
        native_model: llama-server applies the file's own template; has a runner to itself.
    """

    url: str
    model: str = MODEL
    templated_model: str = TEMPLATED_MODEL
    native_model: str = NATIVE_MODEL

    @property
    def settings(self) -> dict[str, Any]:
        """What a DevstralConfig needs in order to talk to it."""
        return {"host": self.url, "allow_remote": not is_loopback(self.url)}

    def unload(self) -> None:
        """Takes the test's models out of memory, and waits until they are."""
        names = (self.model, self.templated_model, self.native_model)
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            for name in names:
                client.post("/api/chat", json={"model": name, "messages": [], "keep_alive": 0})
            deadline = time.monotonic() + _UNLOAD_SECONDS
            while running := [each["name"] for each in client.get("/api/ps").json()["models"]]:
                if not set(running) & set(names):
                    return
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the daemon did not unload {running}")
                time.sleep(0.1)


@contextlib.contextmanager
def find_or_start_daemon(gguf: Path, scratch: pytest.TempPathFactory) -> Iterator[OllamaDaemon]:
    """A daemon with the small models; skips the test with the reason where there is none."""
    with contextlib.ExitStack() as cleanup:
        host = os.environ.get("OLLAMA_HOST", "")
        url = parse_host(host) if host else ""
        if not url or not _answers(url):
            url = cleanup.enter_context(_started_daemon(scratch.mktemp("ollama")))
        native = scratch.mktemp("gguf") / "native.gguf"
        write_native_copy(gguf, native)
        for model, file, template in (
            (MODEL, gguf, ""),
            (TEMPLATED_MODEL, gguf, GO_TEMPLATE),
            (NATIVE_MODEL, native, ""),
        ):
            cleanup.callback(_delete, url, model)
            _create(url, model, file, template)
        daemon = OllamaDaemon(url)
        cleanup.callback(daemon.unload)
        yield daemon


@contextlib.contextmanager
def _started_daemon(folder: Path) -> Iterator[str]:
    program = shutil.which("ollama")
    if program is None:
        pytest.skip("no Ollama daemon: OLLAMA_HOST does not answer and `ollama` is not on PATH")
    port = _free_port()
    environment = {**os.environ, "OLLAMA_HOST": f"127.0.0.1:{port}", "OLLAMA_NO_CLOUD": "1"}
    environment |= {"OLLAMA_MODELS": str(folder / "models"), "HOME": str(folder)}
    with (folder / "ollama.log").open("w") as log:
        process = subprocess.Popen(
            [program, "serve"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(url, process, folder / "ollama.log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"`ollama serve` did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    """Whether a real daemon answers there; the project's own stand-in is none."""
    try:
        version = httpx.get(f"{url}/api/version", timeout=3, trust_env=False).json()["version"]
    except (httpx.HTTPError, ValueError, KeyError):
        return False
    return "stand-in" not in version


def _create(url: str, model: str, gguf: Path, template: str) -> None:
    content = gguf.read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    body: dict[str, Any] = {"model": model, "files": {gguf.name: digest}}
    if template:
        body |= {"template": template, "parameters": {"stop": ["<|im_start|>", "<|im_end|>"]}}
    with httpx.Client(base_url=url, timeout=_CREATE_SECONDS, trust_env=False) as client:
        if client.head(f"/api/blobs/{digest}").status_code != 200:
            client.post(f"/api/blobs/{digest}", content=content).raise_for_status()
        answer = client.post("/api/create", json=body)
    records = [json.loads(line) for line in answer.text.splitlines() if line]
    if answer.status_code != 200 or not records or records[-1].get("status") != "success":
        raise RuntimeError(f"the daemon did not create {model}: {answer.text[-500:]}")


def _delete(url: str, model: str) -> None:
    with contextlib.suppress(httpx.HTTPError):
        httpx.request("DELETE", f"{url}/api/delete", json={"model": model}, timeout=30, trust_env=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
