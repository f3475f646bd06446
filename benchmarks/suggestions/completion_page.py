"""Suggestions in JupyterLab, with a scripted model: to the screen, typed along, in a long notebook."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from tests.support.jupyter.server import JupyterServer, code, labextension
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.server import ScriptedOllama

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
_LINE = "result = frame.groupby('name').agg(total=('price', 'sum')).reset_index()"
# Every frame's time while somebody types, and the tasks that were too long.
_WATCH = """() => {
    window.stop_?.();
    window.frames_ = []; window.long_ = 0;
    const observer = new PerformanceObserver(list => (window.long_ += list.getEntries().length));
    observer.observe({ entryTypes: ['longtask'] });
    let last = performance.now();
    let going = true;
    window.stop_ = () => { going = false; observer.disconnect(); };
    const tick = now => {
        window.frames_.push(now - last);
        last = now;
        if (going) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""
# Milliseconds from the command that asks by hand to grey text in the document.
_ASK = """() => new Promise(resolve => {
    const { content, id } = window.jupyterapp.shell.currentWidget;
    const host = content.activeCell.editor.host;
    const started = performance.now();
    const seen = new MutationObserver(() => {
        if (host.querySelector('.jp-GhostText')) { seen.disconnect(); resolve(performance.now() - started); }
    });
    seen.observe(host, { childList: true, subtree: true });
    void window.jupyterapp.commands.execute('inline-completer:invoke');
})"""


def run(shared_data: Path | None) -> list[Row]:
    """The rows; none is measured where there is no browser or no built page."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found or labextension() is None:
        return [Row("suggestions in JupyterLab", "", "", "", None)]
    from playwright.sync_api import sync_playwright

    from tests.support.jupyter.lab_page import LabPage

    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedOllama(models=[devstral_card(), fim_card()]) as model,
        JupyterServer(Path(folder), f"c.DevstralConfig.host = {model.url!r}\n") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=list(_FLAGS))
        page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
        lab = LabPage(page, server)
        lab.start()
        rows = [*_to_the_screen(lab, model), *_typed_along(lab, model), *_long_notebook(lab, model)]
        browser.close()
        return rows


def _enter(lab: Any, index: int, text: str = "") -> None:
    lab.set_source(index, text)
    lab.page.evaluate(
        """async index => {
            const { content } = window.jupyterapp.shell.currentWidget;
            content.activeCellIndex = index;
            content.mode = 'edit';
            await content.activeCell.ready;
            const { editor } = content.activeCell;
            editor.focus();
            editor.editor.dispatch({ selection: { anchor: editor.editor.state.doc.length } });
        }""",
        index,
    )


def _to_the_screen(lab: Any, model: ScriptedOllama) -> list[Row]:
    model.replies = ["head()"]
    lab.open([code("a", "import pandas as pd"), code("b", "")], kernel=False)
    times = []
    for number in range(25):
        _enter(lab, 1, f"frame_{number}.")
        # The key itself asks nobody: it is set, not typed.
        lab.page.wait_for_timeout(400)
        lab.page.keyboard.press("Escape")
        _enter(lab, 1, f"frame_{number}.x")
        times.append(lab.page.evaluate(_ASK))
    median = statistics.median(times[5:])
    return [
        Row("asked by hand → on the screen, all of it", f"p50 {median:.0f} ms", "", "≤ 30 ms", median <= 30)
    ]


def _typed_along(lab: Any, model: ScriptedOllama) -> list[Row]:
    model.replies = [_LINE[9:]]
    _enter(lab, 1)
    lab.page.keyboard.type(_LINE[:9], delay=60)
    lab.page.wait_for_selector(".jp-GhostText")
    asked = len(model.completions)
    lab.page.evaluate(_WATCH)
    lab.page.keyboard.type(_LINE[9:-1], delay=40)
    keys, requests = len(_LINE) - 10, len(model.completions) - asked
    share = 1 - requests / keys
    return [Row(f"keys that agree, without a request ({keys})", f"{share:.0%}", "", "≥ 95 %", share >= 0.95)]


def _long_notebook(lab: Any, model: ScriptedOllama) -> list[Row]:
    model.replies = ["head()"]
    cells = [code(f"c{n}", f"value_{n} = compute({n})\nprint(value_{n})") for n in range(999)]
    lab.open([*cells, code("last", "")], kernel=False)
    _enter(lab, 999)
    keys: list[int] = []
    pushes: list[int] = []

    def sent(request: Any) -> None:
        # Behind the address stands the time.
        place = request.url.split("?")[0].rsplit("/", 1)[1]
        if request.method == "POST" and place in ("complete", "cells"):
            (keys if place == "complete" else pushes).append(len((request.post_data or "").encode()))

    lab.page.on("request", sent)
    without = _typed(lab, "off", "first = value_1.some_attribute + value_2")
    p95, long = _typed(lab, "on", "other = value_3.some_attribute + value_4")
    first, asked = list(pushes), len(keys)
    # Somewhere else, with a change here: the cell that was typed in, and that is all.
    lab.page.wait_for_timeout(1000)
    _enter(lab, 500)
    lab.page.keyboard.type("again = value_5.some", delay=70)
    lab.wait_until(lambda: len(keys) > asked and len(pushes) > len(first))
    lab.page.remove_listener("request", sent)
    largest, pushed = max(keys), f"{len(first)} of {max(first)} bytes"
    shown, compared = f"p95 {p95:.0f} ms, {long} long", f"off: p95 {without[0]:.0f} ms, {without[1]} long"
    held = p95 <= max(20, without[0]) and long <= without[1]
    return [
        Row("frame while typing, 1,000 cells", shown, compared, "≤ 20 ms, 0 long, or as without", held),
        Row(f"body per key, 1,000 cells ({len(keys)})", f"{largest} bytes", "", "≤ 8 KB", largest <= 8192),
        Row("pushes of 1,000 cells while a line is typed", pushed, "", "1", len(first) == 1),
        Row(
            "push when another cell is gone to",
            f"{max(pushes[1:])} bytes",
            "all cells",
            "≤ 8 KB",
            max(pushes[1:]) <= 8192,
        ),
    ]


def _typed(lab: Any, mode: str, text: str) -> tuple[float, int]:
    """The 95th percentile of frames in milliseconds, and how many tasks were long, while a line is typed."""
    lab.command("jupyter-devstral:suggestions", mode=mode)
    _enter(lab, 999)
    lab.page.keyboard.type("warm = ", delay=80)
    lab.page.wait_for_timeout(1500)
    lab.page.evaluate(_WATCH)
    lab.page.keyboard.type(text, delay=70)
    frames, long = lab.page.evaluate("[window.frames_, window.long_]")
    return sorted(frames)[int(len(frames) * 0.95)], long
