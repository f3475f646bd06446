"""The comms with JupyterLab, from the kernel's side: who says hello is handed edits, nobody else is."""

import time
import uuid

import pytest

from jupyter_devstral.core.wire import MIME
from tests.support.waiting import eventually

TWO = "Two steps:\n\n```python\na = 1\n```\n\n```python\nb = a + 1\n```\n"
QUESTION = "%%devstral\nset a, then b"
JOINED = "a = 1\n\n# %%\nb = a + 1"
CONNECTED = "get_ipython().magics_manager.registry['DevstralMagics'].session.lab.connected"


class Page:
    """What the JupyterLab half sends; it reads nothing, so that the tests see what it would be told."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.comm_id = uuid.uuid4().hex

    def open(self, protocol=1):
        self._send("comm_open", target_name="jupyter_devstral.context", data={})
        self.say({"op": "hello", "protocol": protocol})
        return self

    def say(self, data):
        self._send("comm_msg", data=data)

    def close(self):
        self._send("comm_close", data={})

    def wait_connected(self, expected=True):
        for _ in range(100):
            if self.kernel.run(f"print({CONNECTED})", silent=True).text.strip() == str(expected):
                return self
            time.sleep(0.05)
        raise AssertionError(f"connected is never {expected}")

    def _send(self, kind, **content):
        client = self.kernel.client
        client.shell_channel.send(client.session.msg(kind, {"comm_id": self.comm_id, **content}))


@pytest.fixture
def page(kernel):
    page = Page(kernel).open().wait_connected()
    yield page
    page.close()


def handed_over(result):
    """What was sent to JupyterLab."""
    return [message["data"] for message in result.of("comm_msg") if message["data"].get("op") == "apply"]


def test_the_cells_of_an_answer_are_handed_to_the_page(kernel, page, scripted_ollama):
    scripted_ollama.replies = [TWO]
    result = kernel.run(QUESTION, "asking")
    [message] = handed_over(result)
    assert message["anchor"] == "asking"
    assert message["run"] == []
    assert [(edit["op"], edit["cell_id"], edit["source"]) for edit in message["edits"]] == [
        ("insert", "asking", "a = 1"),
        ("insert", "asking", "b = a + 1"),
    ]
    assert result.payload == []
    assert kernel.run("print('a' in globals())", silent=True).text.strip() == "False"


def test_without_a_page_they_are_the_next_cell(kernel, scripted_ollama):
    scripted_ollama.replies = [TWO]
    result = kernel.run(QUESTION, "asking")
    assert handed_over(result) == []
    assert result.next_input == JOINED


def test_a_page_that_left_is_told_nothing(kernel, page, scripted_ollama):
    page.close()
    page.wait_connected(False)
    scripted_ollama.replies = [TWO]
    result = kernel.run(QUESTION, "asking")
    assert handed_over(result) == []
    assert result.next_input == JOINED


def test_a_page_of_another_protocol_is_no_page(kernel, scripted_ollama):
    page = Page(kernel).open(protocol=99)
    scripted_ollama.replies = [TWO]
    result = kernel.run(QUESTION, "asking")
    page.close()
    assert handed_over(result) == []
    assert result.next_input == JOINED


def test_a_console_beside_the_page_gets_its_cell_itself(kernel, page, scripted_ollama):
    """The page leaves alone what another client asked for."""
    scripted_ollama.replies = [TWO]
    result = kernel.finish(kernel.start(QUESTION, "asking", session="console"))
    assert handed_over(result) == []
    assert result.next_input == JOINED
    again = kernel.run(QUESTION, "asking")
    assert len(handed_over(again)) == 1


@pytest.mark.parametrize(("mode", "expected"), [("none", ""), ("replace", JOINED)])
def test_other_places_are_no_matter_of_the_page(kernel, page, scripted_ollama, mode, expected):
    scripted_ollama.replies = [TWO]
    result = kernel.run(f"%%devstral --insert {mode}\nset a, then b", "asking")
    assert handed_over(result) == []
    assert result.next_input == expected


def test_a_rewrite_is_not_handed_over_unasked(kernel, page, scripted_ollama):
    scripted_ollama.replies = ["```python\ntotal = 2 * 3\n```"]
    kernel.run("total = 3 * 2", "first")
    result = kernel.run("%devstral edit --cell first the factor first", "asking")
    assert "total = 2 \\* 3" in result.markdown or "+total = 2 * 3" in result.markdown
    assert handed_over(result) == []


def test_accept_goes_to_the_page_that_asks_for_it(kernel, page, scripted_ollama):
    fixed = "total = prices['price'] * 2"
    scripted_ollama.replies = [f"Misspelt.\n\n```python\n{fixed}\n```\n"]
    kernel.run("%devstral auto off")
    kernel.run("prices = {'price': 4}", "first")
    kernel.run("total = prices['pric'] * 2", "failing")
    kernel.run("%devstral fix", "fixing")
    elsewhere = kernel.finish(kernel.start("%devstral accept", "typed", session="console"))
    assert handed_over(elsewhere) == []
    assert fixed in elsewhere.next_input
    [message] = handed_over(kernel.run("%devstral accept", "accepting"))
    assert [(edit["op"], edit["cell_id"], edit["source"]) for edit in message["edits"]] == [
        ("replace", "failing", fixed)
    ]


def test_a_page_that_comes_is_shown_what_it_may_have_missed(kernel, page, scripted_ollama):
    scripted_ollama.replies = ["Misspelt.\n\n```python\ntotal = prices['price'] * 2\n```\n"]
    kernel.run("prices = {'price': 4}", "first")
    failing = kernel.start("total = prices['pric'] * 2", "failing")
    shown = kernel.updates_until(failing, lambda data: data[MIME]["card"]["state"] == "done")[-1]
    other = Page(kernel).open()
    while True:
        message = kernel.client.get_iopub_msg(timeout=10)
        if message["header"]["msg_type"] == "update_display_data":
            break
    assert message["content"]["data"] == shown
    assert message["content"]["transient"]["display_id"] == shown[MIME]["card"]["id"]
    other.close()


NONSENSE = [
    None,
    [],
    "text",
    {},
    {"op": "nonsense"},
    {"op": "hello"},
    {"op": "action"},
    {"op": "action", "action": "explain", "id": {}},
    {"op": "action", "action": "__class__", "id": "x"},
    {"op": "applied", "ok": "yes", "id": 3},
    {"op": "notebook"},
    {"op": "notebook", "cell_id": [], "cells": [None, 3, {"cell_type": {}}, {"source": 3}]},
]


def test_what_is_no_message_of_ours_does_nothing(kernel, page, scripted_ollama):
    for data in NONSENSE:
        page.say(data)
    scripted_ollama.replies = [TWO]
    result = kernel.run(QUESTION, "asking")
    assert result.reply["status"] == "ok", result.text
    assert len(handed_over(result)) == 1


def test_what_a_page_wishes_for_reaches_the_kernel_below_what_was_typed(kernel, page):
    def modes():
        config = "get_ipython().magics_manager.registry['DevstralMagics'].session.config"
        return kernel.run(f"print({config}.auto_explain, {config}.context)", silent=True).text.strip()

    page.say({"op": "settings", "values": {"auto_explain": "off", "context": "cell", "host": "http://x"}})
    assert eventually(lambda: modes() == "off cell")
    kernel.run("%devstral auto button")
    page.say({"op": "settings", "values": {"auto_explain": "on", "context": "above"}})
    assert eventually(lambda: modes() == "button above")
    page.say({"op": "settings", "values": 3})
    assert modes() == "button above"
