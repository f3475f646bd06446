"""The JupyterLab half has the table of tasks that the core has."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_generated_table_is_the_one_in_the_tree() -> None:
    path = ROOT / "scripts" / "generate_tasks.py"
    spec = importlib.util.spec_from_file_location("generate_tasks", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.OUTPUT.read_text(encoding="utf-8") == script.generated(), "run scripts/generate_tasks.py"
