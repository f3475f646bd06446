"""The gate's static rules over recorded risky cells and ordinary ones: who is asked about what, counted."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.row import Row
from jupyter_devstral.core.agent.rules import findings
from tests.support.ordinary_cells import is_rightly_asked, ordinary_cells


def run(shared: Path | None) -> list[Row]:
    """The rows of the table."""
    whats = (
        "risky cells that the rules are for: asked about",
        "ordinary cells of notebooks asked about needlessly",
    )
    if shared is None:
        return [
            Row(what, "", "", bar, None) for what, bar in zip(whats, ("all, no other", "≤ 1 %"), strict=True)
        ]
    lines = (shared / "agent" / "risky_cells.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    meant = sum(case["expect"] == "asked" for case in cases)
    right = sum(bool(findings(case["cell"])) == (case["expect"] == "asked") for case in cases)
    cells = list(ordinary_cells(shared))
    asked = [cell for cell in cells if findings(cell)]
    needless = [cell for cell in asked if not is_rightly_asked(cell)]
    return [
        Row(
            whats[0],
            f"{right} of {len(cases)} as meant",
            f"{meant} are for rules",
            "all",
            right == len(cases),
        ),
        Row(
            whats[1],
            f"{len(needless)} of {len(cells):,}",
            f"{len(asked)} show scripts, frames or pictures from an address",
            "≤ 1 %",
            len(needless) * 100 <= len(cells),
        ),
    ]
