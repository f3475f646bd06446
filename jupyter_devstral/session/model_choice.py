"""Which model server answers: the only reader of `DevstralConfig.engine` and of a route.

An engine is a module with `connect(config, wishes, *, start)`, named in `settings.config.ENGINES`, for a
route in `settings.routes.DIALECTS`, and imported when it is first asked.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from ..core.settings.config import ENGINES, STAND_INS

if TYPE_CHECKING:
    from ..core.model.server import Wishes
    from ..core.settings.config import DevstralConfig
    from .permitted_server import PermittedServer


def model_server(
    config: DevstralConfig, wishes: Wishes | None = None, *, start: bool = True
) -> PermittedServer:
    """Return the model server that the settings choose; a request's own wishes win over them.

    `start` starts a server that belongs to this process where it is not running yet. Raises
    ConfigurationError for settings that cannot be used.
    """
    from ..core.model.server import Wishes
    from .permitted_server import PermittedServer

    wishes = with_route(wishes or Wishes())
    engine = _engine(config, wishes)
    server = import_module(engine).connect(config, wishes, start=start)
    if not hasattr(server, "completion"):
        return PermittedServer(server, config, wishes)
    from .permitted_completion import PermittedCompletingServer

    return PermittedCompletingServer(server, config, wishes)


def with_route(wishes: Wishes) -> Wishes:
    """The wishes with the route "local" as None, which is the configured engine."""
    from ..core.settings.policy import LOCAL

    return replace(wishes, route=None) if wishes.route == LOCAL else wishes


def _engine(config: DevstralConfig, wishes: Wishes) -> str:
    if not wishes.route:
        return ENGINES[config.engine]
    from ..core.settings.routes import DIALECTS

    return DIALECTS[config.route(wishes.route).dialect]


def is_stand_in(config: DevstralConfig) -> bool:
    """Whether what answers is no Devstral, but a small model that shows how everything works."""
    return config.engine in STAND_INS


def described(config: DevstralConfig, name: str = "local") -> str:
    """The choice in words, without asking anybody: "devstral-small-2 at http://127.0.0.1:11434"."""
    if name != "local":
        route = config.route(name)
        return f"{route.model or 'its first model'} at {route.place} (route {name})"
    if is_stand_in(config):
        return f"{config.engine} stand-in model"
    return f"{config.model} at {config.host}"
