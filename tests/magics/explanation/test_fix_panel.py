"""The buttons below an explanation where no JupyterLab half draws them: ipywidgets, clicked by hand."""

import threading

import pytest

from jupyter_devstral.core.wire import MIME
from tests.support.jupyter.kernel import Kernel
from tests.support.jupyter.shells import explainer_of

pytest.importorskip("ipywidgets")

FIRST, BROKEN, FIXED = "prices = {'price': 4}", "total = prices['pric'] * 2", "total = prices['price'] * 2"
ANSWER = f"The key is `price`.\n\n[cell 1]\n```python\n{FIXED}\n```\n"


@pytest.fixture
def explained(ip, session, connected, run, monkeypatch):
    """The panel of a failure that was explained at once, in a front-end that draws widgets."""
    import jupyter_devstral.magics.explanation.explain_on_error as module

    monkeypatch.setattr(module, "widgets_work", lambda ip: True)
    session.config.trial_seconds = 0
    explainer_of(session).was_told("on")

    def explained(*replies, source=BROKEN):
        connected.replies = list(replies)
        run(FIRST, "first")
        run(source, "failing")
        [explanation] = explainer_of(session)._known.values()
        return explanation.panel

    return explained


def buttons(panel):
    return {button.description: button for button in panel._box.children[0].children}


def join():
    for thread in threading.enumerate():
        if thread.name == "devstral-explain":
            thread.join(20)


def test_the_buttons_of_a_fix(explained):
    panel = explained(ANSWER)
    assert list(buttons(panel)) == ["Run the fix", "Copy", "Explain more", "Dismiss"]


def test_the_panel_takes_its_place_before_the_cell_ends(explained, ip):
    explained(ANSWER)
    kinds = [sorted(data) for data in ip.display_pub.shown]
    assert "application/vnd.jupyter.widget-view+json" in kinds[-1]
    assert ip.display_pub.shown[-1]["text/plain"] == ""


def test_run_the_fix_is_the_users_click_and_runs_in_the_kernel(explained, ip, run):
    panel = explained(ANSWER)
    assert "total" not in ip.user_ns
    buttons(panel)["Run the fix"].click()
    assert ip.user_ns["total"] == 8


def test_a_fix_that_fails_after_all_stops_there(explained, ip):
    other = "prices = {'pric': 1 / 0}"
    panel = explained(f"[cell 0]\n```python\n{other}\n```\n\n[cell 1]\n```python\n{FIXED}\n```\n")
    buttons(panel)["Run the fix"].click()
    assert "total" not in ip.user_ns


def test_a_fix_that_awaits_is_there_to_copy(explained):
    fix = f"import asyncio\nawait asyncio.sleep(0)\n{FIXED}"
    panel = explained(ANSWER.replace(FIXED, fix))
    assert list(buttons(panel)) == ["Copy", "Explain more", "Dismiss"]


def test_copy_shows_the_corrected_source_to_copy(explained):
    panel = explained(ANSWER)
    buttons(panel)["Copy"].click()
    texts = [getattr(child, "value", "") for child in panel._box.children]
    assert any(FIXED in text for text in texts if isinstance(text, str))


def test_explain_more_and_dismiss(explained, ip):
    panel = explained(ANSWER, "A dict raises `KeyError`.")
    buttons(panel)["Explain more"].click()
    join()
    assert "A dict raises" in ip.display_pub.markdown
    buttons(panel)["Dismiss"].click()
    join()
    assert panel._box.children == ()
    assert "The key is" not in ip.display_pub.markdown


def test_an_offer_has_one_button(explained, session, connected, ip):
    session.config.auto_explain = "button"
    panel = explained(ANSWER)
    assert list(buttons(panel)) == ["Explain"]
    buttons(panel)["Explain"].click()
    join()
    assert len(connected.chats) == 1
    assert "Run the fix" in buttons(panel)


def test_without_an_answer_it_can_be_asked_for_again(explained, session, connected):
    there, session.config.host = session.config.host, "http://127.0.0.1:9"
    panel = explained(ANSWER)
    assert list(buttons(panel)) == ["Explain"]
    session.config.host = there
    buttons(panel)["Explain"].click()
    join()
    assert len(connected.chats) == 1
    assert "Run the fix" in buttons(panel)


# As a front-end clicks: a message of the button's comm, while the kernel is idle.


@pytest.fixture
def watched(scripted_ollama, monkeypatch):
    """A kernel of a front-end that draws widgets, but does not know our cards."""
    monkeypatch.setenv("JPY_SESSION_NAME", "notebook.ipynb")
    kernel = Kernel()
    kernel.run("%load_ext jupyter_devstral")
    kernel.run(f"%config DevstralConfig.host = {scripted_ollama.url!r}")
    yield kernel
    kernel.stop()


def drawn(messages):
    """The buttons that a front-end was told of, by their labels."""
    opened = [message["content"] for message in messages if message["header"]["msg_type"] == "comm_open"]
    states = [(content["data"].get("state", {}), content["comm_id"]) for content in opened]
    return {state["description"]: comm_id for state, comm_id in states if "description" in state}


def click(kernel, comm_id):
    content = {"comm_id": comm_id, "data": {"method": "custom", "content": {"event": "click"}}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", content))


@pytest.fixture
def failed(watched, scripted_ollama):
    """The messages of a failed cell until its buttons are drawn."""
    scripted_ollama.replies = [ANSWER.replace("[cell 1]", "[cell 3]"), "A dict raises `KeyError`."]
    watched.run(FIRST, "first")
    failing = watched.start(BROKEN, "failing")
    messages = [message for _, message in watched.finish(failing).messages]
    while "Dismiss" not in drawn(messages):
        messages.append(watched.client.get_iopub_msg(timeout=20))
    return messages


def until(kernel, messages, holds):
    """Read on until one of the displays `holds`."""
    while True:
        messages.append(kernel.client.get_iopub_msg(timeout=20))
        content = messages[-1]["content"]
        if messages[-1]["header"]["msg_type"] == "update_display_data" and holds(content["data"]):
            return content["data"]


def test_a_click_in_a_front_end_runs_the_fix(watched, failed, scripted_ollama):
    before = len(scripted_ollama.chats)
    click(watched, drawn(failed)["Run the fix"])
    assert watched.run("print(total)").text.strip() == "8"
    assert len(scripted_ollama.chats) == before


def test_clicks_for_more_and_for_less(watched, failed):
    assert watched.run("print('total' in globals())").text.strip() == "False"
    click(watched, drawn(failed)["Explain more"])
    shown = until(watched, failed, lambda data: data.get(MIME, {}).get("card", {}).get("state") == "done")
    assert "A dict raises" in shown["text/markdown"]
    # The buttons are drawn anew behind what was added.
    latest = drawn(failed)["Dismiss"]
    while drawn(failed)["Dismiss"] == latest:
        failed.append(watched.client.get_iopub_msg(timeout=20))
    click(watched, drawn(failed)["Dismiss"])
    shown = until(
        watched, failed, lambda data: data.get(MIME, {}).get("card", {}).get("state") == "dismissed"
    )
    assert shown["text/markdown"].strip() == ""
