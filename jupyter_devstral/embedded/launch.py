"""On-demand start of the embedded server, once per process, as a child that ends with this process."""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import DevstralError
from .engines.gguf import model_name
from .serve import check_runtime, find_gguf, serve

if TYPE_CHECKING:
    from ..core.settings.config import DevstralConfig

__all__ = ["embedded_model_name", "ensure_embedded", "read_ready_line", "serve", "stop"]

_URL = re.compile(r"http://127\.0\.0\.1:\d+")
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0


@dataclass
class _Child:
    process: subprocess.Popen[str]
    url: str
    owner: int  # the process id that started it; a fork of it must not stop it


_children: dict[str, _Child] = {}
_lock = threading.Lock()


def embedded_model_name(config: DevstralConfig) -> str:
    """The model name that the embedded server offers, derived from the file: "smollm2:135m"."""
    return model_name(find_gguf(config.gguf))


def ensure_embedded(config: DevstralConfig) -> str:
    """Return the URL of this process's embedded server, starting it if necessary.

    Raises:
        ConfigurationError: `xllamacpp` or the model file is missing; the text says how to get it.
        DevstralError: the server did not start; the text quotes its output.
    """
    check_runtime()
    gguf = str(find_gguf(config.gguf))
    with _lock:
        child = _children.get(gguf)
        if child is None or child.process.poll() is not None:
            child = _children[gguf] = _start(gguf)
        return child.url


def read_ready_line(process: subprocess.Popen[str], timeout: float = _START_SECONDS) -> str:
    """Read the URL from the line that the server prints when it listens.

    Raises DevstralError when none comes.
    """
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        lines.put(process.stdout.readline())  # type: ignore[union-attr]

    threading.Thread(target=read, daemon=True).start()
    try:
        line = lines.get(timeout=timeout)
    except queue.Empty:
        raise DevstralError(f"The embedded server did not start within {timeout:.0f} s.") from None
    found = _URL.search(line)
    if found is None:
        raise DevstralError("The embedded server ended before it could listen.")
    return found.group()


def _start(gguf: str) -> _Child:
    command = [
        sys.executable,
        "-m",
        "jupyter_devstral.embedded",
        "--gguf",
        gguf,
        "--parent",
        str(os.getpid()),
    ]
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            **_own_group(),
        )
        try:
            url = read_ready_line(process)
        except DevstralError as error:
            stop(process)
            complaints.seek(0)
            said = complaints.read().strip().splitlines()
            raise DevstralError(f"{error} {said[-1] if said else ''}".strip()) from None
    child = _Child(process, url, os.getpid())
    atexit.register(_stop_child, child)
    return child


def _own_group() -> dict[str, Any]:
    """The process options that put the server into a group of its own.

    Interrupting a kernel signals the kernel's whole group, and the server must not hear that.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _stop_child(child: _Child) -> None:
    if child.owner == os.getpid():
        stop(child.process)


def stop(process: subprocess.Popen[str]) -> None:
    """Close the pipe that keeps the server alive and wait for its end; kill it where that fails."""
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            pipe.close()  # type: ignore[union-attr]
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
