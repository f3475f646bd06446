"""How far a run may go, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..model.messages import Message
from .draft import Draft

How: TypeAlias = Literal["done", "gave up", "stopped"]


@dataclass(frozen=True)
class Limits:
    """Limits of a run.

    Attributes:
        steps: replies of the model.
        reply_tokens: all that it may write in the run.
        reserve: tokens kept free for one reply.
    """

    steps: int = 25
    reply_tokens: int = 60_000
    reserve: int = 2_048


@dataclass
class Ended:
    """How a run ended.

    Attributes:
        reason: why it gave up; "" for any other end.
        summary: the model's last words.
        messages: the conversation, legal to go on with.
        refused: (cell's id, effect) of everything that was refused and not allowed.
    """

    how: How
    draft: Draft
    reason: str = ""
    summary: str = ""
    steps: int = 0
    reply_tokens: int = 0
    messages: tuple[Message, ...] = ()
    refused: list[tuple[str, str]] = field(default_factory=list)
