"""The calls of one answer, put together from its deltas: the name once, the arguments in pieces of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..messages import ToolCall


@dataclass
class _Begun:
    """A call as far as it has come; `id` is the server's own."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class CallReader:
    """Collects the calls of one answer."""

    def __init__(self) -> None:
        self._calls: list[_Begun] = []
        self._by_index: dict[int, _Begun] = {}

    def take(self, deltas: object) -> bool:
        """Take the `tool_calls` of one delta, or of a whole message; whether there were any."""
        found = [one for one in deltas if isinstance(one, dict)] if isinstance(deltas, list) else []
        for delta in found:
            self._add(delta)
        return bool(found)

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls in their order, complete or not."""
        return tuple(_call(begun) for begun in self._calls if begun.name)

    def _add(self, delta: Mapping[str, Any]) -> None:
        said = delta.get("function")
        function: Mapping[str, Any] = said if isinstance(said, dict) else {}
        name, identity = _text(function.get("name")), _text(delta.get("id"))
        begun = self._begun(delta.get("index"), name, identity)
        begun.id = begun.id or identity
        # Some servers say the name again with every piece.
        if name and not begun.arguments and name != begun.name:
            begun.name += name
        arguments = function.get("arguments")
        # Some give the arguments as they are, and not as JSON in a string.
        begun.arguments += json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)

    def _begun(self, index: object, name: str, identity: str) -> _Begun:
        """The call that a delta belongs to; some servers leave the index out, or number every call 0."""
        last = self._calls[-1] if self._calls else None
        begun = self._by_index.get(index) if isinstance(index, int) else last
        is_another = begun is not None and name and identity and begun.id and identity != begun.id
        if begun is None or is_another or (not isinstance(index, int) and name and begun.arguments):
            begun = _Begun()
            self._calls.append(begun)
        if isinstance(index, int):
            self._by_index[index] = begun
        return begun


def _call(begun: _Begun) -> ToolCall:
    if not begun.arguments.strip():
        return ToolCall(begun.name, {})
    try:
        arguments = json.loads(begun.arguments, strict=False)
    except (ValueError, RecursionError):
        arguments = None
    if isinstance(arguments, dict):
        return ToolCall(begun.name, arguments)
    return ToolCall(begun.name, {}, unread=begun.arguments)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
