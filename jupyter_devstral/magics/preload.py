"""Background loading of the rest of the extension, after the first cell that ends behind `%load_ext`.

Only our own modules are loaded (about 30 ms, 2 MB), never the HTTP client, which waits for a first request.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

_DELAY_SECONDS = 0.02


class Preload:
    """A `post_run_cell` callback that acts once."""

    def __init__(self, ip: Any) -> None:
        self._ip = ip

    def register(self) -> None:
        """Wait for the first cell to end."""
        self._ip.events.register("post_run_cell", self.post_run_cell)

    def unregister(self) -> None:
        """Stop waiting; safe to repeat."""
        callbacks = self._ip.events.callbacks["post_run_cell"]
        if self.post_run_cell in callbacks:
            callbacks.remove(self.post_run_cell)

    def post_run_cell(self, result: Any) -> None:
        """Start loading, once."""
        self.unregister()
        # Lets the kernel report this cell as finished before the imports compete for the interpreter.
        timer = threading.Timer(_DELAY_SECONDS, _load)
        timer.daemon = True
        timer.start()


def _load() -> None:
    # A module that another thread was importing when it was interrupted; a question imports it again.
    with suppress(ImportError):
        from ..core.notebook import file as notebook_file  # noqa: F401
        from ..core.variables import namespace  # noqa: F401
        from . import ask  # noqa: F401
