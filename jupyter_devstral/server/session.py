"""What the handlers of one server share: a session, and the secrets of each notebook."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.errors import ConfigurationError
from ..core.settings.config import DevstralConfig
from ..session.preferences import Preferences
from ..session.session import Session

if TYPE_CHECKING:
    from ..core.assistant import Assistant
    from ..core.model.server import Wishes
    from ..core.redaction.redactor import Redactor
    from ..core.request.tasks import Rules
    from ..session.permitted_server import PermittedServer

# A placeholder stays the same while a notebook is in use; nobody works on more of them at once.
_NOTEBOOKS = 50


class ServerSession(Session):
    """One server's state; methods are for any thread, and may wait for the model server.

    Attributes:
        preferences: what a page's settings wish for.
        problem: a setting that cannot be used, in words; "" when all are fine.
    """

    def __init__(
        self, config: DevstralConfig, *, problem: str = "", config_files: Sequence[str] = ()
    ) -> None:
        super().__init__(config)
        self.preferences = Preferences(config, config_files)
        self.problem = problem
        self._ids: dict[str, str] = {}
        self._redactors: OrderedDict[str, Redactor] = OrderedDict()
        self._redactors_lock = threading.Lock()

    def model(self, wishes: Wishes | None = None, *, start: bool = True) -> PermittedServer:
        """The model server's side of a request; ConfigurationError where a setting cannot be used."""
        if self.problem:
            raise ConfigurationError(self.problem)
        return super().model(wishes, start=start)

    def wishes(self, route: str, model: str | None, notebook: str) -> Wishes:
        """What a question about `notebook` asks for."""
        from ..core.model.server import Wishes

        with self._redactors_lock:
            session = self._ids.setdefault(notebook, os.urandom(16).hex())
        return Wishes(model=model, route=route, session=session, notebook=notebook)

    def assistant(self, model: PermittedServer, notebook: str, rules: tuple[Rules, ...] = ()) -> Assistant:
        """An assistant for the questions about `notebook`, the path by which its secrets are known."""
        redactor = self._redactor(notebook)
        return self.assistant_for(model, redactor, how_to_continue="Continue goes on", rules=rules)

    def _redactor(self, notebook: str) -> Redactor:
        from ..core.redaction.redactor import Redactor

        with self._redactors_lock:
            redactor = self._redactors.setdefault(notebook, Redactor())
            self._redactors.move_to_end(notebook)
            while len(self._redactors) > _NOTEBOOKS:
                self._redactors.popitem(last=False)
            return redactor
