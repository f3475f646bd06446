"""What the error body of a model server says, once unpacked, and the errors that every server has alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import WindowExceeded


@dataclass(frozen=True)
class ServerWords:
    """What an error body says.

    Attributes:
        text: one line.
        prompt_tokens, window: 0 where the body does not give them.
        from_api: whether an API said it, and not a proxy or another program.
    """

    text: str
    prompt_tokens: int = 0
    window: int = 0
    from_api: bool = True


def too_long(words: ServerWords, next_step: str) -> WindowExceeded:
    """The error for a prompt that is longer than the window."""
    length = f"{words.prompt_tokens:,} tokens" if words.prompt_tokens else "longer than it may be"
    window = f"{words.window:,} tokens" if words.window else "smaller"
    return WindowExceeded(
        f"The prompt is {length}; the model's window is {window}.",
        next_step,
        prompt_tokens=words.prompt_tokens,
        window=words.window,
    )


def one_line(text: str) -> str:
    """Foreign text made fit for a sentence: one line, of a web page the title, at most 300 characters."""
    if text.lstrip()[:1] == "<":
        title = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        text = title[1] if title else "a web page"
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(printable.split())
    return line if len(line) <= 300 else line[:299] + "…"


def count(value: object) -> int:
    """A number of an error body; 0 for what is none."""
    return value if isinstance(value, int) and value > 0 else 0
