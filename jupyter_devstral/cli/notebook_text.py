"""A notebook's JSON as the text of a file."""

from __future__ import annotations

import json
from typing import Any


def notebook_text(data: dict[str, Any]) -> str:
    """Write a notebook as Jupyter does: one space of indentation, keys in order, a newline at the end."""
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # A lone surrogate can only be written as the escape it was read from.
        return json.dumps(data, indent=1) + "\n"
    return text
