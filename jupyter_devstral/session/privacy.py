"""What may leave this machine, where it goes, and what is kept: the facts of `doctor --privacy`."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.request import getproxies_environment

from ..core.errors import DevstralError
from ..core.model.examination import Finding
from ..core.settings.config import DevstralConfig
from ..core.settings.policy_files import policy, policy_files
from .audit.chain import default_path, entries
from .audit.log_line import path_of
from .locks import locks
from .route_facts import RouteFacts, route_facts
from .rules import store

_LAST_SENDS = 5


def privacy(config: DevstralConfig) -> list[Finding]:
    """Findings, one for each thing; asks no server and never raises a DevstralError."""
    return [*_routes(config), *_proxies(), *_policy(config), *_stored(), *_sends()]


def _routes(config: DevstralConfig) -> Iterator[Finding]:
    try:
        found = route_facts(config)
    except DevstralError as error:
        yield Finding(False, str(error), "Correct that setting.")
        return
    for facts in found:
        yield _route(facts)


def _route(facts: RouteFacts) -> Finding:
    model = facts.model or "the first model of its server"
    text = f"Route {facts.name}: {model} at {facts.host}"
    if not facts.place:
        return Finding(True if not facts.problem else None, f"{text}, this machine. {facts.problem}".rstrip())
    kinds = ", ".join(facts.sends) or "nothing but your words"
    parts = [f"{text}: prompts leave this machine for {facts.place}.", f"May go there: {kinds}."]
    parts += [f"Stays here: {', '.join(facts.keeps)}."] if facts.keeps else []
    parts += ["Secrets are always replaced."]
    parts += [f"Its key is in {facts.key_env}."] if facts.key_env else []
    parts += [f"On the way is the proxy {_without_password(facts.proxy)}."] if facts.proxy else []
    parts += [f"It may not be taken now: {facts.problem}"] if facts.problem else []
    return Finding(None, " ".join(parts))


def _proxies() -> Iterator[Finding]:
    for scheme, address in sorted(getproxies_environment().items()):
        if scheme in ("http", "https", "all"):
            text = f"The environment names the proxy {_without_password(address)} for {scheme}"
            yield Finding(None, f"{text}: never used for this machine, nor for Ollama.")


def _policy(config: DevstralConfig) -> Iterator[Finding]:
    if not policy_files():
        yield Finding(True, "There is no policy: the settings alone decide.")
    for name, text in locks(config):
        yield Finding(None, f"{name}: {text}.")
    if policy_files():
        yield Finding(
            None,
            "A policy binds this assistant. Whoever may run Python can send anything without it: people are "
            "bound by a firewall.",
        )


def _stored() -> Iterator[Finding]:
    folder = default_path().parent
    things = (
        ("Conversations of the sidebar", folder / "conversations"),
        ("Routes chosen in the sidebar", folder / "routes.json"),
        ("Rules of projects that are switched on", store()),
        ("The audit log", default_path()),
    )
    for name, path in things:
        mode = _mode(path)
        yield Finding(True, f"{name}: {path}, {f'mode {mode}' if mode else 'nothing there'}.")
    yield Finding(True, "Questions and answers also stand in the notebook itself, in the cells that asked.")


def _sends() -> Iterator[Finding]:
    logs = dict.fromkeys(path_of(rule) for rule in policy().audit if rule.to != "off")
    if not logs:
        yield Finding(None, "Sends are not logged: a policy can ask for that (`audit`).")
    for log in logs:
        try:
            last = deque((one for one in entries(log) if one.get("kind") == "send"), maxlen=_LAST_SENDS)
        except OSError:
            continue
        for entry in last:
            tokens = entry.get("tokens") or {}
            yield Finding(
                None,
                f"{entry.get('time')}: {tokens.get('in')} tokens to {entry.get('model')} at "
                f"{entry.get('address')} ({entry.get('route')}), {entry.get('secrets_hidden')} secrets "
                "hidden.",
            )


def _mode(path: Path) -> str:
    try:
        return f"{stat.S_IMODE(os.stat(path).st_mode):03o}"
    except OSError:
        return ""


def _without_password(address: str) -> str:
    scheme, separator, rest = address.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
