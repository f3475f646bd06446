"""The state that a shell keeps between magics, beyond that of every session: transcript, last reply."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..core.settings.config import FOLDER, ROUTE, DevstralConfig
from ..session.model_choice import is_stand_in
from ..session.preferences import Preferences
from ..session.session import Session
from ..session.settings_files import below
from .notebook.lab_link import LabLink
from .notebook.shell_context import ShellContext, notebook_path
from .notebook.transcript import ExecutedCell, Transcript

if TYPE_CHECKING:
    from ..core.assistant import Assistant, Reply
    from ..core.prompt.continuing import SentNotebook
    from ..core.redaction.redactor import Redactor
    from ..core.request.command import Command
    from ..kernel.proof.proof import Proof
    from ..session.permitted_server import PermittedServer
    from ..session.rules import Place


class Suggestions(Protocol):
    """Protocol of the suggestions of a prompt."""

    def end(self) -> None:
        """Restore the shell's own suggestions."""
        ...

    def report(self, word: str) -> str:
        """Carry out `complete on | off | status` and describe the state. Raises UsageError."""
        ...


class ShellSession(Session):
    """The state of one shell.

    Attributes:
        ip: the shell.
        transcript: the cells that have run.
        context: the notebook as the shell knows it.
        preferences: what that page's settings wish for.
        lab: the link to a JupyterLab page.
        suggestions: the suggestions of a terminal's prompt, once the extension is loaded.
        last: the last reply, or None.
        drafted: the cells of the last run as one text, and the explanation that was the newest then; or None.
        proven: the last reply with tests, and their outcome.
    """

    def __init__(self, ip: Any) -> None:
        super().__init__(DevstralConfig(parent=ip, config=below(ip.config)))
        self.ip = ip
        self.transcript = Transcript(ip)
        self.context = ShellContext(ip, self.transcript)
        self.preferences = Preferences(self.config)
        self.lab = LabLink(ip, on_notebook=self.context.pushes.receive, on_settings=self.preferences.take)
        self.context.pushing = lambda: self.lab.runs_here
        self.route = os.environ.get(ROUTE, "") or self.route
        self.suggestions: Suggestions | None = None
        self.last: Reply | None = None
        self.proven: tuple[Reply, Proof] | None = None
        self.drafted: tuple[str, object] | None = None
        self._asked_in: ExecutedCell | None = None
        self._redactor: Redactor | None = None
        self._sent: SentNotebook | None = None

    def model_for(
        self, command: Command | None = None, *, start: bool = True, background: bool = False
    ) -> PermittedServer:
        """Connect to the model server, with the options that were typed."""
        from ..core.model.server import Wishes

        notebook = os.environ.get("JPY_SESSION_NAME", "")
        if command is None:
            return self.model(Wishes(background=background, notebook=notebook), start=start)
        wishes = Wishes(
            command.model,
            command.num_ctx,
            command.temperature,
            command.seed,
            command.think or None,
            route=command.route,
            notebook=notebook,
        )
        return self.model(wishes, start=start)

    def assistant(self, model: PermittedServer) -> Assistant:
        """Make an assistant that answers with `model`."""
        if self._sent is None:
            from ..core.prompt.continuing import SentNotebook

            self._sent = SentNotebook()
        return self.assistant_for(model, self.redactor, sent=self._sent)

    def rules_places(self) -> Sequence[Place]:
        """Beside the notebook; nowhere where that is not known."""
        from ..session.rules import NAME

        path = notebook_path(self.ip)
        folder = os.environ.get(FOLDER) or (path.parent if path else "")
        return [(NAME, Path(folder))] if folder else []

    @property
    def redactor(self) -> Redactor:
        """The redactor of the whole session, so that a secret keeps its placeholder."""
        if self._redactor is None:
            from ..core.redaction.redactor import Redactor

            self._redactor = Redactor()
        return self._redactor

    def record(self, reply: Reply, *, continued: bool = False) -> None:
        """Record an answer for `last` and `continue`, and as the turn of the asking cell."""
        self.last = reply
        self.remember(reply)
        if not continued:
            self._asked_in = self.transcript.asking
        if self._asked_in is not None and reply.text.strip():
            self._asked_in.turn = reply.turn

    def record_explanation(self, reply: Reply, entry: ExecutedCell | None) -> None:
        """Record an explanation with its failed cell, unless that ran again meanwhile."""
        self.last = reply
        self.remember(reply)
        self._asked_in = entry
        if entry is not None:
            entry.turn = reply.turn

    def receipt(self, reply: Reply) -> str:
        """The receipt's line, and whether a stand-in answered."""
        stand_in = " · embedded stand-in model" if is_stand_in(self.config) else ""
        return reply.receipt() + stand_in

    def forget(self) -> None:
        """Remove earlier questions and answers from the conversation."""
        self.last = self.proven = None
        self.context.turns_from_file = False
        if self._sent is not None:
            self._sent.forget()
        self.transcript.forget_turns()
