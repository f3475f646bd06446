"""What is kept of runs: for the user alone, one for a notebook, and not without bounds."""

from __future__ import annotations

from pathlib import Path

from jupyter_devstral.server.kept.runs import KeptRuns


def test_a_run_takes_the_place_of_the_last_and_is_decided_by_its_id(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "reviews", "/root")
    assert kept.read("a.ipynb") is None
    kept.write("a.ipynb", {"id": "one", "state": "review", "records": []})
    kept.write("a.ipynb", {"id": "two", "state": "review", "records": []})
    assert kept.decide("a.ipynb", "one", "kept", None) is False
    assert kept.decide("a.ipynb", "two", "kept", {"cells": []}) is True
    kept.rename("a.ipynb", "b.ipynb")
    assert kept.read("a.ipynb") is None
    assert kept.read("b.ipynb") == {"id": "two", "state": "kept", "records": [], "decision": {"cells": []}}
    (file,) = (tmp_path / "reviews").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_a_run_that_is_too_long_the_outputs_are_left_out(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path, "/root")
    shown = {"type": "cell", "cell": {"id": "a", "source": "x", "outputs": [{"text": "a" * 21_000_000}]}}
    kept.write("a.ipynb", {"id": "one", "records": [shown, {"type": "ended"}]})
    read = kept.read("a.ipynb")
    assert read is not None
    assert read["records"] == [
        {"type": "cell", "cell": {"id": "a", "source": "x", "outputs": []}},
        {"type": "ended"},
    ]
    (tmp_path / next(tmp_path.iterdir()).name).write_text("{broken")
    assert kept.read("a.ipynb") is None
