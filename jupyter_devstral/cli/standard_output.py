"""The standard streams: data goes out as UTF-8 whatever the locale says, whole or not at all."""

from __future__ import annotations

import os
import sys

from ..core.errors import DevstralError


def open_streams() -> None:
    """Open on the null device every stream that the parent of this process has closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process


def forget_reader() -> None:
    """Send output nowhere. Its reader (`| head`) has gone, and no later write must fail because of that."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_text(text: str) -> None:
    """Write `text` to standard output as UTF-8.

    A lone surrogate (JSON may hold one as an escape) has no UTF-8 form and becomes "?". Raises DevstralError
    when writing fails, BrokenPipeError when the reader has gone.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", errors="replace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DevstralError(f"Standard output cannot be written: {error.strerror or error}.") from None
