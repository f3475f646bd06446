"""Stop of a run: from the click in a real JupyterLab to the daemon's seeing its connection closed.

Needs Chromium, playwright and the built JupyterLab half; says so where one is missing.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.pages.sidebar import _missing, _page
from benchmarks.row import Row
from tests.support.scripted.server import ScriptedOllama

RUNS = 7
WORDS = [f"word{number} " for number in range(3000)]
_BAR = 50
# Clicked in the page itself: what drives a browser from outside takes its time first.
_CLICK = """() => {
    const at = performance.timeOrigin + performance.now();
    document.querySelector('#jp-devstral-chat [data-action="stop-run"]').click();
    return at;
}"""


def run(shared: Path | None) -> list[Row]:
    """Needs no shared data."""
    missing = _missing()
    if missing:
        return [Row(f"Stop of a run: connection closed ({missing})", "", "", f"≤ {_BAR} ms", None)]
    with _page() as (page, ollama, lab):
        lab.run(0)
        page.locator("#jp-devstral-chat [data-action='mode-do']").click()
        return [
            _row("while streaming", page, ollama, {"piece_delay": 0.02}),
            _row("before the first byte", page, ollama, {"first_byte_delay": 30.0}),
        ]


def _row(name: str, page: Any, ollama: ScriptedOllama, pace: dict[str, float]) -> Row:
    ollama.replies = [WORDS]
    ollama.piece_delay, ollama.first_byte_delay = (
        pace.get("piece_delay", 0.0),
        pace.get("first_byte_delay", 0.0),
    )
    times = [_stopped(page, ollama) for _ in range(RUNS + 1)][1:]
    closed = statistics.median(times) * 1000
    what, against = (
        f"Stop of a run {name}: connection closed",
        f"the click; median of {RUNS}, most {max(times):.3f} s",
    )
    return Row(what, f"{closed:.0f} ms", against, f"≤ {_BAR} ms", closed <= _BAR)


def _stopped(page: Any, ollama: ScriptedOllama) -> float:
    """Begin a run, and stop it when the model is at work; returns seconds."""
    ollama.forget()
    panel = page.locator("#jp-devstral-chat")
    panel.locator(".jp-devstral-draft").fill("Go on for ever.")
    panel.locator("[data-action='send']").click()
    ollama.wait_for(lambda: bool(ollama.chats))
    time.sleep(0.5)
    clicked = page.evaluate(_CLICK) / 1000 - (time.time() - time.monotonic())
    closed = ollama.wait_closed()
    panel.locator(".jp-devstral-run[data-state='review']").wait_for()
    panel.locator("[data-action='dismiss']").click()
    assert closed is not None, "the connection was not closed"
    return closed - clicked
