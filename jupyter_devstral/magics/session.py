"""What one shell keeps between two magics: settings, transcript, secrets, token estimates, the last reply."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from ..core.settings.config import DevstralConfig
from .explanation.explain_on_error import ExplainOnError
from .notebook.lab_link import LabLink
from .notebook.shell_context import ShellContext
from .notebook.transcript import ExecutedCell, Transcript

if TYPE_CHECKING:
    from ..core.assistant import Assistant, Reply
    from ..core.model.ollama.client import OllamaModel
    from ..core.model.token_estimate import TokenEstimate
    from ..core.redaction.redactor import Redactor
    from ..core.request.command import Command
    from ..kernel.proof.proof import Proof


class Closable(Protocol):
    def close(self) -> None: ...


class Session:
    """One shell's state. Cheap to make: everything that costs an import is made when it is first needed."""

    def __init__(self, ip: Any) -> None:
        self.ip = ip
        self.config = DevstralConfig(parent=ip)
        self.transcript = Transcript(ip)
        self.explainer = ExplainOnError(self)
        self.context = ShellContext(ip, self.transcript)
        self.lab = LabLink(ip, on_action=self.explainer.act, on_notebook=self.context.pushes.receive)
        self.context.pushing = lambda: self.lab.runs_here
        self.last: Reply | None = None
        # The last reply with tests, and what became of them.
        self.proven: tuple[Reply, Proof] | None = None
        self._asked_in: ExecutedCell | None = None
        self._redactor: Redactor | None = None
        self._estimates: dict[str, TokenEstimate] = {}
        self._in_flight: list[Closable] = []
        self._lock = threading.Lock()

    def model(self, command: Command | None = None, *, start: bool = True) -> OllamaModel:
        """The model server's side of a request; `start`s the embedded server where that is the engine."""
        from ..core.model.ollama.client import OllamaModel

        host, name = None, command.model if command else None
        if self.config.engine == "embedded":
            from ..embedded.launch import embedded_model_name, ensure_embedded

            host = ensure_embedded(self.config) if start else None
            name = name or embedded_model_name(self.config)
        return OllamaModel(
            self.config,
            host=host,
            model=name,
            num_ctx=command.num_ctx if command else None,
            temperature=command.temperature if command else None,
            seed=command.seed if command else None,
        )

    def assistant(self, model: OllamaModel) -> Assistant:
        from ..core.assistant import Assistant

        return Assistant(self.config, model, redactor=self.redactor, estimate=self.estimate(model.name))

    @property
    def redactor(self) -> Redactor:
        """One for the whole session, so that a secret keeps its placeholder."""
        if self._redactor is None:
            from ..core.redaction.redactor import Redactor

            self._redactor = Redactor()
        return self._redactor

    def estimate(self, model_name: str) -> TokenEstimate:
        """The token estimate of a model, corrected by each of its answers."""
        if model_name not in self._estimates:
            from ..core.model.token_estimate import TokenEstimate

            self._estimates[model_name] = TokenEstimate()
        return self._estimates[model_name]

    def record(self, reply: Reply, *, continued: bool = False) -> None:
        """Remember an answer: for `last` and `continue`, and as the turn of the cell that asked for it."""
        self.last = reply
        if not continued:
            self._asked_in = self.transcript.asking
        if self._asked_in is not None and reply.text.strip():
            self._asked_in.turn = reply.turn

    def record_explanation(self, reply: Reply, entry: ExecutedCell | None) -> None:
        """Remember what was said about a failed cell, which keeps it unless it ran again meanwhile."""
        self.last = reply
        self._asked_in = entry
        if entry is not None:
            entry.turn = reply.turn

    def receipt(self, reply: Reply) -> str:
        """The receipt's line, and whether a stand-in answered."""
        stand_in = " · embedded stand-in model" if self.config.engine == "embedded" else ""
        return reply.receipt() + stand_in

    def forget(self) -> None:
        """Earlier questions and answers are no longer part of the conversation."""
        self.last = self.proven = None
        self.context.turns_from_file = False
        self.transcript.forget_turns()

    def track(self, running: Closable) -> None:
        with self._lock:
            self._in_flight.append(running)

    def untrack(self, running: Closable) -> None:
        with self._lock:
            if running in self._in_flight:
                self._in_flight.remove(running)

    def stop(self) -> int:
        """Close every stream and download of this session, from any thread; returns how many there were."""
        with self._lock:
            running, self._in_flight = self._in_flight, []
        for stream in running:
            stream.close()
        return len(running)
