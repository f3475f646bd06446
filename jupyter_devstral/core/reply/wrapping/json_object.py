"""Code as the value of a JSON object, `{"code": "…"}`: how models answer that were trained to call tools."""

from __future__ import annotations

import ast
import json
from typing import Any

_CODE = ("code", "source", "python", "python_code", "cell", "content", "new_code", "new_source", "script")
# What else such an object has; with any other key it is data of the user's.
_BESIDE = frozenset(
    (
        *("language", "lang", "type", "kind", "cell_type", "id", "cell_id", "index", "cell", "name", "tool"),
        *("function", "explanation", "description", "reason", "comment", "title", "filename", "file"),
        *("outputs", "metadata", "execution_count", "done", "output", "action"),
    )
)
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input")
_LONGEST = 200_000


def unwrapped(source: str) -> str | None:
    """The code in a block that is nothing but such an object.

    "" for a call of a tool that holds none; None for all else.
    """
    text = source.strip()
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]") or len(text) > _LONGEST:
        return None
    value = _value(text)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _code_in(value)


def _code_in(value: Any) -> str | None:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        return None
    arguments = next((key for key in _ARGUMENTS if key in value), None)
    if arguments is not None and value.keys() - {arguments} <= _BESIDE and "name" in value:
        inner = value[arguments]
        inner = _value(inner) if isinstance(inner, str) else inner
        return _code_in(inner) or ""
    held = next((key for key in _CODE if isinstance(value.get(key), str)), None)
    if held is None or not value.keys() - {held} <= _BESIDE or not value[held].strip():
        return None
    code = str(value[held])
    # A word is a value, not a program.
    return code if "\n" in code.strip() or not code.strip().isidentifier() else None


def _value(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
