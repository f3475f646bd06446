"""`jupyter devstral audit tail | verify | head`: the log of what was sent."""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from pathlib import Path
from typing import Any

from ...core.errors import DevstralError
from ...core.settings.policy_files import policy
from ...session.audit.chain import default_path, entries, head_of, verify
from ...session.audit.log_line import path_of


def command(arguments: argparse.Namespace) -> int:
    """Carry out one action; returns 1 where a log does not hold."""
    log = arguments.file or _log_in_use()
    try:
        return {"tail": _tail, "verify": _verify, "head": _head}[arguments.action](log, arguments)
    except OSError as error:
        raise DevstralError(f"The audit log {log} cannot be read ({error.strerror or error}).") from None


def _log_in_use() -> Path:
    """The first log that the policy names, else where one would be."""
    return next((path_of(rule) for rule in policy().audit if rule.to != "off"), default_path())


def _tail(log: Path, arguments: argparse.Namespace) -> int:
    try:
        last = deque(entries(log), maxlen=arguments.count)
    except FileNotFoundError:
        print(f"Nothing is logged in {log}.", file=sys.stderr)
        return 0
    for entry in last:
        print(json.dumps(entry, ensure_ascii=False))
    return 0


def _verify(log: Path, arguments: argparse.Namespace) -> int:
    found = verify(log, head=arguments.head)
    if found.broken:
        print(f"{found.file or log}: line {found.broken} does not hold. {found.why}")
        return 1
    if not found.lines:
        print(f"Nothing is logged in {log}.")
        return 0
    print(f"{log}: {found.lines} lines hold. The last hash, to be kept elsewhere: {found.head}")
    return 0


def _head(log: Path, arguments: Any) -> int:
    print(head_of(log))
    return 0
