"""Values of the user's data: for a model on this machine alone, and only where they are wanted."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from jupyter_devstral.core.assistant import Assistant
from jupyter_devstral.core.failure.failure import Failure, Frame
from jupyter_devstral.core.model.ollama.client import OllamaModel
from jupyter_devstral.core.model.window import Window
from jupyter_devstral.core.notebook.cells import Cell, Notebook, Output, Turn
from jupyter_devstral.core.request.tasks import Request, Task
from jupyter_devstral.core.settings.config import DevstralConfig
from jupyter_devstral.core.variables.namespace import describe_variable
from tests.support.scripted.server import ScriptedOllama

MENU = pd.DataFrame({"dish": ["pho", "udon"], "price": ["$4.50", "$7.25"]})
MENU_TEXT = describe_variable("menu", MENU).text
CELLS = (
    Cell("a", 0, "code", "menu", (Output("result", str(MENU), "text/html"),)),
    Cell("b", 1, "code", "%devstral ask", (), Turn(f"Variables:\n{MENU_TEXT}\n\nwhat; e.g. is it?", "Food.")),
    Cell("c", 2, "code", "f(menu)"),
)
FRAME = Frame("c", function="f", line=1, source="f(menu)", values=(MENU_TEXT,))
REQUEST = Request(
    Task.ASK,
    "why?",
    Notebook(CELLS),
    variables=(describe_variable("other", MENU),),
    failure=Failure("TypeError", "no", "c", (FRAME,)),
)


def sent(config: DevstralConfig) -> str:
    prompt = Assistant(config, OllamaModel(config)).prompt(REQUEST)
    return "\n".join(message.content for message in prompt.messages)


def test_a_model_on_this_machine_sees_values() -> None:
    text = sent(DevstralConfig(host="http://127.0.0.1:9"))
    assert "e.g. '$4.50', '$7.25'" in text
    assert "0  pho  $4.50" in text


@pytest.mark.parametrize(
    "config",
    [
        {"host": "http://127.0.0.1:9", "values": "none"},
        {"host": "http://gpu-box:11434", "allow_remote": True},
        {"host": "http://127.0.0.1:9", "model": "devstral:cloud", "allow_remote": True},
    ],
    ids=["not wanted", "another machine", "a cloud"],
)
def test_any_other_sees_schemas_only(config: dict[str, Any]) -> None:
    text = sent(DevstralConfig(**config))
    assert not [value for value in ("$4.50", "pho", "udon") if value in text]
    assert "price: str" in text
    # What the user wrote himself stays.
    assert "what; e.g. is it?" in text


class Forwarded(OllamaModel):
    """A model of which the server says only when it is asked that it runs elsewhere."""

    said = False

    def window(self, need: int = 0) -> Window:
        window = super().window(need)
        self.said = True
        return window

    @property
    def remote_place(self) -> str:
        return "ollama.com" if self.said else ""


@pytest.mark.parametrize("built_before", [True, False])
def test_what_the_server_says_last_counts(scripted_ollama: ScriptedOllama, built_before: bool) -> None:
    config = DevstralConfig(host=scripted_ollama.url)
    assistant = Assistant(config, Forwarded(config))
    prompt = assistant.prompt(REQUEST) if built_before else None
    list(assistant.reply(REQUEST, prompt=prompt))
    assert "$4.50" not in str(scripted_ollama.chats[0].body)


def test_a_conversation_that_moves_leaves_the_values_behind(scripted_ollama: ScriptedOllama) -> None:
    config = DevstralConfig(host=scripted_ollama.url)
    here = Assistant(config, OllamaModel(config))
    stream = here.reply(REQUEST)
    list(stream)
    assert "$4.50" in str(scripted_ollama.chats[0].body)
    elsewhere = Assistant(config, Forwarded(config))
    list(elsewhere.follow_up(stream.result(), "And?"))
    assert "$4.50" not in str(scripted_ollama.chats[1].body)


def test_the_receipt_says_that_values_were_sent(scripted_ollama: ScriptedOllama) -> None:
    for values, said in (("samples", True), ("none", False)):
        config = DevstralConfig(host=scripted_ollama.url, values=values)
        stream = Assistant(config, OllamaModel(config)).reply(REQUEST)
        list(stream)
        assert ("with values" in stream.result().receipt()) is said
