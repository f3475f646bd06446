"""Whether a policy permits what is about to be sent, and the sentence where it does not."""

from __future__ import annotations

from typing import NoReturn

from ..errors import PolicyRefused
from .policy import AGENT_LEVELS, LOCAL, AgentLevel, Policy
from .routes import place_of


def refuse_route(policy: Policy, route: str, address: str, remote_place: str) -> None:
    """Raise PolicyRefused where nothing may be asked of `address` over `route`.

    `remote_place` is where prompts go if not to this machine, else "".
    """
    if remote_place and not policy.allow_remote:
        raise _refused(policy, f"Nothing may leave this machine, and {remote_place} is not on it")
    # What a server of this machine forwards elsewhere is not local.
    place = remote_place if route == LOCAL and remote_place else address
    if not policy.permits_route(route, place):
        where = remote_place or place_of(address)
        raise _refused(policy, f"The route {route} to {where} may not be used")


def refuse_model(policy: Policy, name: str) -> None:
    """Raise PolicyRefused where a model of this name may not be asked."""
    if not policy.permits_model(name):
        raise _refused(policy, f"The model {name} may not be asked")


def refuse_source(policy: Policy, route: str) -> NoReturn:
    """Raise the PolicyRefused of a route that no cell may be sent to."""
    raise _refused(policy, f"Cells of a notebook may not be sent to the route {route}")


def refuse_agent(policy: Policy, level: AgentLevel) -> None:
    """Raise PolicyRefused where a run may not go as far as `level`."""
    if AGENT_LEVELS.index(policy.agent) >= AGENT_LEVELS.index(level):
        return
    may = {"off": "not run at all", "plan": "only plan", "rehearse": "only rehearse"}[policy.agent]
    raise _refused(policy, f"An agent may {may} here")


def _refused(policy: Policy, what: str) -> PolicyRefused:
    sources = " and ".join(policy.sources) or "of this machine"
    why = f" {policy.problem}" if policy.problem else ""
    problem = f"{what}: the policy {sources} does not allow it. Nothing was sent.{why}"
    return PolicyRefused(problem, "Ask whoever set it.")
