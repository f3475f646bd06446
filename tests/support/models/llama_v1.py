"""llama.cpp's own server with a small model, over `/v1`, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY = "the-key-of-the-tests"
NUM_CTX = 2048


@dataclass(frozen=True)
class LlamaV1:
    """A running server; `url` ends with `/v1`, `key` is what it wants."""

    url: str
    key: str = KEY
    window: int = NUM_CTX


@contextmanager
def start_llama_v1(gguf: Path) -> Iterator[LlamaV1]:
    """Starts the server on a free port and stops it again."""
    settings = {
        "gguf": str(gguf),
        "num_ctx": NUM_CTX,
        "shift": False,
        "threads": 1,
        "batch": 256,
        "cache_mib": 0,
        "key": KEY,
    }
    command = [sys.executable, "-m", "jupyter_devstral.embedded.engines.llama_worker"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        ready = json.loads(process.stdout.readline())
        yield LlamaV1(f"{ready['address'].rstrip('/')}/v1")
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(20)
