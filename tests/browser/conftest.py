"""A real JupyterLab in a real Chromium. Skipped, with the reason, where one of the two is not there."""

import os
import shutil

import pytest

from tests.support.jupyter.server import JupyterServer, labextension
from tests.support.jupyter.sidebar import CODE, Side
from tests.support.scripted.server import ScriptedOllama

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
FAILED = pytest.StashKey[bool]()
# As scripts/find_chromium.sh, which installs one where it may.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium_path():
    pytest.importorskip("playwright", reason="the package playwright is not installed")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("there is no Chromium; install it, or set CHROMIUM=/path/to/it")
    return found


def needs_lab():
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    if labextension() is None:
        pytest.skip("the JupyterLab half was not built (it needs Node.js): python scripts/build_lab.py")


@pytest.fixture(scope="session")
def jupyter_server(chromium_path, tmp_path_factory):
    needs_lab()
    with JupyterServer(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="module")
def browser(chromium_path):
    """One a module: while it lives an event loop runs in this thread, which other tests must not meet."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared_lab(browser, jupyter_server):
    """JupyterLab, loaded once a module."""
    from tests.support.jupyter.lab_page import LabPage

    page = browser.new_page(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, jupyter_server)
    lab.start()
    yield lab
    page.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True


@pytest.fixture
def lab(shared_lab, request):
    """JupyterLab without a notebook open; of a test that failed, what the page showed is printed."""
    yield shared_lab
    if request.node.stash.get(FAILED, False):
        print(shared_lab.account())
        shared_lab.screenshot(f"failed-{request.node.name}")
    shared_lab.close_all()


@pytest.fixture(scope="module")
def model_server():
    with ScriptedOllama() as server:
        yield server


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory, model_server):
    needs_lab()
    config = f"c.DevstralConfig.host = {model_server.url!r}\n"
    with JupyterServer(tmp_path_factory.mktemp("sidebar"), config) as server:
        yield server


@pytest.fixture(scope="module")
def shared_page(browser, server):
    from tests.support.jupyter.lab_page import LabPage

    page = browser.new_page(viewport={"width": 1300, "height": 900}, reduced_motion="reduce")
    lab = LabPage(page, server)
    lab.start()
    yield lab
    page.close()


@pytest.fixture
def ollama(model_server):
    model_server.forget()
    model_server.replies = [CODE]
    model_server.first_byte_delay = model_server.piece_delay = 0.0
    model_server.set_loaded(32_768)
    return model_server


@pytest.fixture
def side(shared_page, ollama):
    shared_page.console.clear()
    yield Side(shared_page)
    shared_page.close_all()
    assert shared_page.errors == []
