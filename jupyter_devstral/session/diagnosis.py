"""What keeps a route from answering, and what a policy has locked: the findings of `doctor`."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.doctor import examine
from ..core.errors import DevstralError, PolicyRefused
from ..core.model.examination import Finding
from ..core.model.server import ModelServer, Wishes
from ..core.settings.config import DevstralConfig
from ..core.settings.policy import LOCAL
from .locks import locks
from .model_choice import model_server

_PATIENCE_SECONDS = 5


def diagnosis(config: DevstralConfig, route: str = LOCAL) -> list[Finding]:
    """Findings about the configured engine, or about another route; never raises a DevstralError."""
    found = list(_engine(config) if route == LOCAL else _route(config, route))
    return [*found, *(Finding(None, f"{name}: {text}.") for name, text in locks(config))]


def _engine(config: DevstralConfig) -> Iterator[Finding]:
    """What the engine finds of itself, where a policy lets it be asked."""
    try:
        model_server(config, start=False).permit()
    except PolicyRefused as refused:
        yield Finding(False, refused.problem, refused.next_step)
    except DevstralError:
        # A setting that cannot be used is what the engine finds first.
        yield from examine(config)
    else:
        yield from examine(config)


def _route(config: DevstralConfig, route: str) -> Iterator[Finding]:
    try:
        server = model_server(config, Wishes(route=route), start=False)
        yield from _server(server, route)
    except DevstralError as error:
        yield Finding(False, error.problem, error.next_step)


def _server(server: ModelServer, route: str) -> Iterator[Finding]:
    models = server.models(timeout=_PATIENCE_SECONDS)
    place = f" It is not this machine: what you send leaves it for {server.remote_place}."
    yield Finding(True, f"The route {route} answers at {server.host}.{place if server.remote_place else ''}")
    found = server.named(models)
    if found is None and models:
        names = ", ".join(info.name for info in models[:5])
        step = "Name one of them as `model` of the route, or with `-m`."
        yield Finding(False, f"It does not list the model {server.name}. It has {names}.", step)
        return
    window = server.window()
    yield Finding(True, f"The model {found.name if found else server.name} answers there.")
    yield Finding(None, f"Its window is {window.tokens:,} tokens ({window.source}).")
