"""`doctor`, `models`, `pull`: what a server has and lacks, in plain text and exit codes."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.scripted.server import ScriptedOllama

LAYER = {"status": "pulling 24277f07f62d", "digest": "sha256:24277f07f62d", "total": 1_000_000_000}
PULL = [
    {"status": "pulling manifest"},
    *({**LAYER, "completed": part * 50_000_000} for part in range(21)),
    {"status": "verifying sha256 digest"},
    {"status": "success"},
]


def host(server: ScriptedOllama) -> str:
    return f"--DevstralConfig.host={server.url}"


def test_doctor_is_content_with_a_good_server(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    ended = cli("doctor", host(scripted_ollama))
    assert ended.code == 0
    assert "Ready." in ended.text
    assert "!!" not in ended.text


def test_doctor_says_what_is_missing_and_the_next_step(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    ended = cli("doctor", host(scripted_ollama), "--DevstralConfig.model=absent")
    assert ended.code == 1
    assert "absent" in ended.text
    assert "`jupyter devstral pull absent`" in ended.text
    nobody = cli("doctor", "--DevstralConfig.host=127.0.0.1:9")
    assert nobody.code == 1
    assert "No Ollama at http://127.0.0.1:9" in nobody.text


def test_models_is_a_table(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    ended = cli("models", host(scripted_ollama))
    header, row, *_ = ended.text.splitlines()
    assert header.split() == ["NAME", "SIZE", "WINDOW"]
    assert row.startswith("devstral-small-2")
    assert row.endswith("configured")


def test_models_without_a_server_is_one_line(cli: Cli) -> None:
    ended = cli("models", "--DevstralConfig.host=127.0.0.1:9")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, b"", 1)
    assert "ollama serve" in ended.err


def test_a_remote_host_is_refused(cli: Cli) -> None:
    ended = cli("models", "--DevstralConfig.host=http://gpu-box:11434")
    assert ended.code == 1
    assert "allow_remote" in ended.err


def test_pull_shows_its_progress(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.pull_with(PULL)
    ended = cli("pull", "small-model", host(scripted_ollama))
    assert (ended.code, ended.text) == (0, "small-model is ready.\n")
    lines = ended.err.splitlines()
    assert lines[0] == "pulling manifest"
    assert any("500 MB of 1.0 GB" in line for line in lines)
    assert len(lines) < 20
    assert "small-model" in cli("models", host(scripted_ollama)).text


def test_pull_passes_the_servers_error_on(cli: Cli, scripted_ollama: ScriptedOllama) -> None:
    scripted_ollama.pull_with(
        [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]
    )
    ended = cli("pull", "no-such-model", host(scripted_ollama))
    assert (ended.code, ended.out) == (1, b"")
    assert "no-such-model" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal and signals as on Unix")
def test_pull_on_a_terminal_has_a_bar_and_ctrl_c_says_how_to_resume(scripted_ollama: ScriptedOllama) -> None:
    from tests.cli.terminal import OnTerminal

    scripted_ollama.pull_with(PULL, delay=0.3)
    with OnTerminal("pull", "small-model", host(scripted_ollama)) as command:
        assert command.wait_for("/1.00G")
        assert "%|" in command.shown
        command.process.send_signal(signal.SIGINT)
        command.end()
        assert command.process.returncode == 130
        assert "jupyter devstral pull small-model" in command.shown
        assert "Traceback" not in command.shown


def test_serve_without_the_file_is_one_line(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    ended = cli("serve", "--gguf", tmp_path / "absent.gguf", "--port", 0)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, b"", 1)
    assert "absent.gguf" in ended.err
