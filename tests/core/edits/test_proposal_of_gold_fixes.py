"""Repairs by hand of recorded crashes, as models might write them: the right cells change, exactly."""

from __future__ import annotations

from pathlib import Path

from benchmarks.replies.gold_fixes import FORMATS, replayed


def test_every_gold_fix_reaches_its_cells_in_every_format(shared_data: Path) -> None:
    results = list(replayed(shared_data))
    assert len(results) == 49 * FORMATS
    assert [(crash, name) for crash, name, exact, _ in results if not exact] == []
    # A third of the crashes needs another cell than the one that failed.
    assert sum(elsewhere for *_, elsewhere in results) >= 19 * FORMATS
