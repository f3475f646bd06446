"""The routes as a user chooses among them: where each ends, what may go there, whether it may be taken."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.model.server import Wishes
from ..core.settings.config import DevstralConfig
from ..core.settings.policy import LOCAL, SENDABLE, Sendable
from ..core.settings.routes import read_routes
from .model_choice import model_server
from .other_routes import problem_of


@dataclass(frozen=True)
class RouteFacts:
    """One route.

    Attributes:
        host: its address.
        place: where prompts go if not to this machine; else "".
        model: its model's name; "" for the first that the server lists.
        sends: what may go there, in the order of SENDABLE.
        key_env: the variable of its key; "" for none.
        proxy: of the route, or of the environment; "" for none.
        problem: why it cannot be taken, as a sentence; "" where it can.
    """

    name: str
    host: str
    place: str
    model: str
    sends: tuple[Sendable, ...]
    key_env: str = ""
    proxy: str = ""
    problem: str = ""

    @property
    def keeps(self) -> tuple[Sendable, ...]:
        """What may not go there."""
        return tuple(kind for kind in SENDABLE if kind not in self.sends)


def route_facts(config: DevstralConfig) -> list[RouteFacts]:
    """All routes, `local` first; asks no server. Raises ConfigurationError for unusable settings."""
    return [_facts(config, name) for name in (LOCAL, *read_routes(config.routes))]


def _facts(config: DevstralConfig, name: str) -> RouteFacts:
    server = model_server(config, Wishes(route=name), start=False)
    route = config.route(name) if name != LOCAL else None
    proxy = ""
    if route is not None and route.dialect == "openai":
        from ..core.model.openai.link import proxy_of

        proxy = proxy_of(route)
    return RouteFacts(
        name=name,
        host=server.host,
        place=server.remote_place,
        model=server.name,
        sends=tuple(kind for kind in SENDABLE if kind in server.may_receive),
        key_env=route.key_env if route else "",
        proxy=proxy,
        problem=problem_of(config, name, server.host, server.remote_place, server.name),
    )
