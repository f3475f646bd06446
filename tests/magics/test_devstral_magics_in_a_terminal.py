"""Terminal IPython: the answer as plain text, the code as the next prompt."""

import os
import signal
import threading
import time

import pytest

CODE = "Here:\n\n```python\nx = 1\n```\n"


@pytest.fixture
def terminal(bare_ip, scripted_ollama):
    bare_ip.rl_next_input = None
    bare_ip.extension_manager.load_extension("jupyter_devstral")
    bare_ip.magics_manager.registry["DevstralMagics"].session.config.host = scripted_ollama.url
    return bare_ip


def test_the_answer_and_its_receipt_are_printed(terminal, scripted_ollama, capsys):
    scripted_ollama.replies = [CODE]
    terminal.run_cell("%devstral write make x", store_history=True)
    out = capsys.readouterr().out
    assert out.startswith(CODE.rstrip())
    assert "devstral-small-2" in out.strip().splitlines()[-1]
    assert terminal.rl_next_input == "x = 1"
    assert "x" not in terminal.user_ns


def test_an_answer_cannot_steer_the_terminal(terminal, scripted_ollama, capsys):
    scripted_ollama.replies = ["safe\x1b[2J\x1b]0;owned\x07 text"]
    terminal.run_cell("%devstral ask x", store_history=True)
    assert "\x1b" not in capsys.readouterr().out


def test_earlier_cells_and_answers_are_context(terminal, scripted_ollama):
    scripted_ollama.replies = ["an answer to remember", "ok"]
    terminal.run_cell("value_of_interest = 3", store_history=True)
    terminal.run_cell("%devstral ask first", store_history=True)
    terminal.run_cell("%devstral ask second", store_history=True)
    first, second = (record.body["messages"] for record in scripted_ollama.chats)
    assert "value_of_interest" in first[-1]["content"]
    assert second[: len(first)] == first
    assert "an answer to remember" in second[len(first)]["content"]


def test_a_failing_cell_is_explained_and_ctrl_c_keeps_what_was_printed(terminal, scripted_ollama, capsys):
    terminal.magics_manager.registry["DevstralMagics"].session.config.trial_seconds = 0
    terminal.run_cell("%devstral auto on")
    scripted_ollama.replies = [["The ", "divisor ", "is ", "zero. "] * 50, CODE]
    scripted_ollama.piece_delay = 0.05

    def streaming():
        return any(chat.first_byte_at for chat in scripted_ollama.chats)

    def press():
        assert scripted_ollama.wait_for(streaming, 30)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    presses = threading.Thread(target=press)
    presses.start()
    terminal.run_cell("1 / 0", store_history=True)
    presses.join()
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out
    said = out.rpartition("division by zero")[2]
    assert said.count("The divisor is zero.") in range(1, 49)
    assert "Interrupted" in said
    assert "Error in callback" not in out
    scripted_ollama.piece_delay = 0.0
    terminal.run_cell("1 / 0", store_history=True)
    assert CODE.splitlines()[0] in capsys.readouterr().out


def test_reports_are_printed(terminal, capsys):
    terminal.run_cell("%devstral status")
    assert "devstral-small-2" in capsys.readouterr().out
    terminal.run_cell("%devstral help")
    assert "--dry-run" in capsys.readouterr().out


def test_a_download_shows_its_last_state(terminal, scripted_ollama, capsys):
    scripted_ollama.pull_with([{"status": "pulling manifest"}, {"status": "success"}])
    terminal.run_cell("%devstral pull tiny")
    assert capsys.readouterr().out.strip() == "`tiny` is ready."
