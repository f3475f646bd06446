"""What the handlers of one server share: a session, and the secrets of each notebook."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ..core.errors import ConfigurationError
from ..core.settings.config import DevstralConfig
from ..session.preferences import Preferences
from ..session.session import Session

if TYPE_CHECKING:
    from ..core.assistant import Assistant
    from ..core.model.server import Wishes
    from ..core.prompt.continuing import SentNotebook
    from ..core.redaction.redactor import Redactor
    from ..core.request.tasks import Rules
    from ..session.permitted_server import PermittedServer

# A placeholder stays the same while a notebook is in use; nobody works on more of them at once.
_NOTEBOOKS = 50
Kept = TypeVar("Kept")


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
        self._sent: OrderedDict[str, SentNotebook] = OrderedDict()
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
        return self.assistant_for(
            model,
            self.redactor(notebook),
            # The page has a button, where there is a way.
            how_to_continue="",
            sent=self._last_sent(notebook),
            rules=rules,
        )

    def _last_sent(self, notebook: str) -> SentNotebook | None:
        """What was last sent of `notebook`; None where nobody says which one it is."""
        from ..core.prompt.continuing import SentNotebook

        if not notebook:
            return None
        with self._redactors_lock:
            return _used(self._sent, notebook, SentNotebook)

    def redactor(self, notebook: str) -> Redactor:
        """The one that knows the secrets of a notebook, by its path."""
        from ..core.redaction.redactor import Redactor

        with self._redactors_lock:
            return _used(self._redactors, notebook, Redactor)


def _used(known: OrderedDict[str, Kept], notebook: str, make: Callable[[], Kept]) -> Kept:
    """What is known of a notebook; of those not in use for long, it is forgotten."""
    found = known.get(notebook) or known.setdefault(notebook, make())
    known.move_to_end(notebook)
    while len(known) > _NOTEBOOKS:
        known.popitem(last=False)
    return found
