"""The picker of routes: what would leave stands beside Send, and each notebook has a choice of its own."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import needs_lab
from tests.support.jupyter.server import JupyterServer, code
from tests.support.jupyter.sidebar import Side
from tests.support.scripted.openai_server import ScriptedV1

PRINTED = {"output_type": "stream", "name": "stdout", "text": "Wendeltreppe"}


@pytest.fixture(scope="module")
def far():
    with ScriptedV1(["It is fine."]) as server:
        yield server


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory, model_server, far):
    needs_lab()
    settings = {"host": model_server.url, "allow_remote": True, "routes": {"cluster": far.far_away}}
    config = "".join(f"c.DevstralConfig.{name} = {value!r}\n" for name, value in settings.items())
    with JupyterServer(tmp_path_factory.mktemp("routes"), config) as server:
        yield server


@pytest.fixture
def side(shared_page, ollama, far):
    far.requests.clear()
    shared_page.console.clear()
    yield Side(shared_page)
    shared_page.close_all()
    assert shared_page.errors == []


def cells() -> list[dict]:
    cell = code("a", "prices = [1, 2]")
    return [{**cell, "outputs": [PRINTED]}, code("b", "token = 'sk-proj-9aF3kLm2Qw8Zx7Yv6Bn5Tr4Ee1Uu0'")]


def test_what_would_leave_is_shown_and_that_is_what_leaves(side, far, ollama):
    side.open(cells())
    bar = side.panel.locator(".jp-devstral-route")
    picker = bar.locator("select")
    picker.wait_for()
    assert picker.input_value() == "local"
    assert not far.requests
    picker.select_option("cluster")
    side.lab.wait_until(lambda: "2 cells" in bar.inner_text())
    shown = bar.inner_text()
    assert "Leaves for llm.example" in shown
    assert "1 secret hidden" in shown
    assert "never sent there: outputs, files, pictures" in shown
    assert "jp-mod-leaves" in (bar.get_attribute("class") or "")
    side.lab.screenshot("routes-picker")
    side.ask("why?")
    assert len(far.chats) == 1
    assert not ollama.chats
    sent = json.dumps(far.chats[0].body)
    assert "prices" in sent
    assert "Wendeltreppe" not in sent
    assert "sk-proj" not in sent
    assert "llm.example" in side.last.inner_text()
    # Another notebook has chosen nothing.
    side.lab.close_all()
    side.open(cells())
    side.lab.wait_until(lambda: picker.input_value() == "local")
    side.ask("and here?")
    assert len(ollama.chats) == 1
    assert len(far.chats) == 1
