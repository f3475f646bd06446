"""What every front-end keeps between two requests: settings, token estimates, what is running.

Cheap to make: everything that costs an import is made when it is first needed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..core.settings.config import DevstralConfig
from .running import Closable, Running

if TYPE_CHECKING:
    from ..core.assistant import Assistant
    from ..core.model.server import ModelServer, Wishes
    from ..core.model.token_estimate import TokenEstimate
    from ..core.redaction.redactor import Redactor


class Session:
    """The state that a shell, a server or a command shares between its requests; for any thread.

    Attributes:
        config: the settings, which may change at any time.
    """

    def __init__(self, config: DevstralConfig) -> None:
        self.config = config
        self._estimates: dict[str, TokenEstimate] = {}
        self._running = Running()
        self._lock = threading.Lock()

    def model(self, wishes: Wishes | None = None, *, start: bool = True) -> ModelServer:
        """The model server's side of a request; see `model_choice.model_server`."""
        from .model_choice import model_server

        return model_server(self.config, wishes, start=start)

    def assistant_for(
        self, model: ModelServer, redactor: Redactor, *, how_to_continue: str | None = None
    ) -> Assistant:
        """An assistant that answers with `model`, and corrects its token estimate.

        `how_to_continue` is what is said below an answer that is not complete.
        """
        from ..core.assistant import Assistant

        more = {} if how_to_continue is None else {"how_to_continue": how_to_continue}
        return Assistant(self.config, model, redactor=redactor, estimate=self.estimate(model.name), **more)

    def estimate(self, model_name: str) -> TokenEstimate:
        """The token estimate of a model, corrected by each of its answers."""
        from ..core.model.token_estimate import TokenEstimate

        with self._lock:
            return self._estimates.setdefault(model_name, TokenEstimate())

    def track(self, running: Closable) -> None:
        """Let `stop` close it, until it is untracked."""
        self._running.add(running)

    def untrack(self, running: Closable) -> None:
        """Forget it; safe where it was stopped."""
        self._running.remove(running)

    def stop(self) -> int:
        """Close every stream and download of this session; returns how many there were."""
        return self._running.stop()
