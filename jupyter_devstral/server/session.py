"""What the handlers of one server share: settings, secrets by notebook, token estimates, running streams."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from ..core.errors import ConfigurationError
from ..core.settings.config import DevstralConfig

if TYPE_CHECKING:
    from ..core.assistant import Assistant
    from ..core.model.ollama.client import OllamaModel
    from ..core.model.token_estimate import TokenEstimate
    from ..core.redaction.redactor import Redactor

# A placeholder stays the same while a notebook is in use; nobody works on more of them at once.
_NOTEBOOKS = 50


class Closable(Protocol):
    def close(self) -> None: ...


class ServerSession:
    """One server's state; methods are for any thread, and may wait for the model server.

    Attributes:
        problem: a setting that cannot be used, in words; "" when all are fine.
    """

    def __init__(self, config: DevstralConfig, *, problem: str = "") -> None:
        self.config = config
        self.problem = problem
        self._redactors: OrderedDict[str, Redactor] = OrderedDict()
        self._estimates: dict[str, TokenEstimate] = {}
        self._running: list[Closable] = []
        self._lock = threading.Lock()

    def model(self, name: str | None = None) -> OllamaModel:
        """The model server's side of a request; starts the embedded server where that is the engine."""
        if self.problem:
            raise ConfigurationError(self.problem)
        from ..core.model.ollama.client import OllamaModel

        if self.config.engine == "embedded":
            from ..embedded.launch import embedded_model_name, ensure_embedded

            host = ensure_embedded(self.config)
            return OllamaModel(self.config, host=host, model=name or embedded_model_name(self.config))
        return OllamaModel(self.config, model=name)

    def assistant(self, model: OllamaModel, notebook: str) -> Assistant:
        """`notebook` is the path by which its secrets keep their placeholders."""
        from ..core.assistant import Assistant

        return Assistant(
            self.config,
            model,
            redactor=self._redactor(notebook),
            estimate=self._estimate(model.name),
            how_to_continue="*Retry* asks again",
        )

    def track(self, running: Closable) -> None:
        with self._lock:
            self._running.append(running)

    def untrack(self, running: Closable) -> None:
        with self._lock:
            if running in self._running:
                self._running.remove(running)

    def stop(self) -> None:
        """Close every connection to the model."""
        with self._lock:
            running, self._running = self._running, []
        for one in running:
            one.close()

    def _redactor(self, notebook: str) -> Redactor:
        from ..core.redaction.redactor import Redactor

        with self._lock:
            redactor = self._redactors.setdefault(notebook, Redactor())
            self._redactors.move_to_end(notebook)
            while len(self._redactors) > _NOTEBOOKS:
                self._redactors.popitem(last=False)
            return redactor

    def _estimate(self, model: str) -> TokenEstimate:
        from ..core.model.token_estimate import TokenEstimate

        with self._lock:
            return self._estimates.setdefault(model, TokenEstimate())
