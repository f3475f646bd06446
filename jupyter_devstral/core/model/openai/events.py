"""Server-sent events, cut from bytes that may be split anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LINE_END = re.compile(rb"\r\n|\n|\r")
# No event of an answer is longer; what is, is no stream of ours (bytes).
LONGEST = 8_000_000


class TooLong(Exception):
    """A line that never ends."""


def events(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of each event, its lines joined; comments and other fields are left out. Raises TooLong."""
    data: list[bytes] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield b"\n".join(data).decode(errors="replace")
            data = []
        elif line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
    # A server that forgets the last blank line has said the event all the same.
    if data:
        yield b"\n".join(data).decode(errors="replace")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        held += chunk
        start = 0
        for end in _LINE_END.finditer(held):
            # The "\n" of this one may come with the next bytes.
            if end[0] == b"\r" and end.end() == len(held):
                break
            yield held[start : end.start()]
            start = end.end()
        held = held[start:]
        if len(held) > LONGEST:
            raise TooLong
    if held:
        yield held.rstrip(b"\r")
