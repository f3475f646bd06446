"""Phase of a request, what it is waiting for, in the few words of a status line.

Ollama says nothing before the first token, so this looks at `/api/ps` on a connection of its own: a model
that is loading is not listed there, a loaded one is reading the prompt or answering somebody else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from ...errors import ModelError
from ...text.amounts import short_count
from ..token_estimate import estimate_tokens
from .queue_place import QueuePlace

_PATIENCE_SECONDS = 0.3
_POLL_SECONDS = 0.4
# Whoever has waited for minutes needs no news every second.
_POLLS_PER_WAIT = 8
_LONGEST_PAUSE = 15.0


class Phase:
    """The state of one request; `str(phase)` may be asked by any thread, and costs no request by itself."""

    def __init__(self, host: str, model: str, texts: Sequence[str]) -> None:
        self._host = host
        self._model = model
        self._texts = texts
        self._place = QueuePlace(host, model)
        self._state = "new"
        self._sent_at = 0.0
        self._loaded: bool | None = None
        self._watcher: threading.Thread | None = None
        self._tokens = 0
        self._over = threading.Event()

    def sent(self) -> None:
        """The request goes out."""
        self._place.enter()
        self._sent_at = time.monotonic()
        self._state = "waiting"

    def answered(self) -> None:
        """The first byte is here."""
        self._state = "writing"
        self._over.set()

    def refused(self) -> None:
        """The server's queue is full; the request will be sent again."""
        self._place.leave()
        self._state = "refused"

    def ended(self) -> None:
        """Nothing more will come."""
        self._state = "ended"
        self._over.set()
        self._place.leave()

    def __str__(self) -> str:
        if self._state == "waiting":
            return self._waiting()
        return {
            "new": "preparing",
            "refused": "the server is busy; asking again",
            "writing": "writing",
            "ended": "",
        }[self._state]

    def _waiting(self) -> str:
        # A thread of its own is started only for a request that keeps somebody waiting.
        if self._watcher is None and time.monotonic() - self._sent_at >= _PATIENCE_SECONDS:
            self._watcher = threading.Thread(target=self._watch, name="devstral-phase", daemon=True)
            self._watcher.start()
        if self._loaded is None:
            return "waiting for the model server"
        if not self._loaded:
            return "loading the model"
        if self._place.behind():
            return "queued behind another request"
        return f"reading {short_count(self._tokens)} tokens"

    def _watch(self) -> None:
        from .connection import kept
        from .server_facts import running_model

        self._tokens = sum(map(estimate_tokens, self._texts))
        pause = 0.0
        while not self._over.wait(pause):
            pause = pause_after(time.monotonic() - self._sent_at)
            try:
                with kept.borrowed(self._host) as connection:
                    loaded = running_model(connection, self._model, timeout=2) is not None
            except ModelError:
                # A server that is busy loading may be slow to say so; what was seen last may be over.
                self._loaded = None
                continue
            self._loaded = loaded


def pause_after(waited: float) -> float:
    """Compute the seconds until the server is asked again, after `waited` seconds."""
    return min(max(_POLL_SECONDS, waited / _POLLS_PER_WAIT), _LONGEST_PAUSE)
