"""Amounts as people write them: tokens, bytes."""

from __future__ import annotations


def short_count(tokens: int) -> str:
    """A number of tokens as people say it: "950", "5.1k"."""
    return f"{tokens / 1000:.1f}k" if tokens >= 1000 else str(tokens)


def size_text(size: float) -> str:
    """Write bytes as people write them: "15.2 GB"."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
