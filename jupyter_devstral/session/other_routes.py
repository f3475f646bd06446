"""Which routes may be taken, and the words that offer them where the engine of this machine fails."""

from __future__ import annotations

from ..core.errors import DevstralError
from ..core.settings.config import DevstralConfig
from ..core.settings.permission import refuse_model, refuse_route
from ..core.settings.policy_files import policy
from ..core.settings.routes import Route, read_routes


def offer(config: DevstralConfig) -> str:
    """A sentence about the routes that could be taken instead of a failing engine; "" where there is none."""
    named = " or ".join(
        f"`--route {route.name}` ({route.place})"
        for route in read_routes(config.routes).values()
        if not _problem_of_route(config, route)
    )
    if not named:
        return ""
    return f"You may ask another route: {named}; `--dry-run` shows first what would be sent there."


def problem_of(config: DevstralConfig, name: str, host: str, place: str, model: str) -> str:
    """Why a route cannot be taken, as a sentence; "" where it can."""
    now = policy()
    try:
        refuse_route(now, name, host, place)
        if model:
            refuse_model(now, model)
    except DevstralError as error:
        return str(error)
    if place and not config.allow_remote:
        return f"{place} is not this machine: that needs DevstralConfig.allow_remote = True."
    return ""


def _problem_of_route(config: DevstralConfig, route: Route) -> str:
    place = "" if route.is_here else route.place
    return problem_of(config, route.name, route.address, place, route.model)
