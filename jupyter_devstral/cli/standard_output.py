"""Data on standard output: UTF-8 whatever the locale says, whole or not at all."""

from __future__ import annotations

import sys


def write_text(text: str) -> None:
    """Write `text` to standard output as UTF-8.

    Half a surrogate pair (JSON may hold one as an escape) has no UTF-8 form and becomes "?".
    """
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
    sys.stdout.flush()
