"""One line in each log that a policy asks for, reserved before what it is about happens.

A reservation is a small file of its own: should the process die meanwhile, the next line is preceded by the
one that was reserved, so that nothing happened without one.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core.errors import NotLogged
from ...core.settings.policy import AuditRule, Policy
from .chain import append, check_writable, default_path, not_written
from .names import hashed_names

_PENDING = "audit.pending"


class LogLine:
    """One line, in every log that is kept.

    Attributes:
        is_kept: whether there is any log.
    """

    def __init__(self, policy: Policy) -> None:
        self._rules = _rules(policy)
        self._reserved: list[tuple[AuditRule, Path, dict[str, Any], Path]] = []

    @property
    def is_kept(self) -> bool:
        """Whether there is a log at all."""
        return bool(self._rules)

    def reserve(self, entry: Mapping[str, Any]) -> None:
        """Reserve the line; raises NotLogged where a policy requires it and it cannot be written."""
        for log, rule in self._rules.items():
            try:
                recover(log)
                known = _as_kept(entry, rule, log)
                self._reserved.append((rule, log, known, _reserve(log, known)))
            except NotLogged:
                if rule.required:
                    self._give_up()
                    raise

    def write(self, ending: Mapping[str, Any]) -> None:
        """Write what was reserved, with how it ended; what cannot be written now stays reserved."""
        reserved, self._reserved = self._reserved, []
        for rule, log, entry, pending in reserved:
            try:
                append(log, {**entry, **_as_kept(ending, rule, log)})
                pending.unlink(missing_ok=True)
            except NotLogged:
                if rule.required:
                    raise

    def note(self, entry: Mapping[str, Any]) -> None:
        """Write a line about what is over; raises NotLogged where a policy requires it."""
        for log, rule in self._rules.items():
            try:
                append(log, _as_kept(entry, rule, log))
            except NotLogged:
                if rule.required:
                    raise

    def _give_up(self) -> None:
        for *_, pending in self._reserved:
            pending.unlink(missing_ok=True)
        self._reserved = []


def path_of(rule: AuditRule) -> Path:
    """The file that a rule names."""
    return default_path() if rule.to == "local" else Path(rule.to).expanduser()


def recover(log: Path) -> None:
    """Write the lines of processes that died before their end. Raises NotLogged."""
    for pending in sorted((log.parent / _PENDING).glob(f"{log.name}.*.json")):
        if _is_alive(int(pending.name.split(".")[-3])):
            continue
        # Whoever takes it away writes its line: two processes may find the same one.
        taken = pending.with_suffix(".taken")
        try:
            pending.rename(taken)
            entry = json.loads(taken.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            continue
        append(log, {**entry, "outcome": "died"})
        taken.unlink(missing_ok=True)


def _rules(policy: Policy) -> dict[Path, AuditRule]:
    """The rules by their logs; of two about the same log the stricter of each."""
    rules: dict[Path, AuditRule] = {}
    for rule in policy.audit:
        if rule.to == "off":
            continue
        log = path_of(rule)
        known = rules.setdefault(log, rule)
        stricter = rule if rule.names == "hashed" else known
        rules[log] = replace(stricter, required=known.required or rule.required)
    return rules


def _as_kept(entry: Mapping[str, Any], rule: AuditRule, log: Path) -> dict[str, Any]:
    return hashed_names(entry, log) if rule.names == "hashed" else dict(entry)


def _reserve(log: Path, entry: dict[str, Any]) -> Path:
    check_writable(log)
    folder = log.parent / _PENDING
    pending = folder / f"{log.name}.{os.getpid()}.{uuid.uuid4().hex}.json"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(pending, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(entry))
            file.flush()
            os.fsync(handle)
    except OSError as error:
        raise not_written(log, error) from None
    return pending


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
