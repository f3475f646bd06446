"""Text as a terminal or notebook would finally show it: no escapes, no overwritten progress, no blobs.

Every step is one pass over the text, so a 20 MB output takes seconds at worst, never minutes.
"""

from __future__ import annotations

import re
from typing import Any

from .lazy_pattern import LazyPattern

# Private mark for "everything before on this line was erased"; real NULs are dropped first.
_ERASED = "\x00"

_ESCAPES = LazyPattern(
    r"\x1b[\]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC (titles, hyperlinks), DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movement
    r"|\x1b[ -/]*[0-~]?"  # two-character escapes
)
_ERASE_LINE = LazyPattern(r"\x1b\[2K\r?|\r\x1b\[0?K")
_CONTROLS = LazyPattern(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_OVERWRITTEN_LINE = LazyPattern(r"[^\n]*[\r\x08\x00][^\n]*")
_BACKSPACES = LazyPattern(r"\x08+|[^\x08]+")

_DATA_URI = LazyPattern(r"data:(\w{1,20}/[\w.+-]{1,60})(?:;[\w=.-]{1,60}){0,4};base64,[A-Za-z0-9+/=_-]*")
_WRAPPED_BASE64 = LazyPattern(r"(?<![^\n])(?:[A-Za-z0-9+/]{60,76}\n){3,}[A-Za-z0-9+/]{0,76}={0,2}")
_LONG_RUN = LazyPattern(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{160,}={0,2}")
_ESCAPED_BYTES = LazyPattern(r"(?:\\x[0-9a-f]{2}[^\\\n]{0,8}){40,}\\x[0-9a-f]{2}")
_ADDRESS = LazyPattern(r" at 0x[0-9a-fA-F]{6,16}\b")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


def clean_output(text: str) -> str:
    """Clean `text` for a prompt; idempotent, and linear in its length.

    ANSI escapes and control characters are dropped, carriage returns and backspaces carried out (a progress
    bar keeps its last state), data URIs and long base64, hex or byte blobs replaced by a bracketed mark, and
    ` at 0x7f…` addresses, which differ with every run, by ` at 0x…`.
    """
    return _without_blobs(as_shown(text))


def as_shown(text: str) -> str:
    """Apply the escapes, carriage returns and backspaces of `text` as a terminal would."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", _ERASE_LINE.sub(_ERASED, text))
    if "\r" in text:
        text = re.sub(r"\r+\n", "\n", text)
    if "\r" in text or "\x08" in text or _ERASED in text:
        text = _OVERWRITTEN_LINE.sub(lambda match: _last_state(match.group()), text)
    return _CONTROLS.sub("", text)


def _last_state(line: str) -> str:
    """Apply the carriage returns of a line: later states cover the beginning of earlier ones."""
    line = line.rpartition(_ERASED)[2]
    shown: list[str] = []
    covered = 0
    for state in reversed(line.split("\r")):
        state = _CONTROLS.sub("", _without_backspaces(state))
        if len(state) > covered:
            shown.append(state[covered:])
            covered = len(state)
    return "".join(shown).rstrip(" ")


def _without_backspaces(text: str) -> str:
    if "\x08" not in text:
        return text
    kept: list[tuple[str, int]] = []  # (run, how much of it is left): slicing once at the end keeps it linear
    for match in _BACKSPACES.finditer(text):
        run = match.group()
        if run[0] != "\x08":
            kept.append((run, len(run)))
            continue
        erase = len(run)
        while erase and kept:
            last, left = kept.pop()
            if left > erase:
                kept.append((last, left - erase))
            erase -= min(left, erase)
    return "".join(run[:left] for run, left in kept)


def _without_blobs(text: str) -> str:
    if ";base64," in text:
        text = _DATA_URI.sub(r"[\1 data removed]", text)
    if len(text) >= 160:
        text = _WRAPPED_BASE64.sub(_mark, text)
        text = _LONG_RUN.sub(_mark, text)
        if "\\x" in text:
            text = _ESCAPED_BYTES.sub("[bytes removed]", text)
    if " at 0x" in text:
        text = _ADDRESS.sub(" at 0x…", text)
    return text


def _mark(match: re.Match[str]) -> str:
    """The mark for a run of data; a ruler, a path or a few repeated letters are returned as they are."""
    run = match.group()
    characters = set(run)
    if len(characters) < 10:
        return run
    if characters <= _HEX_DIGITS:
        return f"[{len(run)} hex digits removed]"
    has_all_cases = any(map(str.isdigit, characters)) and any(map(str.isupper, characters))
    if not has_all_cases or not any(map(str.islower, characters)):
        return run
    tail = "\n" if run.endswith("\n") else ""
    return f"[{len(run)} characters of base64 removed]{tail}"


def sendable(value: Any) -> Any:
    """Replace the lone surrogates in all strings of a JSON value, which cannot be sent."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {key: sendable(one) for key, one in value.items()}
    return [sendable(one) for one in value] if isinstance(value, (list, tuple)) else value


def writable(text: str, stream: object) -> str:
    """Replace each character of `text` that the encoding of `stream` lacks with "?"."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        return text.encode(encoding, "replace").decode(encoding)
    except (LookupError, TypeError):  # a foreign stream object, whose encoding is no real one
        return text.encode("ascii", "replace").decode("ascii")


def encodable(text: str) -> str:
    """Replace each lone surrogate of `text` with U+FFFD, and join surrogate pairs."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
