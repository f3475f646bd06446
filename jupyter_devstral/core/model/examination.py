"""What an engine finds when it looks at itself: values for the doctor, and the memory there is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `ok`: True is fine, False stops the assistant, None is worth knowing."""

    ok: bool | None
    text: str
    next_step: str = ""


def free_memory() -> int:
    """Bytes that programs can have without swapping; 0 where the system does not say."""
    try:
        # MemAvailable counts the page cache, which is given back when needed; "free" pages alone do not.
        match = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        match = None
    if match:
        return int(match[1]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
