"""A browser page with JupyterLab or Notebook 7: notebooks opened, cells run, sources and outputs read."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.jupyter.server import JupyterServer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

TIMEOUT = 30_000
_numbers = itertools.count()

PANEL = "window.jupyterapp.shell.currentWidget"
NO_SPLASH = "!document.getElementById('jupyterlab-splash')"
SCREENSHOTS = Path(__file__).parents[3] / "test-output" / "screenshots"


class LabPage:
    """The current notebook of one page. `requests` is every address the page asked for."""

    def __init__(self, page: Page, server: JupyterServer) -> None:
        self.page = page
        self.server = server
        self.requests: list[str] = []
        self.console: list[str] = []
        self._loads = 0
        page.set_default_timeout(TIMEOUT)
        page.on("domcontentloaded", self._loaded)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error.stack or error}"))

    def _loaded(self, _page: Page) -> None:
        self._loads += 1

    def start(self) -> None:
        self.page.goto(f"{self.server.url}/lab/workspaces/w{next(_numbers)}?token={self.server.token}&reset")
        self.wait("window.jupyterapp !== undefined")
        self.page.evaluate("window.jupyterapp.restored")
        # The splash of the start goes a moment later, which a change of the theme must not meet.
        self.wait(NO_SPLASH)
        self._loads = 1

    def open(self, cells: list[dict[str, Any]], name: str = "", *, kernel: bool = True) -> str:
        """Write a notebook file and open it; returns its name."""
        name = name or f"notebook-{next(_numbers)}.ipynb"
        self.server.write(name, cells)
        self.open_file(name, kernel=kernel)
        return name

    def open_file(self, name: str, *, kernel: bool = True) -> None:
        self.page.evaluate(
            """async ([path, kernel]) => {
                const app = window.jupyterapp;
                const options = kernel ? {} : { kernelPreference: { shouldStart: false, canStart: false } };
                const widget = await app.commands.execute('docmanager:open', { path, ...options });
                await widget.context.ready;
                await widget.revealed;
            }""",
            [name, kernel],
        )
        if kernel:
            self.wait_idle()

    def open_in_notebook_7(self, cells: list[dict[str, Any]]) -> str:
        name = f"notebook-{next(_numbers)}.ipynb"
        self.server.write(name, cells)
        self.page.goto(f"{self.server.url}/notebooks/{name}?token={self.server.token}")
        self.wait(f"window.jupyterapp && {PANEL} && {PANEL}.sessionContext")
        self.wait_idle()
        return name

    def save(self) -> None:
        """Save the notebook; the command of that name does nothing while an automatic save is under way."""
        self.page.evaluate(f"{PANEL}.context.save()")

    def close_all(self) -> None:
        """Close every notebook without saving, and shut its kernel down."""
        self.page.evaluate(
            """async () => {
                const app = window.jupyterapp;
                for (const widget of [...app.shell.widgets('main')]) {
                    if (widget.context) {
                        await widget.sessionContext?.shutdown().catch(() => undefined);
                        widget.dispose();
                    }
                }
            }"""
        )
        if self._loads > 1:
            # A page that was loaded again opens the notebook of its address once more, sooner or later.
            self.start()

    def wait(self, condition: str) -> None:
        self.page.wait_for_function(f"() => {condition}", timeout=TIMEOUT)

    def wait_idle(self) -> None:
        self.wait(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'")

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Poll something that Python knows."""
        for _ in range(TIMEOUT // 50):
            if holds():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not happen in time")

    def select(self, index: int) -> None:
        self.page.evaluate(f"{PANEL}.content.activeCellIndex = {index}")

    def command(self, name: str, **args: Any) -> Any:
        return self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)", [name, args]
        )

    def change_theme(self, theme: str) -> None:
        """Change it and wait until the splash is gone: of two at once JupyterLab removes one twice."""
        self.command("apputils:change-theme", theme=theme)
        self.wait(NO_SPLASH)

    def start_cell(self, index: int) -> None:
        """Run a cell and do not wait for its end."""
        self.select(index)
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-cell')")

    def run(self, index: int) -> None:
        """Run a cell to its end; what does not end fails here, not at the limit of the whole test."""
        self.select(index)
        self.page.evaluate(
            """() => {
                window.devstralRun = 'running';
                const run = window.jupyterapp.commands.execute('notebook:run-cell');
                run.then(() => (window.devstralRun = 'ended'), why => (window.devstralRun = String(why)));
            }"""
        )
        self.wait("window.devstralRun !== 'running'")
        self.wait_idle()

    def account(self) -> str:
        """What the page shows and said, for somebody who only reads the output of the tests."""
        shown = self.page.evaluate(
            """() => {
                const panel = window.jupyterapp?.shell.currentWidget;
                const session = panel?.sessionContext?.session;
                const cells = panel?.content?.model?.sharedModel.cells.map(cell => cell.toJSON()) ?? [];
                return {
                    address: window.location.href,
                    notebook: panel?.context?.path ?? null,
                    run: window.devstralRun ?? null,
                    kernel: [session?.kernel?.status, session?.kernel?.connectionStatus].map(String),
                    dialogs: [...document.querySelectorAll('.jp-Dialog')].map(one => one.innerText),
                    cells: cells.map(cell => ({
                        source: cell.source,
                        count: cell.execution_count,
                        outputs: (cell.outputs ?? []).map(one => one.ename ?? Object.keys(one.data ?? {}))
                    })),
                    cards: document.querySelectorAll('.jp-devstral-card').length
                };
            }"""
        )
        return "\n".join([json.dumps(shown, indent=1), *self.console[-20:]])

    @property
    def errors(self) -> list[str]:
        """What was thrown and not caught; other extensions have errors of their own."""
        thrown = [line for line in self.console if "pageerror" in line]
        return [line for line in thrown if "/extensions/@" not in line]

    @property
    def sources(self) -> list[str]:
        return self.page.evaluate(f"{PANEL}.content.model.sharedModel.cells.map(cell => cell.getSource())")

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.page.evaluate(f"{PANEL}.content.model.sharedModel.cells.map(cell => cell.toJSON())")

    def set_source(self, index: int, source: str) -> None:
        self.page.evaluate(
            f"([index, source]) => {PANEL}.content.model.sharedModel.cells[index].setSource(source)",
            [index, source],
        )

    def output_text(self, index: int) -> str:
        """All streams and plain results of a cell, as stored."""
        parts = []
        for output in self.cells[index]["outputs"]:
            text = output.get("text", output.get("data", {}).get("text/plain", ""))
            parts.append("".join(text))
        return "\n".join(parts)

    def evaluate_in_kernel(self, expression: str) -> str:
        """The repr of an expression in the notebook's kernel, asked for without touching a cell."""
        return self.page.evaluate(
            """async expression => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                const future = kernel.requestExecute({
                    code: '', silent: true, store_history: false, user_expressions: { it: expression }
                });
                const { it } = (await future.done).content.user_expressions;
                return it.data ? it.data['text/plain'] : JSON.stringify(it);
            }""",
            expression,
        )

    @property
    def card(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:visible .jp-devstral-card")

    def button(self, action: str) -> Locator:
        return self.card.locator(f"button[data-action='{action}']")

    @property
    def outcome(self) -> Locator:
        return self.card.locator(".jp-devstral-outcome")

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.mouse.move(0, 0)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
