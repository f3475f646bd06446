"""A large notebook beside the sidebar, and a magic's answer in its cell: bytes, scripting, frames.

Needs Chromium, playwright and the built JupyterLab half; says so where one is missing.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from benchmarks.pages.sidebar import _WATCH, _metric, _missing, _page, reply
from benchmarks.row import Row
from tests.support.jupyter.server import code
from tests.support.scripted.server import ScriptedOllama

CELLS, STEPS = 1000, 12


def run(shared: Path | None) -> list[Row]:
    """Needs no shared data."""
    missing = _missing()
    if missing:
        return [Row(f"the sidebar beside a large notebook ({missing})", "", "", "", None)]
    with _page() as (page, ollama, lab):
        rows = [_magic(page, ollama, lab, rate) for rate in (50, 500)]
        return [*rows, *_steps(page, lab)]


def _magic(page: Any, ollama: ScriptedOllama, lab: Any, rate: int) -> Row:
    load = f"%load_ext jupyter_devstral\n%config DevstralConfig.host = {ollama.url!r}"
    lab.open([code("load", load), code("ask", "%devstral ask what is there?")])
    lab.run(0)
    connected = "get_ipython().magics_manager.registry['DevstralMagics'].session.lab.connected"
    lab.wait_until(lambda: lab.evaluate_in_kernel(connected) == "True")
    ollama.replies, ollama.piece_delay = [reply(2000 if rate == 500 else 500)], 1 / rate
    page.evaluate(_WATCH)
    page.wait_for_timeout(1000)
    idle = page.evaluate("window.frames_.splice(0)")
    page.evaluate("window.long_.splice(0)")
    lab.run(1)
    frames, long_tasks = page.evaluate("(window.watching = false, [window.frames_, window.long_])")
    p95, quiet = (statistics.quantiles(values, n=20)[-1] for values in (frames, idle))
    slow = [duration for duration in long_tasks if duration > 50]
    return Row(
        f"a magic's answer at {rate} tokens/s: p95 frame / tasks > 50 ms",
        f"{p95:.0f} ms / {len(slow)}",
        f"idle page: p95 {quiet:.0f} ms",
        "≤ 20 ms / 0, ≤ 1.3 × idle",
        p95 <= max(20, 1.3 * quiet) and not slow,
    )


def _steps(page: Any, lab: Any) -> list[Row]:
    lab.open([code(f"c{at}", f"value_{at} = {at}  # {'x' * 200}") for at in range(CELLS)])
    session = page.context.new_cdp_session(page)
    # Of the thread's own time: what else the machine does is not counted.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    _wait_for_cells(page, session)
    posted: list[int] = []
    page.on("request", lambda request: posted.append(len(request.post_data or "")))

    def per_step(act: Any) -> float:
        act()
        page.wait_for_timeout(1500)
        before = _metric(session, "TaskDuration")
        for _ in range(STEPS):
            act()
            # Longer than the sidebar waits before it looks.
            page.wait_for_timeout(700)
        return (_metric(session, "TaskDuration") - before) * 1000 / STEPS

    def arrow() -> None:
        page.keyboard.press("ArrowDown")

    def key() -> None:
        page.keyboard.press("x")

    def measured(act: Any, prepare: Any) -> tuple[float, float, list[int]]:
        opened, closed = [], []
        sizes: list[int] = []
        # In turns, each side first as often: a page does not stay what it was.
        for is_open in (True, False, False, True, True, False, False, True):
            if is_open:
                lab.command("jupyter-devstral:open-chat")
            else:
                page.evaluate("window.jupyterapp.shell.collapseRight()")
            page.wait_for_timeout(1500)
            prepare()
            posted.clear()
            (opened if is_open else closed).append(per_step(act))
            sizes += posted if is_open else []
        return statistics.median(opened), statistics.median(closed), sizes

    arrow_open, arrow_closed, sizes = measured(arrow, lambda: _command_mode(lab))
    key_open, key_closed, _ = measured(key, lambda: _edit_mode(lab))
    most = max(sizes, default=0)
    return [
        Row(
            f"bytes posted for a step in a notebook of {CELLS} cells, at most",
            f"{most / 1000:.1f} kB",
            f"{len(sizes)} requests",
            "≤ 8 kB",
            most <= 8000,
        ),
        _ratio("arrow to the next cell", arrow_open, arrow_closed),
        _ratio("key in a cell", key_open, key_closed),
    ]


def _wait_for_cells(page: Any, session: Any) -> None:
    """JupyterLab draws cells out of sight while it has nothing else to do: a minute of work."""
    before = -1.0
    for _ in range(100):
        now = _metric(session, "Nodes")
        if now == before:
            return
        before = now
        page.wait_for_timeout(3000)


def _ratio(what: str, opened: float, closed: float) -> Row:
    return Row(
        f"{what}, main thread, sidebar open : closed",
        f"{opened / closed:.2f}",
        f"open {opened:.0f} ms, closed {closed:.0f} ms",
        "≤ 1.1",
        opened <= 1.1 * closed,
    )


def _command_mode(lab: Any) -> None:
    lab.select(100)
    lab.page.evaluate(
        """() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.mode = 'command';
            content.node.focus();
        }"""
    )


def _edit_mode(lab: Any) -> None:
    lab.select(100)
    lab.page.evaluate("window.jupyterapp.shell.currentWidget.content.scrollToItem(100)")
    lab.wait("window.jupyterapp.shell.currentWidget.content.activeCell.editor")
    lab.page.evaluate(
        """() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.mode = 'edit';
            content.activeCell.editor.focus();
        }"""
    )
