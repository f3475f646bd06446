"""Bundles as the kernel publishes them, and the source of cells that publish them."""

from __future__ import annotations

import json
from typing import Any

from jupyter_devstral.core.wire import MIME

# Where the cells stand that the tests' edits are for.
PLACES = {"first": 0, "failing": 1}
PROSE = (
    "The frame has no column `pric`: cell 4 names it **price**.\n\n"
    "- `pric` is a typing error\n- the column is made in cell 4\n"
)


def replace(cell_id: str, before: str, source: str) -> dict[str, Any]:
    return {"op": "replace", "cell_id": cell_id, "before": before, "source": source, "kind": "code"}


def insert(cell_id: str, source: str) -> dict[str, Any]:
    return {"op": "insert", "cell_id": cell_id, "before": "", "source": source, "kind": "code"}


def bundle(*edits: dict[str, Any], prose: str = PROSE, **card: Any) -> dict[str, Any]:
    """The card of a finished explanation; keywords are fields of the card."""
    return {
        "version": 1,
        "task": "fix",
        "reply": prose,
        "receipt": "devstral-small-2 · sent cells [1]–[7] · 5.1k of 32.8k tokens · `34` tokens/s",
        "prose": prose,
        "edits": list(edits),
        "card": {
            "id": "a1b2",
            "state": "done",
            "status": "",
            "title": "KeyError: 'pric'",
            "failed": {"cell_id": "failing", "index": 1},
            "targets": [{"cell_id": edit["cell_id"], "index": PLACES[edit["cell_id"]]} for edit in edits],
            "trial": {"kind": "clean", "text": "ran clean in 0.2 s"},
            "rerun": [],
            "advice": "",
            "hint": "",
            **card,
        },
    }


def output(data: dict[str, Any], markdown: str = "the same as Markdown") -> dict[str, Any]:
    """A bundle as a stored output of a cell."""
    return {
        "output_type": "display_data",
        "data": {MIME: data, "text/markdown": markdown, "text/plain": markdown},
        "metadata": {},
    }


def publishing(*bundles: dict[str, Any], pause: float = 0.0, markdown: str = "the same as Markdown") -> str:
    """The source of a cell that publishes bundles one after the other into one display."""
    return (
        "import json, time\n"
        f"for number, data in enumerate(json.loads({json.dumps(json.dumps(bundles))!s})):\n"
        f"    display({{{MIME!r}: data, 'text/markdown': {markdown!r}, 'text/plain': 'plain'}},\n"
        "            raw=True, display_id='card', update=number > 0)\n"
        f"    time.sleep({pause})\n"
    )
