"""A policy: what an administrator allows, read from files that settings cannot overrule.

Traits are defaults: a user's file, `%config` and an assignment all win over a system-wide one. A policy is
read from the *system's and the environment's* Jupyter folders at each request, and only ever makes things
stricter. It binds this assistant, not people: whoever may run Python can send anything without us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias, get_args

from ..errors import ConfigurationError
from .hosts import is_loopback, parse_host

Sendable: TypeAlias = Literal["source", "schemas", "outputs", "files", "images"]
NamesKept: TypeAlias = Literal["plain", "hashed"]
AgentLevel: TypeAlias = Literal["off", "plan", "rehearse", "run"]
SENDABLE: tuple[Sendable, ...] = get_args(Sendable)
# From the strictest on.
AGENT_LEVELS: tuple[AgentLevel, ...] = get_args(AgentLevel)
LOCAL = "local"


class PolicyError(Exception):
    """A policy file that cannot be understood; the text says which key, and what it takes."""


@dataclass(frozen=True)
class PermittedRoute:
    """A route that may be used: its name, and the address that it must have ("" for `local`)."""

    name: str
    address: str = ""


@dataclass(frozen=True)
class AuditRule:
    """Where sends and actions are logged.

    Attributes:
        to: "off", "local" (Jupyter's data folder) or a path.
        required: whether what cannot be logged is not sent, and not done.
        names: whether the names of notebooks, cells, variables and files are kept, or hashes of them.
    """

    to: str = "off"
    required: bool = False
    names: NamesKept = "plain"


@dataclass(frozen=True)
class Policy:
    """What is allowed; None, and True, leave a thing to the settings.

    Attributes:
        routes: the only routes that may be used.
        models: lists of patterns, such as "devstral*"; a model must match one of each list.
        allow_remote: whether anything may leave the machine.
        redact: whether redaction is forced.
        agent: the most that an agent may do: "off", "plan", "rehearse" or "run".
        agent_remember: whether an approval may be remembered for a run.
        trial: whether fixes may be tried in copies of the kernel.
        mcp: whether tools are offered to other programs.
        send: what may go to a route, by its name: some of "source", "schemas", "outputs", "files", "images".
        audit: every log that is kept: "to" is "off", "local" or a path; with "required", what cannot be
            logged is not sent, and not done; "names" are "plain" or "hashed".
        sources: the files it was read from.
        problem: why it is closed, as a sentence; "" where every file was understood.
    """

    routes: tuple[PermittedRoute, ...] | None = None
    models: tuple[tuple[str, ...], ...] = ()
    allow_remote: bool = True
    redact: bool = False
    agent: AgentLevel = "run"
    agent_remember: bool = True
    trial: bool = True
    mcp: bool = True
    send: Mapping[str, frozenset[Sendable]] = field(default_factory=dict)
    audit: tuple[AuditRule, ...] = ()
    sources: tuple[str, ...] = ()
    problem: str = ""

    def permits_route(self, name: str, address: str) -> bool:
        """Whether a route of this name may be used at this address; `local` is this machine's alone."""
        if self.routes is None:
            return True
        return any(
            route.name == name and (_is_here(address) if name == LOCAL else route.address == _plain(address))
            for route in self.routes
        )

    def permits_model(self, name: str) -> bool:
        """Whether a model of this name may be asked."""
        return all(any(fnmatchcase(name, pattern) for pattern in patterns) for patterns in self.models)

    def sendable(self, route: str, wanted: Sequence[Sendable]) -> tuple[Sendable, ...]:
        """Those of `wanted` that may go to a route, in their order."""
        allowed = self.send.get(route)
        return tuple(one for one in wanted if allowed is None or one in allowed)

    def and_also(self, other: Policy) -> Policy:
        """The stricter of both, thing by thing."""
        return Policy(
            routes=_common(self.routes, other.routes),
            models=(*self.models, *other.models),
            allow_remote=self.allow_remote and other.allow_remote,
            redact=self.redact or other.redact,
            agent=min(self.agent, other.agent, key=AGENT_LEVELS.index),
            agent_remember=self.agent_remember and other.agent_remember,
            trial=self.trial and other.trial,
            mcp=self.mcp and other.mcp,
            send=_narrower(self.send, other.send),
            audit=tuple(dict.fromkeys((*self.audit, *other.audit))),
            sources=(*self.sources, *other.sources),
            problem=self.problem or other.problem,
        )


def closed(problem: str, source: str = "") -> Policy:
    """The policy where one cannot be read: this machine only, no agent, nothing offered to others."""
    return Policy(
        routes=(PermittedRoute(LOCAL),),
        allow_remote=False,
        redact=True,
        agent="off",
        agent_remember=False,
        mcp=False,
        sources=(source,) if source else (),
        problem=problem,
    )


def read_policy(data: Any) -> Policy:
    """The policy that the JSON of a file means; raises PolicyError."""
    if not isinstance(data, dict):
        raise PolicyError("A policy is a JSON object.")
    policy = Policy()
    for key, value in data.items():
        if key not in _READERS:
            raise PolicyError(f"There is no key {key!r} in a policy. There are: {', '.join(_READERS)}.")
        read: dict[str, Any] = {key: _READERS[key](key, value)}
        policy = replace(policy, **read)
    return policy


def _routes(key: str, value: Any) -> tuple[PermittedRoute, ...]:
    if not isinstance(value, list):
        raise PolicyError(f'{key} is a list of "local" and of objects with name and address.')
    return tuple(_route(entry) for entry in value)


def _route(entry: Any) -> PermittedRoute:
    if entry == LOCAL:
        return PermittedRoute(LOCAL)
    if isinstance(entry, str):
        raise PolicyError(
            f'In routes, {entry!r} needs its address: {{"name": {entry!r}, "address": "https://…"}}; '
            'only "local" stands alone.'
        )
    if not isinstance(entry, dict) or set(entry) != {"name", "address"}:
        raise PolicyError('An entry of routes is "local", or an object with name and address.')
    name, address = entry["name"], entry["address"]
    if not (isinstance(name, str) and name and isinstance(address, str) and "://" in address):
        raise PolicyError("In routes, name is a name and address a URL.")
    if name == LOCAL:
        raise PolicyError('A route cannot be called "local": that is the Ollama of this machine.')
    try:
        return PermittedRoute(name, parse_host(address))
    except ConfigurationError:
        raise PolicyError(f"In routes, {address!r} is no address.") from None


def _models(key: str, value: Any) -> tuple[tuple[str, ...], ...]:
    return (tuple(_texts(key, value)),)


def _texts(key: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise PolicyError(f"{key} is a list of texts.")
    return value


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PolicyError(f"{key} is true or false.")
    return value


def _agent(key: str, value: Any) -> AgentLevel:
    for level in AGENT_LEVELS:
        if value == level:
            return level
    raise PolicyError(f"{key} is one of {', '.join(AGENT_LEVELS)}.")


def _send(key: str, value: Any) -> dict[str, frozenset[Sendable]]:
    if not isinstance(value, dict):
        raise PolicyError(f"{key} is an object: the name of a route, and a list of what may go there.")
    return {route: _kinds(f"{key}.{route}", kinds) for route, kinds in value.items()}


def _kinds(key: str, value: Any) -> frozenset[Sendable]:
    texts = _texts(key, value)
    wrong = [text for text in texts if text not in SENDABLE]
    if wrong:
        raise PolicyError(f"{key} has {wrong[0]!r}; it may have {', '.join(SENDABLE)}.")
    return frozenset(kind for kind in SENDABLE if kind in texts)


def _audit(key: str, value: Any) -> tuple[AuditRule, ...]:
    if not isinstance(value, dict) or not set(value) <= {"to", "required", "names"}:
        raise PolicyError(f'{key} is an object with "to" ("off", "local" or a path), "required" and "names".')
    to, required, names = value.get("to", "local"), value.get("required", False), value.get("names", "plain")
    if names not in get_args(NamesKept):
        raise PolicyError(f'{key}.names is "plain" or "hashed".')
    if not isinstance(to, str) or not to or not isinstance(required, bool):
        raise PolicyError(f'{key}.to is "off", "local" or a path; {key}.required is true or false.')
    if to == "off" and required:
        raise PolicyError(f"{key} cannot be off and required.")
    return (AuditRule(to, required, names),)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "routes": _routes,
    "models": _models,
    "allow_remote": _flag,
    "redact": _flag,
    "agent": _agent,
    "agent_remember": _flag,
    "trial": _flag,
    "mcp": _flag,
    "send": _send,
    "audit": _audit,
}


def _plain(address: str) -> str:
    """An address in the one form of `parse_host`; "" for what is none, which no route has."""
    try:
        return parse_host(address)
    except ConfigurationError:
        return ""


def _is_here(address: str) -> bool:
    return bool(_plain(address)) and is_loopback(address)


def _common(
    one: tuple[PermittedRoute, ...] | None, other: tuple[PermittedRoute, ...] | None
) -> tuple[PermittedRoute, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(route for route in one if route in other)


def _narrower(
    one: Mapping[str, frozenset[Sendable]], other: Mapping[str, frozenset[Sendable]]
) -> dict[str, frozenset[Sendable]]:
    everything = frozenset(SENDABLE)
    return {
        route: one.get(route, everything) & other.get(route, everything)
        for route in dict.fromkeys((*one, *other))
    }
