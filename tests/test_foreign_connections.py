"""The guard over the whole suite sees what leaves this machine, in this process and in those it starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.guard.sitecustomize import GUARD, is_here

# An address that is nobody's (RFC 5737).
NOBODY = "192.0.2.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", None, "0.0.0.0", b"127.0.0.1", 5])
def test_this_machine_is_not_foreign(host: object) -> None:
    assert is_here(host, {"localhost"})


@pytest.mark.parametrize("host", ["llm.example", NOBODY, "localhost.example", "10.0.0.1", b"llm.example"])
def test_others_are(host: object) -> None:
    assert not is_here(host, {"localhost"})


def test_a_connection_of_this_process_is_seen() -> None:
    with socket.socket() as probe:
        probe.settimeout(0.01)
        with pytest.raises(OSError):
            probe.connect((NOBODY, 9))
    assert NOBODY in _taken()


def test_a_connection_of_another_python_is_seen() -> None:
    code = f"import socket; s = socket.socket(); s.settimeout(0.01); s.connect(({NOBODY!r}, 9))"
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert NOBODY in _taken()


def _taken() -> str:
    """What was reported, which then is no fault of this test's."""
    report = Path(os.environ[GUARD])
    said = report.read_text(encoding="utf-8")
    report.unlink()
    return said
