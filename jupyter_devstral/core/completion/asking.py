"""From a place in a notebook to the request for a model server: when to ask, and the exact body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model.completion import CompletionRequest
from ..model.token_estimate import estimate_tokens
from ..notebook.cells import Cell, Notebook
from ..redaction.redactor import Redactor, find_secrets
from .context import surroundings
from .families import Inserting
from .place import Place, Standing

# In tokens. One window for every request: another one would load the model anew.
WINDOW = 4096
_LINE_TOKENS, _BLOCK_TOKENS = 48, 160
_LONGEST_KEEP_ALIVE, _SHORTEST_KEEP_ALIVE = 300, 10
_WORD_AT_END = re.compile(r"\w+\Z")
# A search for a word at the end begins at every character.
_LONGEST_WORD = 200
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


@dataclass(frozen=True)
class Prepared:
    """A request with what is needed to read its answer.

    Attributes:
        taken: the blanks at the end of the cursor's line that the model is not shown.
        word: the word behind them, which is being typed, not shown either: the answer has to begin with it.
        block: several lines are wanted.
    """

    request: CompletionRequest
    place: Place
    taken: str
    word: str
    block: bool


def why_not_asked(place: Place, notebook: Notebook, cell: Cell) -> str:
    """Why nobody should be asked here unless by hand; "" where it is worth asking."""
    if place.standing is Standing.FOREIGN:
        return "the cell is not in the kernel's language"
    if place.standing is not Standing.CODE:
        return f"the cursor is in a {place.standing.value}"
    if place.is_in_the_middle:
        return "the cursor is in the middle of a line"
    if place.is_empty:
        above = notebook.cells[cell.index - 1] if cell.index else None
        return "" if above is not None and above.kind == "markdown" else "the cell is empty"
    if place.is_fresh and not place.indent and not place.above_is_open:
        return "the line is empty"
    return ""


def holds_secret(place: Place) -> bool:
    """Whether the cursor is in a secret, or in a string that holds one, finished or not."""
    if place.string:
        quote = re.match(r"'''|\"\"\"|.", place.string, re.DOTALL)
        closed = place.source[: place.offset] + (quote[0] if quote else "")
        start = place.offset - len(place.string)
        if any(secret.text in closed[start:] for secret in find_secrets(closed)):
            return True
    # In a string that is longer than what is near the cursor, its beginning tells what it is.
    text, offset = (place.source, place.offset) if place.string else place.nearby
    for secret in find_secrets(text):
        at = text.find(secret.text)
        while at >= 0:
            if at < offset < at + len(secret.text):
                return True
            at = text.find(secret.text, at + 1)
    return False


def prepare(
    notebook: Notebook,
    cell: Cell,
    place: Place,
    inserting: Inserting,
    *,
    model: str,
    redactor: Redactor | None = None,
    remarks: Mapping[str, Sequence[str]] | None = None,
    window: int = WINDOW,
    on_cpu: bool = False,
    whole_words: bool = True,
    keep_alive: str | int = "30m",
) -> Prepared:
    """The request at `place`.

    Args:
        redactor: takes secrets out; None sends everything as it is.
        keep_alive: of the chat model; the completion model's is shorter, so that it goes first.
        on_cpu: the model is kept off the graphics card.
        whole_words: leave a word that is being typed to the model, which was not trained to go on with a
            part of one behind the middle token.
    """
    head, taken, word = _without_word(place.head) if whole_words else (*_without_blanks(place.head), "")
    around = surroundings(notebook, cell, place, head, remarks, redactor.redact if redactor else list)
    above, begun, below = around.above, around.begun, around.below
    block = place.wants_block
    tokens = _BLOCK_TOKENS if block else _LINE_TOKENS
    above = _fitting(above, estimate_tokens(below) + estimate_tokens(begun) + tokens, window)
    family = inserting.family
    request = CompletionRequest(
        model=model,
        prompt=family.prompt(above, below, begun) if family else above + begun,
        # Ollama takes an empty suffix for a chat.
        suffix=None if family else below or "\n",
        options={
            "num_ctx": window,
            "num_predict": tokens,
            "temperature": 0.0,
            "repeat_penalty": 1.0,
            "stop": [*inserting.stops, *_stops(place, block)],
            **({"num_gpu": 0} if on_cpu else {}),
        },
        keep_alive=_shorter(keep_alive),
    )
    return Prepared(request, place, taken, word, block)


def _without_blanks(head: str) -> tuple[str, str]:
    """The line without the blanks at its end: behind them a model writes another one."""
    begun = head.rstrip(" \t")
    return begun, head[len(begun) :]


def _without_word(head: str) -> tuple[str, str, str]:
    """The line without the word that the cursor stands in or behind, and without the blanks before it."""
    found = _WORD_AT_END.search(head, max(0, len(head) - _LONGEST_WORD))
    if found is None:
        return (*_without_blanks(head), "")
    begun, taken = _without_blanks(head[: found.start()])
    return begun, taken, found[0]


def _fitting(above: str, others: int, window: int) -> str:
    """The end of `above` that fits the window together with `others` tokens."""
    while above and estimate_tokens(above) + others > window - 32:
        middle = above.find("\n", len(above) // 2)
        above = above[middle + 1 :] if middle >= 0 else above[len(above) // 2 + 1 :]
    return above


def _stops(place: Place, block: bool) -> list[str]:
    if not block:
        return ["\n"]
    return [] if place.indent or not place.is_fresh else ["\n\n"]


def _shorter(keep_alive: str | int) -> int:
    """Seconds, less than `keep_alive`: Ollama lets the model with the shortest one go first."""
    seconds = _seconds(keep_alive)
    if seconds < 0:
        return _LONGEST_KEEP_ALIVE
    return int(max(_SHORTEST_KEEP_ALIVE, min(_LONGEST_KEEP_ALIVE, seconds / 2)))


def _seconds(duration: str | int) -> float:
    """A duration of Go's, such as "1h30m", in seconds."""
    if isinstance(duration, int):
        return float(duration)
    sign = -1.0 if duration.startswith("-") else 1.0
    parts = re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", duration)
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)
