"""The seam under an administrator's policy: every model server that a front-end gets is wrapped in this.

The policy is read at each request, not when the server is chosen: no setting made in between passes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..core.errors import (
    DevstralError,
    ModelMissing,
    NoServer,
    PolicyRefused,
    RunnerFailed,
    ServerBusy,
    ServerTooOld,
)
from ..core.model.messages import Chunk, Message
from ..core.model.precedence.right_of_way import chat_streams
from ..core.model.server import ModelInfo, ModelServer, PullProgress, RunningModel, Wishes
from ..core.model.window import Window
from ..core.request.allowance import EVERYTHING
from ..core.settings.permission import refuse_agent, refuse_model, refuse_route
from ..core.settings.policy import LOCAL, AgentLevel, Policy, Sendable
from ..core.settings.policy_files import policy
from .audit.action_log import ActionLog
from .audit.send_log import SendLog
from .other_routes import offer

if TYPE_CHECKING:
    from ..core.answer import Outgoing
    from ..core.settings.config import DevstralConfig


class PermittedServer:
    """A model server, asked only where the policy permits it, with every chat logged where that says so.

    Attributes:
        route: the name it was chosen by.
    """

    def __init__(self, server: ModelServer, config: DevstralConfig, wishes: Wishes) -> None:
        self.route = wishes.route or LOCAL
        self._server = server
        self._config = config
        self._chosen = config.route(self.route) if wishes.route else None
        self._wishes = wishes
        self._outgoing: Outgoing | None = None
        self._run, self._step = "", 0
        self._would_go: Callable[[str], str] = lambda route: ""

    @property
    def kind(self) -> str:
        """The server as sentences name it."""
        return self._server.kind

    @property
    def name(self) -> str:
        """The model's name."""
        return self._server.name

    @property
    def host(self) -> str:
        """The server's address."""
        return self._server.host

    @property
    def remote_place(self) -> str:
        """Where prompts go if not to this machine; else ""."""
        return self._server.remote_place

    @property
    def can_pull(self) -> bool:
        """Whether the server can be asked to download models."""
        return self._server.can_pull

    @property
    def asked_window(self) -> Window:
        """The window a request would ask for, as far as it can be known without the server."""
        return self._server.asked_window

    @property
    def parameters(self) -> int:
        """How many parameters the model has, as far as is known without asking; 0 where it is not."""
        return self._server.parameters

    @property
    def asks_first(self) -> bool:
        """Whether nothing may be sent that nobody asked for."""
        return bool(self.remote_place) and not (self._chosen is not None and self._chosen.background)

    @property
    def redacts(self) -> bool:
        """Whether secrets are replaced whatever the settings say."""
        return bool(self.remote_place) or policy().redact

    @property
    def may_receive(self) -> frozenset[Sendable]:
        """What of a request may go there now."""
        if self._chosen is not None:
            wanted = self._chosen.may_send
        else:
            wanted = ("source", "schemas") if self.remote_place else tuple(EVERYTHING)
        return frozenset(policy().sendable(self.route, wanted))

    def permit(self) -> None:
        """Raise PolicyRefused where the server may not be asked at all."""
        self._refuse_place(policy())

    def permit_agent(self, level: AgentLevel) -> None:
        """Raise PolicyRefused where a run may not go as far as `level`."""
        refuse_agent(policy(), level)

    def announce(self, outgoing: Outgoing, *, run: str = "", step: int = 0) -> None:
        """Say what the next chat is made of, and which step of which run it is, for the log."""
        self._outgoing, self._run, self._step = outgoing, run, step

    def describe(self, would_go: Callable[[str], str]) -> None:
        """Say what the next request is made of, should another route be offered for it.

        `would_go` gives what would go to the route of a name, in words.
        """
        self._would_go = would_go

    def action_log(self, run: str) -> ActionLog:
        """The log of a run's actions."""
        return ActionLog(self, self._wishes.notebook, run)

    def window(self, need: int = 0) -> Window:
        """The window for a request of `need` tokens, prompt and reply."""
        self._refuse()
        with self._offering():
            return self._server.window(need)

    def chat(
        self,
        messages: Sequence[Message],
        *,
        num_predict: int,
        window: Window | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[Chunk]:
        """Stream the reply; raises PolicyRefused, and NotLogged where what must be logged cannot be."""
        outgoing, self._outgoing = self._outgoing, None
        log = SendLog(policy(), self, self._wishes, run=self._run, step=self._step)
        self._run, self._step = "", 0
        try:
            self._refuse()
        except PolicyRefused as refused:
            log.refused(str(refused))
            raise
        log.begin(messages, outgoing)
        try:
            chunks = self._server.chat(
                messages, num_predict=num_predict, window=window, tools=tools, schema=schema
            )
        except DevstralError as error:
            log.failed(error)
            log.end()
            raise
        return self._logged(chunks, log)

    def close(self) -> None:
        """Close the connections of running requests at once."""
        self._server.close()

    def phase(self) -> str:
        """What the latest running request waits for, in words."""
        return self._server.phase()

    def version(self) -> str:
        """The server's version."""
        self.permit()
        return self._server.version()

    def models(self, *, timeout: float = 10) -> list[ModelInfo]:
        """The models the server has."""
        self.permit()
        return self._server.models(timeout=timeout)

    def running(self, *, timeout: float = 10) -> list[RunningModel]:
        """The models in the server's memory."""
        self.permit()
        return self._server.running(timeout=timeout)

    def details(self, *, timeout: float = 10) -> ModelInfo:
        """What the server says of this model."""
        self.permit()
        return self._server.details(timeout=timeout)

    def named(self, models: Sequence[ModelInfo], name: str = "") -> ModelInfo | None:
        """The one of `models` that answers to a name; default: this model's."""
        return self._server.named(models, name)

    def loaded_as(
        self, running: Sequence[RunningModel], models: Sequence[ModelInfo], name: str = ""
    ) -> RunningModel | None:
        """The one in memory that answers to a name; default: this model's."""
        return self._server.loaded_as(running, models, name)

    def pull(self, name: str = "") -> Iterator[PullProgress]:
        """Download a model (default: this one) and report progress."""
        now = policy()
        self._refuse_place(now)
        refuse_model(now, name or self.name)
        return self._server.pull(name)

    def _refuse(self) -> None:
        now = policy()
        self._refuse_place(now)
        # "" is still to be told by the server, and is looked at again with the chat.
        if self.name:
            refuse_model(now, self.name)

    def _refuse_place(self, now: Policy) -> None:
        refuse_route(now, self.route, self.host, self.remote_place)

    def _logged(self, chunks: Iterator[Chunk], log: SendLog) -> Iterator[Chunk]:
        try:
            with chat_streams(), self._offering():
                for chunk in chunks:
                    log.saw(chunk)
                    yield chunk
        except DevstralError as error:
            log.failed(error)
            raise
        finally:
            log.end()
            _close(chunks)

    @contextmanager
    def _offering(self) -> Iterator[None]:
        """Say of a failing engine of this machine which other routes there are; take none of them."""
        try:
            yield
        except (NoServer, ModelMissing, ServerBusy, ServerTooOld, RunnerFailed) as error:
            if self.route == LOCAL and not self.remote_place and self._config.routes:
                error.next_step = f"{error.next_step} {offer(self._config, self._would_go)}".strip()
                error.args = (f"{error.problem} {error.next_step}".strip(),)
            raise


def _close(chunks: Any) -> None:
    """End a stream that was left early here and now: the server must see it."""
    if hasattr(chunks, "close"):
        chunks.close()
