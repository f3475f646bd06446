"""The embedded server with a real model, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_devstral.embedded.launch import read_ready_line, stop


@dataclass(frozen=True)
class EmbeddedProcess:
    """A running embedded server: where it listens, which model it offers, its process id."""

    url: str
    model: str
    pid: int

    def worker_pids(self) -> list[int]:
        """Process ids of its children, which hold the model (Linux)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        if not children.exists():
            pytest.skip("needs /proc to find the process that holds the model")
        return [int(pid) for pid in children.read_text().split()]

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)


@contextmanager
def start_embedded(gguf: Path, name: str = "smollm2:135m", *arguments: str) -> Iterator[EmbeddedProcess]:
    """Starts the server on a free port and stops it again."""
    command = [sys.executable, "-m", "jupyter_devstral.embedded", "--gguf", str(gguf), "--name", name]
    command += ["--threads", "1", "--port", "0", "--parent", str(os.getpid()), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield EmbeddedProcess(read_ready_line(process, timeout=60), name, process.pid)
    finally:
        stop(process)
