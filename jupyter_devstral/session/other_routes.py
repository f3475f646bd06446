"""Which routes may be taken, and the words that offer them where the engine of this machine fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..core.errors import DevstralError
from ..core.settings.config import DevstralConfig
from ..core.settings.permission import refuse_model, refuse_route
from ..core.settings.policy_files import policy
from ..core.settings.routes import Route, read_routes
from ..core.text.amounts import short_count

if TYPE_CHECKING:
    from ..core.prompt.prompt import Prompt

_OF_CELLS = frozenset({"cell", "below", "definition", "error"})
_KINDS = {"schemas": "variables", "images": "pictures"}


def offer(config: DevstralConfig, would_go: Callable[[str], str] = lambda route: "") -> str:
    """A sentence about the routes that could be taken instead of a failing engine; "" where there is none.

    `would_go` gives what would go to the route of a name, in words.
    """
    named = " or ".join(
        f"`--route {route.name}` ({_described(route, would_go)})"
        for route in read_routes(config.routes).values()
        if not _problem_of_route(config, route)
    )
    if not named:
        return ""
    return f"You may ask another route: {named}; `--dry-run` shows first what would be sent there."


def words_for(prompt: Prompt) -> str:
    """What a prompt holds, and what there was that may not go: "14 cells, 5.1k tokens, no outputs"."""
    cells = {piece.id for piece in prompt.pieces if piece.kind in _OF_CELLS}
    variables = {piece.id for piece in prompt.pieces if piece.kind == "variable"}
    parts = [
        _counted(len(cells), "cell"),
        _counted(len(variables), "variable"),
        f"{short_count(prompt.tokens)} tokens",
        f"{_counted(prompt.redactions, 'secret')} hidden" if prompt.redactions else "",
        *(f"no {_KINDS.get(kind, kind)}" for kind in prompt.withheld),
    ]
    return ", ".join(part for part in parts if part)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _described(route: Route, would_go: Callable[[str], str]) -> str:
    try:
        words = would_go(route.name)
    except DevstralError:
        # The engine's own error is the one to show.
        words = ""
    return f"{route.place}: {words}" if words else route.place


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
