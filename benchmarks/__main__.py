"""Prints the table: `python -m benchmarks [NAME ...]`, each NAME a module of a room of this folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.row import Row

# In the order of the table; the last part is the name to ask for.
MODULES = (
    "kernel.load_extension",
    "kernel.first_token",
    "kernel.routes",
    "prompts.session",
    "prompts.edited_cell",
    "kernel.cancel",
    "prompts.definition_recall",
    "prompts.secrets_planted",
    "prompts.context_build",
    "replies.replies",
    "kernel.trials",
    "kernel.proven_tests",
    "replies.gold_fixes",
    "agent.whole_runs",
    "agent.rehearsed_outputs",
    "agent.static_rules",
    "agent.stop",
    "agent.real_run",
    "prompts.crash_context",
    "kernel.explain_hook",
    "pages.sidebar",
    "pages.sidebar_steps",
    "suggestions.completion",
    "suggestions.completion_page",
    "suggestions.completion_quality",
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
    """Run the named benchmarks (all without names); 1 when a bar is missed.

    Raises:
        KeyError: for a name that no benchmark has.
    """
    modules = {module.rpartition(".")[2]: module for module in MODULES}
    rows: list[Row] = []
    for name in names or modules:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.{modules[name]}").run(shared_data())
    print(table(rows))
    return int(any(row.holds is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
