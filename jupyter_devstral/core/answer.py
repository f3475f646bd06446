"""The two ends of a reply's stream, as values: what goes out, and the reply once it has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from .text.amounts import short_count
from .text.markdown import code_span, escaped

if TYPE_CHECKING:
    from .context.history import Piece
    from .edits.edit import Edit
    from .model.messages import Message, Usage
    from .model.window import Window
    from .notebook.cells import Cell, Turn
    from .prompt.prompt import Prompt
    from .reply.parser import Code
    from .request.tasks import Request

# How a reply ended: by itself, at its length limit, by the server, or by the user.
Finished: TypeAlias = Literal["stop", "length", "cut", "interrupted"]

_NAMES_SHOWN = 8
_WHOLE = frozenset({"cell", "turn", "below"})
_PART = frozenset({"definition", "error"})


@dataclass(frozen=True)
class Outgoing:
    """The data sent for a reply: a prompt, the window it fits, and the reply it continues, if any.

    Attributes:
        num_predict: the length limit of the reply, in tokens.
        partial: the text to continue, secrets restored; "" for a reply of its own.
        first_prompt: the prompt that the conversation began with, where this is not its first reply.
        after: the messages after those of `first_prompt`: replies, and questions about them.
    """

    request: Request
    prompt: Prompt
    window: Window
    num_predict: int
    partial: str = ""
    first_prompt: Prompt | None = None
    after: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Reply:
    """A reply that has ended, one way or another.

    Attributes:
        prompt: the prompt sent; `prompt.messages` are the exact messages of the last request.
        text: the whole text, secrets restored; for a continued reply with the first part.
        code: its code blocks in order.
        edits: the edits of cells that it proposes.
        notes: sentences for the user: what was cut, packed again or not used.
        finished: "stop", "length" (it hit its limit), "cut" (the server ended it early) or "interrupted".
        first_token_seconds: the time from asking to the first text; None when there was none.
        turn: the exchange to record in the asking cell.
        remote: the place the prompt went to if not this machine, else "".
        first_prompt: the prompt that the conversation began with, where this is not its first reply.
        after: the messages between `first_prompt` and this reply.
        thinking: the model's thinking, which is no part of `text` and is never sent back.
    """

    request: Request
    prompt: Prompt
    text: str
    code: tuple[Code, ...]
    edits: tuple[Edit, ...]
    notes: tuple[str, ...]
    usage: Usage | None
    finished: Finished
    window: Window
    model: str
    host: str
    first_token_seconds: float | None
    turn: Turn
    remote: str = ""
    first_prompt: Prompt | None = field(default=None, repr=False)
    after: tuple[Message, ...] = field(default=(), repr=False)
    thinking: str = field(default="", repr=False)

    @property
    def changes(self) -> dict[str, str]:
        """The actual changes: new sources by the keys of their cells."""
        return {
            edit.cell_id: edit.source for edit in self.edits if edit.source.strip() != edit.before.strip()
        }

    def receipt(self) -> str:
        """The receipt, one Markdown line: model, what was sent, tokens, what was left out, speed, notes."""
        return receipt_line(self)

    def __repr__(self) -> str:
        size = f"{len(self.text):,} characters, {len(self.code)} code blocks, {len(self.edits)} edits"
        return f"<Reply from {self.model}: {size}, finished: {self.finished}>"

    def _repr_markdown_(self) -> str:
        return f"{self.text.rstrip()}\n\n{self.receipt()}"


def receipt_line(reply: Reply) -> str:
    """Write the receipt; see `Reply.receipt`."""
    return " · ".join(part for part in _parts(reply) if part)


def _parts(reply: Reply) -> Iterator[str]:
    yield code_span(reply.model) + (f" at {code_span(reply.remote)}" if reply.remote else "")
    yield _sent(reply)
    yield _tokens(reply)
    outdated = sum(piece.tokens for piece in reply.prompt.pieces if piece.kind == "outdated")
    yield f"{short_count(outdated)} of them earlier versions of changed cells" if outdated else ""
    left_out = _described(reply, reply.prompt.dropped)
    yield f"left out {left_out}" if left_out else ""
    kept = reply.prompt.withheld
    yield f"not sent: {', '.join(kept)}" if kept else ""
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
    # The fix of a failure may concern another cell.
    doing = "explaining" if reply.request.failure is not None else "rewriting"
    about = f"{doing} cell {target.sign}" if target is not None and reply.request.task.rewrites else ""
    values = " with values" if reply.prompt.values else ""
    sent = f"sent {described}{values}" if described else "sent no cells"
    return ", ".join(part for part in (sent, about) if part)


def _described(reply: Reply, pieces: Sequence[Piece]) -> str:
    """The pieces in words: "cells [1]–[6], #8, parts of cells [7], variables `df`, `sales`"."""
    cells = reply.request.notebook.cells
    sent_whole = {piece.id for piece in pieces if piece.kind in _WHOLE}
    sent_in_part = {piece.id for piece in pieces if piece.kind in _PART} - sent_whole
    whole = [cell for cell in cells if cell.key in sent_whole]
    parts = [cell for cell in cells if cell.key in sent_in_part]
    variables = dict.fromkeys(piece.id for piece in pieces if piece.kind == "variable")
    rules = [piece.id for piece in pieces if piece.kind == "rules"]
    described = []
    if whole:
        described.append(f"{_plural('cell', whole)} {_ranges(whole)}")
    if parts:
        described.append(f"parts of {_plural('cell', parts)} {_ranges(parts)}")
    if variables:
        described.append(f"{_plural('variable', variables)} {_names(list(variables))}")
    if rules:
        described.append(f"rules {_names(rules)}")
    return ", ".join(described)


def _tokens(reply: Reply) -> str:
    usage = reply.usage
    counted = usage is not None and usage.prompt_tokens > 0
    used = usage.prompt_tokens + usage.reply_tokens if usage and counted else reply.prompt.tokens
    about = "" if counted else "about "
    cached = f" ({short_count(usage.cached_tokens)} cached)" if usage and usage.cached_tokens else ""
    return f"{about}{short_count(used)} of {short_count(reply.window.tokens)} tokens{cached}"


def _ranges(cells: Sequence[Cell]) -> str:
    """Call cells as the user sees them, with runs joined: "[1]–[3], #5"."""
    runs: list[list[Cell]] = []
    for cell in cells:
        if runs and _follows(cell, runs[-1][-1]):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return _shortened([f"{run[0].sign}–{run[-1].sign}" if len(run) > 1 else run[0].sign for run in runs])


def _follows(cell: Cell, before: Cell) -> bool:
    """Whether it stands behind the other, and is called by the next number."""
    is_next = cell.count == before.count + 1 if cell.count and before.count else cell.count == before.count
    return cell.index == before.index + 1 and is_next


def _names(names: Sequence[str]) -> str:
    return _shortened([code_span(name) for name in names])


def _shortened(texts: Sequence[str]) -> str:
    more = len(texts) - _NAMES_SHOWN
    return ", ".join(texts[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _plural(noun: str, things: Sequence[object] | dict[str, None]) -> str:
    return noun if len(things) == 1 else f"{noun}s"
