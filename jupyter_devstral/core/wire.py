"""Replies as JSON: what a notebook stores beside the Markdown, and how it is read back.

Stored data may come from another version or another program; data of a foreign shape reads as nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .answer import Reply
from .edits.edit import Edit
from .model.messages import Usage
from .notebook.cells import REPLY_MIME, Turn

MIME = REPLY_MIME
VERSION = 1
_OPS = ("insert", "replace", "delete")
_KINDS = ("code", "markdown")


def reply_bundle(reply: Reply) -> dict[str, Any]:
    """Write a reply as JSON values, for the MIME type above."""
    return {
        "version": VERSION,
        "task": reply.request.task.value,
        "reply": reply.text,
        "edits": [edit.as_json() for edit in reply.edits],
        "receipt": reply.receipt(),
        # With "reply", all that `notebook.file` needs to replay the exchange.
        "turn": turn_record(reply.turn),
        "finished": reply.finished,
        "notes": list(reply.notes),
        "usage": _usage(reply.usage) if reply.usage else None,
        "model": reply.model,
    }


def turn_record(turn: Turn) -> dict[str, Any]:
    """Write a turn without its reply, as `notebook.file` reads it."""
    described = [list(one) for one in turn.described]
    return {"user_text": turn.user_text, **({"described": described} if described else {})}


def _usage(usage: Usage) -> dict[str, Any]:
    """The counters, without those that the server did not report."""
    return {name: value for name, value in asdict(usage).items() if value is not None}


def edits_from_bundle(data: object) -> list[Edit]:
    """The edits a bundle proposes; entries that are not edits are left out."""
    entries = data.get("edits") if isinstance(data, Mapping) else None
    read = [_edit(entry) for entry in entries] if isinstance(entries, list) else []
    return [edit for edit in read if edit is not None]


def _edit(entry: object) -> Edit | None:
    if not isinstance(entry, Mapping) or entry.get("op") not in _OPS:
        return None
    texts = [entry.get(key, "") for key in ("cell_id", "before", "source")]
    kind = entry.get("kind", "code")
    if kind not in _KINDS or not all(isinstance(text, str) for text in texts):
        return None
    cell_id, before, source = texts
    return Edit(entry["op"], cell_id, before, source, kind)
