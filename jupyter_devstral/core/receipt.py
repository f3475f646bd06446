"""The receipt of a reply: what was sent, what it cost, what was left out, in one line of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from .chunks import short_count

if TYPE_CHECKING:
    from .answer import Reply
    from .history import Piece

_NAMES_SHOWN = 8
# What Markdown, HTML or mathematics would make of foreign words; our own code spans in notes stay.
_SPECIAL = re.compile(r"[\\*_\[\]<>|$~#]")


def receipt_line(reply: Reply) -> str:
    """One line; see `Reply.receipt`."""
    return " · ".join(part for part in _parts(reply) if part)


def _parts(reply: Reply) -> Iterator[str]:
    yield code_span(reply.model) + (f" at {code_span(reply.remote)}" if reply.remote else "")
    yield _sent(reply)
    yield _tokens(reply)
    left_out = _described(reply, reply.prompt.dropped)
    yield f"left out {left_out}" if left_out else ""
    hidden = reply.prompt.redactions
    yield f"{hidden} {'secret' if hidden == 1 else 'secrets'} hidden" if hidden else ""
    if reply.first_token_seconds is not None:
        yield f"first token {reply.first_token_seconds:.1f} s"
    usage = reply.usage
    if usage is not None and usage.reply_seconds > 0 and usage.reply_tokens > 1:
        yield f"{usage.reply_tokens / usage.reply_seconds:.0f} tokens/s"
    for note in reply.notes:
        yield escaped(note)


def _sent(reply: Reply) -> str:
    described = _described(reply, reply.prompt.pieces)
    target = reply.request.target
    # The fix of a failure may be for another cell.
    doing = "explaining" if reply.request.failure is not None else "rewriting"
    about = f"{doing} cell {target.index}" if target is not None and reply.request.task.rewrites else ""
    return ", ".join(part for part in (f"sent {described}" if described else "sent no cells", about) if part)


def _described(reply: Reply, pieces: Sequence[Piece]) -> str:
    """Pieces in words: "cells 0–6, parts of cells 1, 2, variables `df`, `sales`"."""
    index_of = {cell.key: cell.index for cell in reply.request.notebook.cells}
    whole = {index_of[piece.id] for piece in pieces if piece.kind in _WHOLE and piece.id in index_of}
    parts = {index_of[piece.id] for piece in pieces if piece.kind in _PART and piece.id in index_of} - whole
    variables = dict.fromkeys(piece.id for piece in pieces if piece.kind == "variable")
    described = []
    if whole:
        described.append(f"{_plural('cell', whole)} {_ranges(whole)}")
    if parts:
        described.append(f"parts of {_plural('cell', parts)} {_ranges(parts)}")
    if variables:
        described.append(f"{_plural('variable', variables)} {_names(list(variables))}")
    return ", ".join(described)


_WHOLE = frozenset({"cell", "turn", "below"})
_PART = frozenset({"definition", "error"})


def _tokens(reply: Reply) -> str:
    usage = reply.usage
    used = usage.prompt_tokens + usage.reply_tokens if usage else reply.prompt.tokens
    about = "" if usage and usage.prompt_tokens else "about "
    return f"{about}{short_count(used)} of {short_count(reply.window.tokens)} tokens"


def _ranges(numbers: Iterable[int]) -> str:
    """Numbers with runs joined: {0, 1, 2, 5} gives "0–2, 5"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    texts = [f"{first}–{last}" if last > first else str(first) for first, last in runs]
    return _shortened(texts)


def _names(names: Sequence[str]) -> str:
    return _shortened([code_span(name) for name in names])


def _shortened(texts: Sequence[str]) -> str:
    more = len(texts) - _NAMES_SHOWN
    return ", ".join(texts[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _plural(noun: str, things: Sequence[object] | set[int] | dict[str, None]) -> str:
    return noun if len(things) == 1 else f"{noun}s"


def code_span(text: str) -> str:
    """Foreign text as inline code: on one line, and unable to end the span."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def escaped(text: str) -> str:
    """A sentence of ours that may quote foreign words, on one line; only its code spans remain Markdown."""
    spans = " ".join(text.split()).split("`")
    if len(spans) % 2 == 0:
        spans = ["'".join(spans)]
    # Every second part is inside a code span.
    parts = [part if n % 2 else _SPECIAL.sub(r"\\\g<0>", part) for n, part in enumerate(spans)]
    return "`".join(parts)
