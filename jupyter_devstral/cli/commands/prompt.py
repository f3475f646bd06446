"""`jupyter devstral prompt`: the exact messages that a cell's request would send; no model, no network."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from ...core.model.server import Wishes
from ...core.request.tasks import Task
from ..asking import what_is_asked
from ..notebook_input import read_notebook
from ..settings import read_settings
from ..standard_output import write_text

if TYPE_CHECKING:
    from ...core.context.history import Piece
    from ...core.prompt.prompt import Prompt


def command(arguments: argparse.Namespace) -> int:
    """Print the messages that would be sent; returns the exit code."""
    from ...core.notebook.file import find_cell
    from ...core.prompt.prompt import build_prompt
    from ...core.prompt.safe_request import narrowed
    from ...core.redaction.redactor import Redactor
    from ...core.request.allowance import Allowance
    from ...session.model_choice import model_server

    settings = read_settings(arguments.flags)
    source = read_notebook(arguments.notebook)
    cell = find_cell(source.notebook, arguments.cell)
    otherwise = Task.WRITE if arguments.text else Task.EXPLAIN
    asked = what_is_asked(source.notebook, cell, arguments.task, arguments.text, otherwise=otherwise)
    server = model_server(settings, Wishes(route=arguments.route), start=False)
    allowance = Allowance(server.may_receive, server.redacts)
    redactor = Redactor() if settings.redact or allowance.redacts else None
    prompt = build_prompt(
        narrowed(source.with_rules(asked.request(source.notebook, settings.context)), allowance, redactor),
        budget=arguments.budget,
        redactor=redactor,
        values=settings.values == "samples" and not server.remote_place,
    )
    write_text(_json(prompt) if arguments.json else _readable(prompt))
    return 0


def _json(prompt: Prompt) -> str:
    data = {
        "messages": [{"role": message.role, "content": message.content} for message in prompt.messages],
        "tokens": prompt.tokens,
        "pieces": [_piece(piece) for piece in prompt.pieces],
        "dropped": [_piece(piece) for piece in prompt.dropped],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _piece(piece: Piece) -> dict[str, Any]:
    return {"kind": piece.kind, "id": piece.id, "tokens": piece.tokens}


def _readable(prompt: Prompt) -> str:
    parts = [f"──── {message.role} ────\n{message.content.rstrip()}\n" for message in prompt.messages]
    lines = [f"──── about {prompt.tokens} tokens in {len(prompt.messages)} messages"]
    if prompt.dropped:
        left_out = ", ".join(f"{piece.kind} {piece.id} ({piece.tokens})" for piece in prompt.dropped)
        lines.append(f"left out: {left_out}")
    if prompt.redactions:
        lines.append(f"replaced by placeholders: {prompt.redactions}")
    return "\n".join([*parts, *lines]) + "\n"
