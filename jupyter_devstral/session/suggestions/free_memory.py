"""Free memory of this machine, and of its graphics card where a program or a file tells."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from ...core.completion.room import Memory

_PATIENCE_SECONDS = 3
_NVIDIA = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")


def free_memory() -> Memory:
    """What is free now, in bytes; None where nothing tells. May take a second: a program is asked."""
    return Memory(_main(), _nvidia_card() or _amd_card())


def _main() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _nvidia_card() -> int | None:
    """Of several cards the one with the most room: a small model is put on one."""
    try:
        said = subprocess.run(
            _NVIDIA,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    free = [int(line) for line in said.split() if line.isdigit()]
    return max(free) * 1024 * 1024 if free else None


def _amd_card() -> int | None:
    free = []
    for total in Path("/sys/class/drm").glob("card*/device/mem_info_vram_total"):
        with suppress(OSError, ValueError):
            used = total.with_name("mem_info_vram_used")
            free.append(int(total.read_text()) - int(used.read_text()))
    return max(free) if free else None
