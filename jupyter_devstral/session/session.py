"""What every front-end keeps between two requests: settings, route, token estimates, what is running.

Cheap to make: everything that costs an import is made when it is first needed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.settings.config import DevstralConfig
from .running import Closable, Running

if TYPE_CHECKING:
    from ..core.answer import Reply
    from ..core.assistant import Assistant
    from ..core.model.server import Wishes
    from ..core.model.token_estimate import TokenEstimate
    from ..core.prompt.continuing import SentNotebook
    from ..core.redaction.redactor import Redactor
    from ..core.request.tasks import Request, Rules
    from .held_turns import HeldTurns
    from .permitted_server import PermittedServer
    from .rules import Place, RulesFile


class Session:
    """The state that a shell, a server or a command shares between its requests; for any thread.

    Attributes:
        config: the settings, which may change at any time.
        route: what requests take that name none themselves; "local" is the configured engine.
    """

    def __init__(self, config: DevstralConfig, *, rules_places: Sequence[Place] = ()) -> None:
        self.config = config
        self._rules_places = rules_places
        self.route = "local"
        # By it a replica knows a notebook again; it says nothing of who asks.
        self._id = os.urandom(16).hex()
        self._estimates: dict[str, TokenEstimate] = {}
        self._held: HeldTurns | None = None
        self._running = Running()
        self._lock = threading.Lock()

    def model(self, wishes: Wishes | None = None, *, start: bool = True) -> PermittedServer:
        """The model server's side of a request; see `model_choice.model_server`."""
        from ..core.model.server import Wishes
        from .model_choice import model_server

        asked = wishes or Wishes()
        asked = replace(asked, route=asked.route or self.route, session=asked.session or self._id)
        return model_server(self.config, asked, start=start)

    def choose_route(self, name: str) -> None:
        """Take another route from now on; ConfigurationError where there is none, or it may not be taken."""
        from ..core.settings.permission import refuse_route
        from ..core.settings.policy import LOCAL
        from ..core.settings.policy_files import policy

        if name != LOCAL:
            route = self.config.route(name)
            refuse_route(policy(), name, route.address, "" if route.is_here else route.place)
        self.route = name

    def assistant_for(
        self,
        model: PermittedServer,
        redactor: Redactor,
        *,
        how_to_continue: str | None = None,
        sent: SentNotebook | None = None,
        rules: tuple[Rules, ...] | None = None,
    ) -> Assistant:
        """An assistant that answers with `model`, and corrects its token estimate.

        Args:
            how_to_continue: what is said below an answer that is not complete.
            sent: what was last sent of the notebook.
            rules: of the project; None for those in force here.
        """
        from ..core.assistant import Assistant
        from ..core.reply_stream import CONTINUE
        from ..core.request.allowance import Allowance

        kinds = model.may_receive
        return Assistant(
            self.config,
            model,
            redactor=redactor,
            estimate=self.estimate(model.name),
            how_to_continue=CONTINUE if how_to_continue is None else how_to_continue,
            allowance=Allowance(kinds, model.redacts, lambda turn: self.held.allows(turn, kinds)),
            announce=model.announce,
            sent=sent,
            rules=self.rules() if rules is None else rules,
            about=lambda request: model.describe(lambda route: self._would_go(request, route, redactor)),
        )

    def rules_places(self) -> Sequence[Place]:
        """Where a project's own rules may lie."""
        return self._rules_places

    def rules_files(self) -> list[RulesFile]:
        """The files of rules that are there, switched on or not."""
        from .rules import rules_files

        places = self.rules_places()
        return rules_files(places) if places else []

    def rules(self) -> tuple[Rules, ...]:
        """The rules that the user has switched on."""
        from .rules import rules_in_force

        files = self.rules_files()
        return rules_in_force(files) if files else ()

    def _would_go(self, request: Request, route: str, redactor: Redactor) -> str:
        """What of a request would go to a route, in words; asks no server."""
        from ..core.model.server import Wishes
        from .other_routes import words_for

        server = self.model(Wishes(route=route), start=False)
        return words_for(self.assistant_for(server, redactor).prompt(request))

    @property
    def held(self) -> HeldTurns:
        """What the exchanges of this session held, by which they may be replayed elsewhere."""
        if self._held is None:
            from .held_turns import HeldTurns

            self._held = HeldTurns()
        return self._held

    def remember(self, reply: Reply) -> None:
        """Know what an exchange held once it has ended."""
        self.held.remember(reply.turn, (reply.first_prompt or reply.prompt).kinds)

    @property
    def redacts(self) -> bool:
        """Whether secrets are replaced on this machine: by the settings, or by a policy."""
        from ..core.settings.policy_files import policy

        return self.config.redact or policy().redact

    @property
    def trial_seconds(self) -> float:
        """How long a fix may be tried; 0 where the settings or a policy say that none is."""
        from ..core.settings.policy_files import policy

        return self.config.trial_seconds if policy().trial else 0.0

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
