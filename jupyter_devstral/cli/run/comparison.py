"""Whether a cell showed for real what it showed in its rehearsal.

Streams are compared by name, as a terminal would show them: how they mix depends on when they were flushed.
What differs with every run (addresses, times of progress bars, ids that libraries draw) is no difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ...core.text.terminal_text import as_shown

_Outputs: TypeAlias = Sequence[Mapping[str, Any]]

# Widgets are live, and these formats hold dates and drawn ids; their text or picture stands beside them.
_NOT_COMPARED = frozenset({"application/vnd.jupyter.widget-view+json", "application/pdf", "image/svg+xml"})
_VARIES = re.compile(
    r"\b0x[0-9a-f]{6,}\b"
    r"|\[[\d:]+<[^\]\n]*\]"  # tqdm: elapsed, left, rate
    r"|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"
    r"|\bT_[0-9a-f]{5}"  # pandas' styles
)


def is_as_rehearsed(rehearsed: _Outputs, real: _Outputs) -> bool:
    """Compare outputs of nbformat 4."""
    return _said(rehearsed) == _said(real)


def _said(outputs: _Outputs) -> tuple[dict[str, str], list[Any]]:
    """Give what each stream says, and what is displayed, in order."""
    streams: dict[str, str] = {}
    shown: list[Any] = []
    for output in outputs:
        if output.get("output_type") == "stream":
            name = str(output.get("name"))
            streams[name] = streams.get(name, "") + _joined(output.get("text"))
        elif output.get("output_type") == "error":
            shown.append((output.get("ename"), _lasting(_joined(output.get("evalue")))))
        else:
            data = output.get("data") or {}
            shown.append({mime: _lasting(_joined(data[mime])) for mime in data if mime not in _NOT_COMPARED})
    return {name: _lasting(as_shown(text)) for name, text in streams.items()}, shown


def _joined(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "".join(value)
    return json.dumps(value, sort_keys=True, default=str)


def _lasting(text: str) -> str:
    return _VARIES.sub("…", text)
