"""The settings that a policy has locked, as sentences: what `status` and `doctor` show beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..core.settings.config import DevstralConfig
from ..core.settings.policy import Policy
from ..core.settings.policy_files import can_be_changed, policy


def locks(config: DevstralConfig) -> list[tuple[str, str]]:
    """Pairs of a setting and what a policy says of it; none where there is no policy."""
    now = policy()
    by = " and ".join(now.sources)
    found = [(name, f"{value} (locked by {by})") for name, value in _locked(now)]
    return [*found, *_remarks(now)] if now.sources else []


def _locked(now: Policy) -> Iterator[tuple[str, str]]:
    if not now.allow_remote:
        yield "allow_remote", "off"
    if now.redact:
        yield "redact", "on"
    if now.routes is not None:
        yield "routes", ", ".join(f"{one.name} {one.address}".strip() for one in now.routes) or "none"
    for patterns in now.models:
        yield "models", ", ".join(patterns) or "none"
    for route, kinds in now.send.items():
        yield f"send to {route}", ", ".join(sorted(kinds)) or "nothing but the user's words"
    if not now.trial:
        yield "trials", "off"
    if now.agent != "run":
        yield "agent", now.agent
    for rule in now.audit:
        names = ", names hashed" if rule.names == "hashed" else ""
        yield "audit", f"{rule.to}{', required' if rule.required else ''}{names}"


def _remarks(now: Policy) -> Iterator[tuple[str, str]]:
    if now.problem:
        yield "policy", now.problem
    for source in now.sources:
        if can_be_changed(Path(source)):
            yield "policy", f"{source} can be changed by this user: it is kept to, but it is no lock"
