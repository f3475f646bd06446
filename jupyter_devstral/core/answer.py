"""What goes out for a reply, and the reply once it has ended: the two ends of a stream, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .chunks import Usage
    from .edits import Edit
    from .notebook import Turn
    from .prompt import Prompt
    from .reply import Code
    from .tasks import Message, Request
    from .window import Window


@dataclass(frozen=True)
class Outgoing:
    """What is sent for a reply: a prompt, the window it fits, and the reply it goes on with, if any.

    Attributes:
        num_predict: the longest reply, in tokens.
        partial: the text to continue, secrets restored; "" for a reply of its own.
        first_prompt: the prompt of the reply that is continued or asked about.
        after: the messages behind those of `first_prompt`.
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
        prompt: what was sent; `prompt.messages` are the exact messages of the last request.
        text: all of it, secrets restored; of a continued reply the first part, too.
        code: its code blocks in order.
        edits: what it proposes to do with cells.
        notes: sentences for the user: what was cut, packed again or not used.
        finished: "stop", "length" (it hit its limit), "cut" (the server ended it early) or "interrupted".
        first_token_seconds: from asking to the first text; None when there was none.
        turn: what to record in the asking cell.
        remote: where the prompt went if not to this machine, else "".
        first_prompt: of a continued reply, the prompt of its first part.
    """

    request: Request
    prompt: Prompt
    text: str
    code: tuple[Code, ...]
    edits: tuple[Edit, ...]
    notes: tuple[str, ...]
    usage: Usage | None
    finished: str
    window: Window
    model: str
    host: str
    first_token_seconds: float | None
    turn: Turn
    remote: str = ""
    first_prompt: Prompt | None = field(default=None, repr=False)

    def receipt(self) -> str:
        """One Markdown line: model, what was sent, tokens, what was left out, speed, notes."""
        from .receipt import receipt_line

        return receipt_line(self)

    def __repr__(self) -> str:
        size = f"{len(self.text):,} characters, {len(self.code)} code blocks, {len(self.edits)} edits"
        return f"<Reply from {self.model}: {size}, finished: {self.finished}>"

    def _repr_markdown_(self) -> str:
        return f"{self.text.rstrip()}\n\n{self.receipt()}"
