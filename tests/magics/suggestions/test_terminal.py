"""Suggestions in a real terminal IPython, typed into through a pseudo-terminal, with a scripted model."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.models.model_cards import devstral_card, fim_card
from tests.support.scripted.engine import Script
from tests.support.scripted.server import ScriptedOllama

pexpect = pytest.importorskip("pexpect", reason="the package pexpect is not installed")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r|\x1b\][^\x07]*\x07")


@pytest.fixture
def server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama(["first_word + second_word"], models=[devstral_card(), fim_card()]) as server:
        yield server


class Terminal:
    """`ipython` with the extension, as somebody types into it."""

    def __init__(self, folder: Path, host: str) -> None:
        environment = {
            **os.environ,
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "OLLAMA_HOST": host,
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }
        arguments = [
            "-m",
            "IPython",
            "--no-banner",
            "--ext=jupyter_devstral",
            "--HistoryManager.enabled=False",
        ]
        self.child = pexpect.spawn(
            sys.executable, arguments, env=environment, encoding="utf-8", dimensions=(40, 120), timeout=60
        )
        self.shown = ""
        self.wait_for("In [1]:")

    def wait_for(self, text: str, seconds: float = 40) -> None:
        """Until the terminal has shown it, behind whatever was waited for before."""
        ends = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < ends, f"{text!r} was not shown in {self.shown[-2000:]!r}"
            self._read()
        self.shown = self.shown[self.shown.index(text) + len(text) :]

    def type(self, text: str) -> None:
        for letter in text:
            self.child.send(letter)
            time.sleep(0.02)

    def run(self, line: str) -> None:
        self.type(line)
        self.child.send("\r")

    def close(self) -> None:
        self.child.close(force=True)

    def _read(self) -> None:
        with suppress(pexpect.TIMEOUT):
            self.shown += _ESCAPES.sub("", self.child.read_nonblocking(4096, timeout=0.2))


@pytest.fixture
def terminal(tmp_path: Path, server: ScriptedOllama) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, server.url)
    yield terminal
    terminal.close()


def test_the_model_suggests_and_the_right_arrow_takes_it(terminal: Terminal, server: ScriptedOllama) -> None:
    terminal.type("total = ")
    terminal.wait_for("first_word + second_word")
    terminal.child.send("\x1b[C")
    terminal.child.send("\r")
    terminal.wait_for("NameError")
    assert server.completions[-1].body["prompt"].endswith("<|fim_middle|>total =")


def test_what_is_typed_along_asks_nobody(terminal: Terminal, server: ScriptedOllama) -> None:
    terminal.type("total = ")
    terminal.wait_for("first_word + second_word")
    asked = len(server.completions)
    terminal.type("first")
    time.sleep(0.5)
    assert len(server.completions) == asked
    terminal.child.send("\x1b[C")
    time.sleep(0.5)
    terminal.child.send("\r")
    terminal.wait_for("NameError: name 'first_word'")


def test_earlier_cells_and_variables_are_context(terminal: Terminal, server: ScriptedOllama) -> None:
    terminal.run("values = list(range(7))")
    terminal.wait_for("In [2]:")
    terminal.type("total = ")
    terminal.wait_for("first_word + second_word")
    prompt = server.completions[-1].body["prompt"]
    assert "values = list(range(7))\n# values: list of 7 int" in prompt


def test_typing_on_closes_what_is_outdated(terminal: Terminal, server: ScriptedOllama) -> None:
    server.replies = [Script(["a"] * 400, delay=0.02)]
    terminal.type("total = ")
    assert server.wait_for(lambda: bool(server.completions) and server.completions[0].lines > 1, 30)
    terminal.type("x")
    assert server.wait_for(lambda: server.completions[0].closed_early)


def test_it_is_switched_on_and_off(terminal: Terminal, server: ScriptedOllama) -> None:
    terminal.run("%devstral complete status")
    terminal.wait_for("is ready")
    terminal.run("%devstral complete off")
    terminal.wait_for("Suggestions are off")
    server.forget()
    terminal.type("total = ")
    time.sleep(1)
    assert server.completions == []
    terminal.child.send("\x03")
    terminal.run("%devstral complete on")
    terminal.wait_for("is ready")
    terminal.type("total = ")
    terminal.wait_for("first_word + second_word")


def test_several_lines_are_shown_and_unloading_leaves_the_prompt_as_it_was(
    terminal: Terminal, server: ScriptedOllama
) -> None:
    server.replies = ["\n    total = 0\n    return total\n\nx"]
    terminal.type("def add(xs):")
    terminal.wait_for("total = 0")
    terminal.wait_for("return total")
    terminal.child.send("\x03")
    terminal.run("%unload_ext jupyter_devstral")
    terminal.run("type(get_ipython().auto_suggest).__name__")
    terminal.wait_for("NavigableAutoSuggestFromHistory")
