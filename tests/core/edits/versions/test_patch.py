"""A reply that shows a change, and not the cell: carried out where its place is certain, else not at all."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.edits.versions.patch import filled, patched

CELL = """rows = load("a.csv")

def share(part, whole):
    if whole:
        return part / whol
    return 0

total = share(1, 2)
print(total)"""
FIXED = CELL.replace("whol\n", "whole\n")
HUNK = "-        return part / whol\n+        return part / whole"


@pytest.mark.parametrize(
    "diff",
    [
        HUNK,
        f"--- a/cell\n+++ b/cell\n@@ -4,3 +4,3 @@ def share\n     if whole:\n{HUNK}\n     return 0",
        f"diff --git a/x.py b/x.py\nindex 0123abc..4567def 100644\n--- a/x.py\n+++ b/x.py\n@@\n{HUNK}",
        # Without the blank before what stays, without the indentation, with a blank behind the sign.
        f"    if whole:\n{HUNK}\n    return 0",
        "-return part / whol\n+return part / whole",
        "- return part / whol\n+ return part / whole",
        f" ...\n{HUNK}\n ...",
        f"\n{HUNK}\n\\ No newline at end of file\n",
    ],
)
def test_a_diff_is_carried_out(diff: str) -> None:
    assert patched(CELL, diff) == FIXED


@pytest.mark.parametrize(
    "diff",
    [
        "+import os",
        "-print(totl)\n+print(total)",
        "-        return part / whol\n+        return part / (whole",
        " total = share(1, 2)\n print(total)",
        "@@ -1 +1 @@\n-rows = load()\n+rows = []",
        "",
    ],
)
def test_a_diff_that_does_not_fit_changes_nothing(diff: str) -> None:
    assert patched(CELL, diff) is None


def test_a_line_that_stands_twice_has_no_certain_place() -> None:
    assert patched("x = 1\ny = 2\nx = 1", "-x = 1\n+x = 2") is None
    assert patched("x = 1\ny = 2\nx = 1", " y = 2\n-x = 1\n+x = 3") == "x = 1\ny = 2\nx = 3"


def test_several_hunks_are_carried_out_or_none() -> None:
    two = f"@@\n-rows = load(\"a.csv\")\n+rows = load('b.csv')\n@@\n{HUNK}"
    assert patched(CELL, two) == FIXED.replace('"a.csv"', "'b.csv'")
    assert patched(CELL, f"{two}\n@@\n-nowhere\n+here") is None


FUNCTION = "def share(part, whole):\n    if whole:\n        return part / whole\n    return 0"


@pytest.mark.parametrize(
    "gapped",
    [
        f"# ... existing code ...\n{FUNCTION}\n# ... rest of the code unchanged",
        f'rows = load("a.csv")\n...\n{FUNCTION}\n\n# rest of the code\n',
        f"# Code existant\n{FUNCTION}\n# le reste du code reste inchangé",
        f"# Restlicher Code bleibt unverändert\n\n{FUNCTION}\n# usw.",
        f"{FUNCTION}\n\n# and so on",
    ],
)
def test_gaps_are_filled_with_what_stands_there(gapped: str) -> None:
    assert filled(CELL, gapped) == FIXED


@pytest.mark.parametrize(
    "gapped",
    [
        # A gap in a function: what stands there is not known.
        "def share(part, whole):\n    # ... existing code\n    return part / whole",
        # The new statement stands behind a gap: where, nobody knows.
        'rows = load("a.csv")\n# ... existing code ...\nreport = Report(rows)',
        "# ... existing code ...",
        "x = (\n# ... existing code ...",
    ],
)
def test_a_gap_that_is_not_certain_is_not_filled(gapped: str) -> None:
    assert filled(CELL, gapped) is None
