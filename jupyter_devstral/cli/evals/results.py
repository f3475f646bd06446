"""What came of cases: kept while they run, added up, and written as a page or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

_FAILED_SHOWN = 12


@dataclass(frozen=True)
class Row:
    """One case, answered and judged.

    Attributes:
        tokens: of prompt and reply.
        seconds: from the question to its judgement.
        reply_tokens, reply_seconds: of the reply alone, as the server counts.
        cut: the reply was ended by its length.
        why: what was wrong, "" for a right answer.
    """

    suite: str
    id: str
    right: bool
    runs: bool
    tokens: int
    seconds: float
    reply_tokens: int = 0
    reply_seconds: float = 0.0
    cut: bool = False
    why: str = ""


class Kept:
    """Rows in a file that a later run goes on with: a line each, appended as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: dict[tuple[str, str], Row] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = _row(line)
                if row is not None:
                    self.rows[row.suite, row.id] = row

    def add(self, row: Row) -> None:
        self.rows[row.suite, row.id] = row
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")


def _row(line: str) -> Row | None:
    """A line of the file; None for one that was cut when a run was ended, or is another version's."""
    try:
        return Row(**json.loads(line))
    except (ValueError, TypeError):
        return None


def as_json(model: str, rows: Iterable[Row]) -> dict[str, Any]:
    """The result of one model: {"model", "suites": {name: {"cases", "right", "runs", "tokens", …}}}."""
    suites: dict[str, list[Row]] = {}
    for row in rows:
        suites.setdefault(row.suite, []).append(row)
    return {"model": model, "suites": {name: _added_up(rows) for name, rows in suites.items()}}


def _added_up(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "cases": len(rows),
        "right": sum(row.right for row in rows),
        "runs": sum(row.runs for row in rows),
        "tokens": sum(row.tokens for row in rows),
        "seconds": round(sum(row.seconds for row in rows), 1),
        "failed": [row.id for row in rows if not row.right],
    }


def table(results: Sequence[tuple[str, Sequence[Row]]]) -> list[str]:
    """A line for each model and suite, below a header."""
    lines = [
        f"{'model':28} {'suite':6} {'right':>9} {'runs':>5} {'tokens':>7} {'seconds':>8} {'tokens/s':>8}"
    ]
    for model, rows in results:
        for suite in dict.fromkeys(row.suite for row in rows):
            lines.append(_line(model, suite, [row for row in rows if row.suite == suite]))
    return lines


def failures(model: str, rows: Sequence[Row]) -> list[str]:
    """Where a model fails, and how."""
    failed = [f"{row.suite} {row.id} ({row.why or 'wrong'})" for row in rows if not row.right]
    if not failed:
        return []
    more = len(failed) - _FAILED_SHOWN
    lines = [f"{model} fails at:", *(f"  {one}" for one in failed[:_FAILED_SHOWN])]
    return [*lines, f"  and {more} more"] if more > 0 else lines


def _line(model: str, suite: str, rows: Sequence[Row]) -> str:
    right, count = sum(row.right for row in rows), len(rows)
    seconds = sum(row.reply_seconds for row in rows)
    speed = f"{sum(row.reply_tokens for row in rows) / seconds:.0f}" if seconds else "-"
    return (
        f"{model[:28]:28} {suite:6} {f'{right} of {count}':>9} {sum(row.runs for row in rows):>5} "
        f"{median(row.tokens for row in rows):>7.0f} {median(row.seconds for row in rows):>8.1f} {speed:>8}"
    )
