"""The settings page: what is chosen there reaches server and kernel, what a file fixes is shown so."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import needs_lab
from tests.support.jupyter.server import JupyterServer, code

LOADED = "%load_ext jupyter_devstral"
CONFIG = "get_ipython().magics_manager.registry['DevstralMagics'].session.config"


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory, model_server):
    needs_lab()
    config = f"c.DevstralConfig.host = {model_server.url!r}\nc.DevstralConfig.values = 'none'\n"
    with JupyterServer(tmp_path_factory.mktemp("settings"), config) as server:
        yield server


def test_a_setting_reaches_server_and_kernel_and_a_fixed_one_says_who_fixed_it(side, ollama):
    side.open([code("a", LOADED), code("b", "price = 3"), code("c", "print(price)")])
    lab, page = side.lab, side.page
    lab.run(0)
    lab.command("settingeditor:open", query="Devstral")
    form = page.locator("#setting-editor .jp-devstral-setting")
    entry = {
        name: form.and_(page.locator(f"[data-setting={name}]")) for name in ("values", "context", "model")
    }
    fixed = entry["values"].locator("select")
    entry["values"].get_by_text("locked by").wait_for()
    assert fixed.is_disabled()
    assert fixed.input_value() == "none"
    assert "config.py" in entry["values"].inner_text()
    entry["context"].locator("select").select_option("cell")
    page.locator("#jp-devstral-setting-autoExplain").select_option("off")
    entry["model"].locator("input").fill("other-model")
    entry["model"].locator("input").press("Enter")
    lab.screenshot("settings-page")
    side.panel.get_by_text("does not have the model other-model").wait_for()
    entry["model"].locator("input").fill("")
    entry["model"].locator("input").press("Enter")
    side.panel.get_by_text("does not have the model other-model").wait_for(state="hidden")
    page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    wanted = "('off', 'cell', 'devstral-small-2')"
    asked = f"({CONFIG}.auto_explain, {CONFIG}.context, {CONFIG}.model)"
    lab.wait_until(lambda: lab.evaluate_in_kernel(asked) == wanted)
    lab.select(2)
    side.ask("why?")
    sent = json.dumps(ollama.chats[-1].body)
    assert "print(price)" in sent
    assert "price = 3" not in sent
    # As it was, for what comes after; the fixed one never changed.
    lab.command("settingeditor:open", query="Devstral")
    entry["context"].locator("select").select_option("configured")
    page.locator("#jp-devstral-setting-autoExplain").select_option("configured")
    entry["context"].locator("option", has_text="as configured (now: the notebook)").wait_for(
        state="attached"
    )
    page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    lab.wait_until(lambda: lab.evaluate_in_kernel(asked) == "('on', 'notebook', 'devstral-small-2')")
    side.ask("and now?")
    assert "price = 3" in json.dumps(ollama.chats[-1].body)


def test_the_status_bar_and_help_know_the_model_and_the_keys(side, ollama):
    lab, page = side.lab, side.page
    side.open()
    item = page.locator(".jp-devstral-model-status button")
    item.get_by_text("devstral-small-2: loaded").wait_for()
    page.evaluate("window.jupyterapp.shell.collapseRight()")
    side.draft.wait_for(state="hidden")
    item.click()
    lab.wait("document.activeElement?.classList.contains('jp-devstral-draft')")
    ollama.piece_delay = 0.3
    ollama.replies = ["word " * 30]
    side.draft.fill("tell me")
    side.draft.press("Enter")
    item.get_by_text("devstral-small-2: answering").wait_for()
    side.button("stop").click()
    item.get_by_text("devstral-small-2: loaded").wait_for()
    page.locator(".lm-MenuBar-item", has_text="Help").click()
    page.locator(".lm-Menu-item", has_text="Devstral: commands and keys").click()
    rows = page.locator(".jp-Dialog .jp-devstral-help tr")
    rows.first.wait_for()
    said = {row.get_attribute("data-command"): row.inner_text() for row in rows.all()}
    assert "Ctrl+K, C" in said["jupyter-devstral:open-chat"]
    assert "Tab" in said["inline-completer:accept"]
    lab.screenshot("help-dialog")
    page.keyboard.press("Escape")
    # A key of two strokes, in a cell.
    page.locator(".jp-Cell:visible .cm-content").first.click()
    page.keyboard.press("Control+k")
    page.keyboard.press("e")
    page.locator(".jp-devstral-inline input").wait_for()
    page.keyboard.press("Escape")
    assert lab.sources[0] == "prices = [1, 2]"
    page.locator(".jp-Cell:visible").first.click(button="right")
    menu = page.locator(".lm-Menu.jp-ContextMenu, .lm-Menu")
    for label in (
        "Explain cell",
        "Fix cell",
        "Refactor cell",
        "Document cell",
        "Generate tests",
        "Change this cell…",
    ):
        menu.get_by_text(label, exact=True).wait_for()
    lab.screenshot("cell-menu")
    page.keyboard.press("Escape")
