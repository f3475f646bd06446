"""JSON and times as Ollama's Go code writes and reads them, for equal bytes and error texts."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from .engine import Refusal

# Go's encoder escapes these in strings; outside strings they cannot occur.
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
FOREVER = float("inf")


def dumps(value: Any) -> str:
    """Write compact JSON with Go's escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def loads(body: bytes) -> dict[str, Any]:
    """Read a request body as an object. Raises Refusal in the words of Go's decoder."""
    if not body.strip():
        raise Refusal("missing request body")
    try:
        value = json.loads(body)
    except UnicodeDecodeError:
        raise Refusal("invalid character '\ufffd' in string literal") from None
    except json.JSONDecodeError as error:
        raise Refusal(_syntax_error(error)) from None
    if not isinstance(value, dict):
        raise Refusal(f"json: cannot unmarshal {kind(value)} into Go value of type api.ChatRequest")
    return value


def _syntax_error(error: json.JSONDecodeError) -> str:
    rest = error.doc[error.pos :]
    if not rest.strip() or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    return f"invalid character '{rest.strip()[0]}' looking for beginning of value"


def kind(value: Any) -> str:
    """Go's word for the type of a JSON value."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def timestamp(seconds: float | None = None) -> str:
    """Write a time in UTC with up to nine decimals, trailing zeros cut: "2026-11-23T06:52:17.2178418Z"."""
    nanoseconds = time.time_ns() if seconds is None else int(seconds * 1e9)
    whole, fraction = divmod(nanoseconds, 1_000_000_000)
    day = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=whole)
    decimals = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{day:%Y-%m-%dT%H:%M:%S}{decimals}Z"


def keep_alive_seconds(value: Any) -> float | None:
    """Read Ollama's `keep_alive`, seconds or a Go duration.

    A negative one means FOREVER, None "not given".
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Refusal(f'Unsupported type: "{kind(value)}"')
    seconds = _parse_duration(value) if isinstance(value, str) else float(value)
    return FOREVER if seconds < 0 else seconds


def _parse_duration(text: str) -> float:
    digits = text[1:] if text[:1] in "+-" else text
    if digits == "0":
        return 0.0
    parts = list(_DURATION_PART.finditer(digits))
    if not parts or "".join(part.group() for part in parts) != digits:
        number = re.fullmatch(r"\d+(\.\d*)?|\.\d+", digits)
        problem = "missing unit in duration" if number else "invalid duration"
        raise Refusal(f"time: {problem} {dumps(text)}")
    seconds = sum(float(part[1]) * _UNIT_SECONDS[part[2]] for part in parts)
    return -seconds if text.startswith("-") else seconds
