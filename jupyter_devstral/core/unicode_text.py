"""Text that can leave the process: lone surrogates fit neither into JSON nor into UTF-8."""

from __future__ import annotations


def encodable(text: str) -> str:
    """`text` with every lone surrogate replaced by U+FFFD, and pairs joined."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
