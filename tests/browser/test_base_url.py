"""JupyterLab under a base URL with a token, as below a hub: every request of the page goes there."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser.conftest import needs_lab
from tests.browser.test_ghost_text import READ, Ghost
from tests.support.jupyter.lab_page import LabPage
from tests.support.jupyter.server import JupyterServer
from tests.support.jupyter.sidebar import Side
from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.openai_server import ScriptedV1
from tests.support.scripted.server import ScriptedOllama

BASE = "/user/ada@lab/"
OURS = "jupyter-devstral/"


@pytest.fixture(scope="module")
def model_server():
    with ScriptedOllama([READ], models=[devstral_card(), fim_card()]) as server:
        yield server


@pytest.fixture(scope="module")
def far():
    with ScriptedV1(["It is fine."]) as server:
        yield server
        assert server.complaints == []


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory, model_server, far):
    needs_lab()
    settings = {"host": model_server.url, "allow_remote": True, "routes": {"cluster": far.far_away}}
    config = "".join(f"c.DevstralConfig.{name} = {value!r}\n" for name, value in settings.items())
    with JupyterServer(tmp_path_factory.mktemp("base"), config, base_url=BASE) as server:
        yield server


@pytest.fixture
def lab(browser, server):
    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, server)
    lab.start()
    yield lab
    lab.close_all()
    assert lab.errors == []
    page.close()


def test_chat_picker_and_ghost_text_ask_below_the_base_url(lab, far, model_server):
    answers: list[tuple[str, int]] = []
    lab.page.on("response", lambda response: answers.append((response.url, response.status)))
    side = Side(lab)
    side.open()
    side.panel.locator(".jp-devstral-context").get_by_text("tokens").first.wait_for()
    picker = side.panel.locator(".jp-devstral-route select")
    picker.wait_for()
    picker.select_option("cluster")
    side.lab.wait_until(
        lambda: "Leaves for llm.example" in side.panel.locator(".jp-devstral-route").inner_text()
    )
    side.ask("why?")
    assert "It is fine." in side.last.inner_text()
    assert len(far.chats) == 1
    ghost = Ghost(lab)
    ghost.open()
    ghost.type("df = pd.")
    ghost.wait_for(READ)
    assert model_server.completions

    here = [urlsplit(url) for url in lab.requests if url.startswith("http")]
    assert {url.netloc for url in here} == {urlsplit(lab.server.url).netloc}
    base = urlsplit(lab.server.url).path
    assert [url.path for url in here if not url.path.startswith((f"{base}/", BASE))] == []
    ours = [(urlsplit(url).path, status) for url, status in answers if OURS in urlsplit(url).path]
    asked = {path.partition(OURS)[2] for path, _ in ours}
    assert {"routes", "status", "prompt", "chat", "complete", "conversation"} <= asked
    # 409 asks for the other cells, once.
    assert [(path, status) for path, status in ours if status >= 400 and status != 409] == []


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        (f"{BASE}{OURS}routes?path=x", True, 200),
        (f"{BASE}{OURS}routes?path=x", False, 403),
        (f"/{OURS}routes?path=x", True, 404),
    ],
)
def test_its_addresses_are_there_alone_and_want_the_token(server, path, token, status):
    headers = {"Authorization": f"token {server.token}"} if token else {}
    assert (
        httpx.get(f"http://127.0.0.1:{server.port}{path}", headers=headers, timeout=30).status_code == status
    )
