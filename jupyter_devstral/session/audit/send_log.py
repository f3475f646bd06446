"""One line in the audit log for each send, where the policy asks for it; reserved before anything leaves."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ...core.errors import NotLogged
from ...core.settings.policy import Policy
from .log_line import LogLine

if TYPE_CHECKING:
    from ...core.answer import Outgoing
    from ...core.errors import DevstralError
    from ...core.model.completion import CompletionChunk
    from ...core.model.messages import Chunk, Message, Usage
    from ...core.model.server import Wishes


class Sender(Protocol):
    """What is asked about where a prompt goes."""

    @property
    def route(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def name(self) -> str: ...


class SendLog:
    """The log of one send.

    Args:
        run, step: the run that it belongs to, and the number of its step; "" and 0 for none.
    """

    def __init__(
        self, policy: Policy, sender: Sender, wishes: Wishes, *, run: str = "", step: int = 0
    ) -> None:
        self._line = LogLine(policy)
        self._sender = sender
        self._place = (wishes.notebook, run, step)
        self._began = 0.0
        self._usage: Usage | None = None
        self._outcome = "interrupted"

    def begin(self, messages: Sequence[Message], outgoing: Outgoing | None) -> None:
        """Reserve the line; raises NotLogged where a policy requires it and it cannot be written."""
        if self._line.is_kept:
            self._began = time.monotonic()
            self._line.reserve({**head(self._sender, "send", *self._place), **_what(messages, outgoing)})

    def saw(self, chunk: Chunk | CompletionChunk) -> None:
        """Remember the counters that end an answer."""
        if chunk.usage is not None:
            self._usage, self._outcome = chunk.usage, chunk.usage.done_reason

    def failed(self, error: DevstralError) -> None:
        """Remember how it failed: the kind alone, for words may quote what was sent."""
        self._outcome = type(error).__name__

    def end(self) -> None:
        """Write the line; what cannot be written now stays reserved."""
        ending: dict[str, Any] = {
            "outcome": self._outcome,
            "ms": round((time.monotonic() - self._began) * 1000),
        }
        if (usage := self._usage) is not None:
            ending["tokens"] = {
                "in": usage.prompt_tokens,
                "cached": usage.cached_tokens,
                "out": usage.reply_tokens,
            }
        self._line.write(ending)

    def refused(self, why: str) -> None:
        """Note a send that the policy did not allow, as far as that can be noted."""
        with contextlib.suppress(NotLogged):
            self._line.note({**head(self._sender, "policy", *self._place), "outcome": why})


def head(sender: Sender, kind: str, notebook: str, run: str, step: int) -> dict[str, Any]:
    """The fields that every line has: what it is about, and where it goes."""
    return {
        "notebook": notebook,
        "run": run or None,
        "step": step or None,
        "kind": kind,
        "route": sender.route,
        "address": sender.host,
        "model": sender.name,
        **dict.fromkeys(("prompt_sha256", "tokens", "pieces", "secrets_hidden")),
        **dict.fromkeys(("tool", "cell", "decision", "trial")),
    }


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
        "cell": outgoing.request.focus.key if outgoing and outgoing.request.focus else None,
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
