"""Prints the table: `python -m benchmarks [NAME ...]`, each NAME a module of this folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.row import Row

NAMES = (
    "load_extension",
    "first_token",
    "session",
    "cancel",
    "definition_recall",
    "secrets_planted",
    "context_build",
    "replies",
    "trials",
    "proven_tests",
    "gold_fixes",
    "crash_context",
    "explain_hook",
    "sidebar",
    "sidebar_steps",
)


def shared_data() -> Path | None:
    """The folder of recorded data beside the checkout, where there is one."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if folder.is_dir() else None


def table(rows: list[Row]) -> str:
    """The rows as aligned text."""
    lines = [("what", "measured", "compared with", "bar", "holds")]
    lines += [
        (r.what, r.measured, r.compared, r.bar, {True: "yes", False: "NO", None: "not measured"}[r.holds])
        for r in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main(names: list[str]) -> int:
    """Runs the named benchmarks (all without names); 1 when a bar is missed."""
    rows: list[Row] = []
    for name in names or NAMES:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").run(shared_data())
    print(table(rows))
    return int(any(row.holds is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
