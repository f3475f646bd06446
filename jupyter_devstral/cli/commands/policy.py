"""`jupyter devstral policy check [FILE]`: what a policy means, and whether it is a lock."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...core.errors import UsageError
from ...core.settings.policy import Policy
from ...core.settings.policy_files import can_be_changed, policy_files, policy_of


def command(arguments: argparse.Namespace) -> int:
    """Print what the files say; returns 1 where one of them cannot be understood."""
    files = [arguments.file] if arguments.file else policy_files()
    if not files:
        raise UsageError("No policy is in force here: name a file, `jupyter devstral policy check FILE`.")
    return max([_explain(file, policy_of(file)) for file in files])


def _explain(file: Path, policy: Policy) -> int:
    print(f"{file}:")
    if policy.problem:
        print(f"  !!  {policy.problem}")
        print(
            "      While it lies where policies are read, everything is closed: this machine only, no agent."
        )
    for line in _rules(policy):
        print(f"  --  {line}")
    if can_be_changed(file):
        print("  !!  You can change this file: it is kept to, but for you it is no lock.")
    return 1 if policy.problem else 0


def _rules(policy: Policy) -> list[str]:
    rules = []
    if policy.routes is not None:
        names = [f"{one.name} at {one.address}" if one.address else "this machine" for one in policy.routes]
        rules.append(f"Only these routes may be taken: {'; '.join(names) or 'none'}.")
    rules += [f"Only these models may be asked: {', '.join(one) or 'none'}." for one in policy.models]
    rules += [] if policy.allow_remote else ["Nothing may leave this machine."]
    rules += ["Secrets are always replaced."] if policy.redact else []
    for route, kinds in policy.send.items():
        rules.append(f"To {route} may go: {', '.join(sorted(kinds)) or 'nothing but words'}.")
    rules += [] if policy.trial else ["Fixes are not tried in copies of the kernel."]
    rules += [] if policy.mcp else ["No tools are offered to other programs."]
    rules += [f"An agent may at most: {policy.agent}."] if policy.agent != "run" else []
    rules += [] if policy.agent_remember else ["Approvals of an agent's steps are not remembered."]
    for rule in policy.audit:
        required = "; what cannot be logged is not sent or done" if rule.required else ""
        hashed = "; names as hashes" if rule.names == "hashed" else ""
        what = f"Sends and actions are logged: {rule.to}{required}{hashed}."
        rules.append(what if rule.to != "off" else "Nothing is logged.")
    return rules or ["It leaves everything to the settings."]
