"""Who streams a chat goes first, in this process and in others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_devstral.core.model.precedence.right_of_way import a_chat_streams, chat_streams, told_of_chats

HOLD = """
import sys
from jupyter_devstral.core.model.precedence.right_of_way import chat_streams
with chat_streams():
    print("held", flush=True)
    sys.stdin.readline()
print("released", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "jupyter_devstral"


def test_a_chat_of_this_process_is_known_and_told_of() -> None:
    told: list[str] = []
    assert not a_chat_streams()
    with told_of_chats(lambda: told.append("now")), chat_streams():
        assert a_chat_streams()
        with chat_streams():
            assert a_chat_streams()
        assert a_chat_streams()
    assert not a_chat_streams()
    assert told == ["now", "now"]
    with chat_streams():
        assert told == ["now", "now"]


@pytest.fixture
def other() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process  # type: ignore[misc]
    process.kill()
    process.communicate()


def test_a_chat_of_another_process_is_known_until_it_ends(other: subprocess.Popen[str]) -> None:
    assert other.stdin is not None
    assert other.stdout is not None
    assert a_chat_streams()
    with chat_streams():
        pass
    assert a_chat_streams()
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.stdout.readline() == "released\n"
    assert not a_chat_streams()


def test_a_process_that_dies_leaves_no_chat_behind(other: subprocess.Popen[str], runtime: Path) -> None:
    assert a_chat_streams()
    other.kill()
    other.wait()
    assert not a_chat_streams()
    assert list(runtime.iterdir()) == []


def test_where_no_file_can_be_made_this_process_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(blocked))
    with chat_streams():
        assert a_chat_streams()
    assert not a_chat_streams()
