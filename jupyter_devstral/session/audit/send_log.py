"""One line in the audit log for each send, where the policy asks for it; reserved before anything leaves.

A reservation is a small file of its own: should the process die while the answer streams, the next send
writes its line, so that nothing was sent without one.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...core.settings.policy import AuditRule, Policy
from .chain import NotLogged, append, check_writable, default_path, not_written

if TYPE_CHECKING:
    from ...core.answer import Outgoing
    from ...core.errors import DevstralError
    from ...core.model.completion import CompletionChunk
    from ...core.model.messages import Chunk, Message, Usage
    from ...core.model.server import Wishes

_PENDING = "audit.pending"


class Sender(Protocol):
    """What is asked about where a prompt goes."""

    @property
    def route(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def name(self) -> str: ...


class SendLog:
    """The log of one send."""

    def __init__(self, policy: Policy, sender: Sender, wishes: Wishes) -> None:
        self._rules = [rule for rule in policy.audit if rule.to != "off"]
        self._sender = sender
        self._notebook = wishes.notebook
        self._entry: dict[str, Any] = {}
        self._pending: list[tuple[AuditRule, Path, Path]] = []
        self._began = 0.0
        self._usage: Usage | None = None
        self._outcome = "interrupted"

    def begin(self, messages: Sequence[Message], outgoing: Outgoing | None) -> None:
        """Reserve the line; raises NotLogged where a policy requires it and it cannot be written."""
        if not self._rules:
            return
        self._began = time.monotonic()
        self._entry = {**self._head("send"), **_what(messages, outgoing)}
        for rule in self._rules:
            try:
                log = path_of(rule)
                recover(log)
                self._pending.append((rule, log, _reserve(log, self._entry)))
            except NotLogged:
                if rule.required:
                    self._give_up()
                    raise

    def saw(self, chunk: Chunk | CompletionChunk) -> None:
        """Remember the counters that end an answer."""
        if chunk.usage is not None:
            self._usage, self._outcome = chunk.usage, chunk.usage.done_reason

    def failed(self, error: DevstralError) -> None:
        """Remember how it failed: the kind alone, for words may quote what was sent."""
        self._outcome = type(error).__name__

    def end(self) -> None:
        """Write the line; what cannot be written now stays reserved."""
        usage = self._usage
        self._entry["outcome"] = self._outcome
        self._entry["ms"] = round((time.monotonic() - self._began) * 1000)
        if usage is not None:
            self._entry["tokens"] = {
                "in": usage.prompt_tokens,
                "cached": usage.cached_tokens,
                "out": usage.reply_tokens,
            }
        for rule, log, pending in self._pending:
            try:
                append(log, self._entry)
                pending.unlink(missing_ok=True)
            except NotLogged:
                if rule.required:
                    raise

    def refused(self, why: str) -> None:
        """Note a send that the policy did not allow, as far as that can be noted."""
        for rule in self._rules:
            try:
                append(path_of(rule), {**self._head("policy"), "outcome": why})
            except NotLogged:
                continue

    def _head(self, kind: str) -> dict[str, Any]:
        sender = self._sender
        return {
            "notebook": self._notebook,
            "run": None,
            "step": None,
            "kind": kind,
            "route": sender.route,
            "address": sender.host,
            "model": sender.name,
        }

    def _give_up(self) -> None:
        for _, _, pending in self._pending:
            pending.unlink(missing_ok=True)


def path_of(rule: AuditRule) -> Path:
    """The file that a rule names."""
    return default_path() if rule.to == "local" else Path(rule.to).expanduser()


def recover(log: Path) -> None:
    """Write the lines of sends whose process died before their end. Raises NotLogged."""
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


def _what(messages: Sequence[Message], outgoing: Outgoing | None) -> dict[str, Any]:
    """What is sent, as names, counts and a hash; never its content."""
    text = json.dumps([[each.role, each.content, *each.images] for each in messages])
    prompt = outgoing.prompt if outgoing else None
    images = sum(len(each.images) for each in messages)
    return {
        "prompt_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "tokens": {"in": prompt.tokens if prompt else None, "cached": None, "out": None},
        "pieces": {**(_pieces(outgoing) if outgoing else {}), "images": images},
        "secrets_hidden": prompt.redactions if prompt else None,
        "tool": None,
        "cell": outgoing.request.focus.key if outgoing and outgoing.request.focus else None,
        "decision": None,
        "trial": None,
    }


def _pieces(outgoing: Outgoing) -> dict[str, Any]:
    pieces = outgoing.prompt.pieces
    of_cells = ("cell", "below", "definition", "error")
    return {
        "cells": list(dict.fromkeys(piece.id for piece in pieces if piece.kind in of_cells)),
        "variables": [piece.id for piece in pieces if piece.kind == "variable"],
        "files": [piece.id for piece in pieces if piece.kind in ("file", "rules")],
        "turns": sum(piece.kind == "turn" for piece in pieces) // 2,
    }


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
