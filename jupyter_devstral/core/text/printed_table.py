"""Tables as libraries print them, without their rows or with as many as fit."""

from __future__ import annotations

from .lazy_pattern import LazyPattern

_SHAPE = LazyPattern(r"\[\d+ rows x \d+ columns\]")
_INDEX = LazyPattern(r"^\S*\s+")
_GAPS = LazyPattern(r" {3,}")
_DOTS = "…"
# The most rows taken from the end: people ask about the end of a table, too.
_AT_THE_END = 4


def table_schema(text: str) -> str:
    """Reduce a printed table to header and shape, without rows. Any other text stays as it is."""
    lines = text.split("\n")
    if _is_polars(lines):
        until = next((n for n, line in enumerate(lines) if line.startswith("╞")), len(lines))
        return "\n".join(line for line in lines[:until] if "│" in line or "shape:" in line)
    if not _is_pandas(lines):
        return text
    shape = lines[-1] if _SHAPE.fullmatch(lines[-1]) else f"[{len(lines) - 1} rows]"
    return f"{' '.join(lines[0].split())}\n{shape}"


def table_part(text: str, limit: int) -> str:
    """Cut a printed table to `limit` characters: whole rows from both ends, gaps narrowed.

    Without room for two rows, its schema; any other text as it is.
    """
    lines = text.split("\n")
    if _is_polars(lines):
        lines = [line for line in lines if line[:1] not in "┌└╞"]
    elif not _is_pandas(lines):
        return text
    lines = [_GAPS.sub("  ", line).rstrip() for line in _unwrapped(lines)]
    if sum(len(line) + 1 for line in lines) <= limit:
        return "\n".join(lines)
    longest = max(map(len, lines)) + 1
    rows = limit // longest - 2
    if rows < 2:
        return table_schema(text)
    end = min(_AT_THE_END, rows // 2)
    return "\n".join([*lines[: 1 + rows - end], _DOTS, *lines[-end:]])


def _unwrapped(lines: list[str]) -> list[str]:
    """Join the blocks of a wide table into whole rows.

    Pandas prints its columns in blocks, one below the other.
    """
    if not lines[0].rstrip().endswith("\\"):
        return lines
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line.rstrip().removesuffix("\\"))
        else:
            blocks.append([])
    first, *others = [block for block in blocks if block]
    tails = [[_INDEX.sub("", line) for line in block] for block in others if len(block) == len(first)]
    shape = [block[0] for block in others if len(block) == 1 and _SHAPE.fullmatch(block[0])]
    return [*("  ".join(parts) for parts in zip(first, *tails, strict=True)), *shape]


def _is_pandas(lines: list[str]) -> bool:
    return len(lines) > 1 and lines[0].startswith(" ")


def _is_polars(lines: list[str]) -> bool:
    return lines[0].startswith("shape: (") and any("│" in line for line in lines)
