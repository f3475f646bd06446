"""Streams of JSON lines as Ollama means them: a line ends at a line feed and nowhere else.

httpx, to which the `ollama` package leaves the cutting, also ends them at U+0085, U+2028 and U+2029. JSON
allows these inside a string, and Go writes U+0085 as it is: one of them in an answer would lose the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..closable_transport import QuietBody

if TYPE_CHECKING:
    import httpx

_ESCAPES = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


def with_safe_lines(response: httpx.Response) -> httpx.Response:
    """`response` with its body in whole lines that httpx cuts rightly, and without the blank ones."""
    # Compressed bytes are no lines yet; Ollama itself does not compress, but what is in front of it might.
    if "content-encoding" not in response.headers:
        response.stream = _Lines(response.stream)
    return response


class _Lines(QuietBody):
    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._unfinished: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        for data in super().__iter__():
            if lines := self._whole_lines(data):
                yield lines
        yield self._rest()

    def _whole_lines(self, data: bytes) -> bytes:
        head, line_feed, tail = data.rpartition(b"\n")
        lines = b""
        if line_feed:
            lines = b"".join(map(_escaped, b"".join((*self._unfinished, head)).split(b"\n")))
            self._unfinished.clear()
        self._unfinished.append(tail)
        return lines

    def _rest(self) -> bytes:
        return _escaped(b"".join(self._unfinished))


def _escaped(line: bytes) -> bytes:
    # Some proxies send blank lines to keep a connection open.
    if not line.strip():
        return b""
    for character, escape in _ESCAPES:
        line = line.replace(character, escape)
    return line + b"\n"
