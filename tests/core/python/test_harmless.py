"""Which cells only compute and show; whatever is not known to does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_devstral.core.agent.rules import findings
from jupyter_devstral.core.python.harmless import is_harmless


@pytest.mark.parametrize(
    "source",
    [
        "1 + 1",
        "print(total, len(items))",
        "import pandas as pd\ndf = pd.DataFrame({'a': [1]})\ndf.groupby('a').sum().head()",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()",
        "def double(x):\n    return 2 * x\n[double(x) for x in range(3)]",
        "df['b'] = df['a'] * 2",
        "from itertools import combinations\nlist(combinations([1, 2], 2))",
    ],
)
def test_what_computes_and_shows_is_harmless(source: str) -> None:
    assert is_harmless(source)


@pytest.mark.parametrize(
    "source",
    [
        "open('x', 'w')",
        "df.to_csv('x.csv')",
        "plt.savefig('x.png')",
        "import os\nos.remove('x')",
        "from pathlib import Path",
        "pd.read_csv('https://x.invalid')",
        "clean_up()",
        "handlers[0]()",
        "(lambda: 1)()",
        "getattr(os, 'remove')('x')",
        "print.__self__.open('x')",
        "!ls",
        "%reset -f",
        "from numpy import save as sum\nsum('x', [1])",
        "def print(x):\n    return x",
        "sum = clean_up\nsum()",
        "from itertools import combinations\ncombinations = clean_up\ncombinations()",
        "with a as b:\n    pass",
        "del df",
        "class A:\n    pass",
        "@clean_up\ndef f():\n    pass",
        "1 +",
        "from . import x",
    ],
)
def test_what_is_not_known_is_not(source: str) -> None:
    assert not is_harmless(source)


def test_no_risky_cell_is_harmless(shared_data: Path) -> None:
    lines = (shared_data / "agent" / "risky_cells.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    expected = [case for case in cases if case["expect"] in ("refused", "asked")]
    assert len(expected) > 40
    assert [case["case"] for case in expected if _passes(case["cell"])] == []


def _passes(source: str) -> bool:
    return is_harmless(source) and not findings(source)
