"""What an error body says, unpacked: which numbers it gives, and its words as one line.

Errors come as JSON in four forms (`{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}`,
`{"detail": …}`), as plain words or as a web page.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..server_words import ServerWords, count, one_line

# The window, and the prompt's length, in the words of vLLM, Mistral, LM Studio and gateways.
_WINDOW = (
    re.compile(r"maximum context length (?:is|of) (\d[\d,]*)", re.IGNORECASE),
    re.compile(r"context (?:size|length|window)[^\d]{0,30}?(\d[\d,]*)", re.IGNORECASE),
    re.compile(r"max_model_len\D{0,5}(\d[\d,]*)", re.IGNORECASE),
    re.compile(r"(\d[\d,]*) (?:tokens? )?max(?:imum)? context", re.IGNORECASE),
    re.compile(r"(?:limit|maximum)[^\d]{0,20}?(\d[\d,]*)", re.IGNORECASE),
)
_LENGTH = (
    re.compile(r"prompt contains (?:at least )?(\d[\d,]*) (?:input )?tokens", re.IGNORECASE),
    re.compile(r"(\d[\d,]*) (?:tokens )?in the (?:messages|prompt)", re.IGNORECASE),
    re.compile(r"(?:prompt|input|request)[^\d]{0,40}?(\d[\d,]*) tokens", re.IGNORECASE),
    re.compile(r"\((\d[\d,]*) tokens\)"),
)


def unpack(body: str) -> ServerWords:
    """The message of an error body, in whichever form it came."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ServerWords(one_line(body), from_api=False)
    if not isinstance(data, dict):
        return ServerWords(one_line(str(data)))
    error = data.get("error") or data
    if isinstance(error, str):
        inner = unpack(error) if error.lstrip().startswith("{") else None
        return inner if inner and inner.from_api else ServerWords(one_line(error))
    if not isinstance(error, dict):
        return ServerWords(one_line(str(error)))
    parts = [_said(error.get("message", error.get("detail", "")))]
    parts += [str(error[key]) for key in ("type", "code", "param") if isinstance(error.get(key), str)]
    text = one_line(" ".join(dict.fromkeys(part for part in parts if part)))
    return ServerWords(
        text,
        count(error.get("n_prompt_tokens")) or _number(_LENGTH, text),
        count(error.get("n_ctx")) or _number(_WINDOW, text),
    )


def _said(value: Any) -> str:
    """A message: words, or what a validator lists of fields."""
    if isinstance(value, dict):
        return _said(value.get("detail") or value.get("message") or "")
    if isinstance(value, list):
        return "; ".join(filter(None, map(_field, value)))
    return value if isinstance(value, str) else ""


def _field(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    place = entry.get("loc")
    where = ".".join(str(part) for part in place) if isinstance(place, list) else ""
    return f"{where}: {entry.get('msg', '')}".strip(": ")


def _number(patterns: tuple[re.Pattern[str], ...], text: str) -> int:
    found = next((match for pattern in patterns if (match := pattern.search(text))), None)
    return int(found[1].replace(",", "")) if found else 0
