"""JSON as models write it: real line breaks in strings, Python's quotes and literals, stray escapes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

_STRAY_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_CONSTANTS = {"true": "True", "false": "False", "null": "None"}
_CONSTANT = re.compile(r"\b(true|false|null)\b")
_DECODER = json.JSONDecoder(strict=False)
_TRIPLE = ('"""', "'''")


class Unfinished(ValueError):
    """The text ends before the value does."""


def read_value(text: str, at: int) -> tuple[Any, int]:
    """Read the object, list or string that begins at `at`; returns it, and where it ends.

    Raises Unfinished where the text ends within it, ValueError where it cannot be read.
    """
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        end = _end_of(text, at)
    written = text[at:end]
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: _DECODER.decode(_TRAILING_COMMA.sub(r"\1", _STRAY_ESCAPE.sub(r"\\\\", written))),
        lambda: ast.literal_eval(written),
        lambda: ast.literal_eval(_CONSTANT.sub(lambda found: _CONSTANTS[found[1]], written)),
    )
    for attempt in attempts:
        try:
            return attempt(), end
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    raise ValueError("it is not JSON")


def _end_of(text: str, at: int) -> int:
    """Find the end of a bracketed value or a string; quotes of both kinds hide brackets."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character in "\"'":
            at = _end_of_string(text, at)
            if not depth:
                return at
            continue
        depth += (character in "{[") - (character in "}]")
        at += 1
        if depth <= 0:
            return at
    raise Unfinished("it is cut")


def _end_of_string(text: str, at: int) -> int:
    quote = text[at : at + 3] if text[at : at + 3] in _TRIPLE else text[at]
    at += len(quote)
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    raise Unfinished("it is cut")
