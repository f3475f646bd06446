"""`jupyter devstral audit`: what was logged, whether it holds, and the hash to keep elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_devstral.session.audit.chain import append, head_of
from tests.cli.conftest import Cli


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    for number in range(5):
        append(path, {"kind": "send", "route": f"r{number}"})
    return path


def test_nothing_logged_is_whole(cli: Cli, tmp_path: Path) -> None:
    ended = cli("audit", "verify", str(tmp_path / "none.jsonl"))
    assert ended.code == 0
    assert "Nothing is logged" in ended.text
    assert cli("audit", "tail", str(tmp_path / "none.jsonl")).code == 0
    assert cli("audit", "head", str(tmp_path / "none.jsonl")).text == "\n"


def test_a_whole_log_holds(cli: Cli, log: Path) -> None:
    ended = cli("audit", "verify", str(log))
    assert ended.code == 0
    assert head_of(log) in ended.text
    assert cli("audit", "head", str(log)).text.strip() == head_of(log)
    assert cli("audit", "tail", "-n", "2", str(log)).text.count("\n") == 2


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [*lines[:2], lines[2].replace("r2", "rx"), *lines[3:]], 4),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines[:4], "no json\n", lines[4]], 5),
    ],
)
def test_what_was_changed_is_found_with_its_line(cli: Cli, log: Path, change: object, line: int) -> None:
    log.write_text("".join(change(log.read_text().splitlines(keepends=True))))  # type: ignore[operator]
    ended = cli("audit", "verify", str(log))
    assert ended.code == 1
    assert f"line {line} " in ended.text


def test_a_cut_tail_is_found_by_the_hash_that_was_kept(cli: Cli, log: Path) -> None:
    head = head_of(log)
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:3]))
    assert cli("audit", "verify", str(log)).code == 0
    ended = cli("audit", "verify", str(log), "--head", head)
    assert ended.code == 1
    assert "line 4 " in ended.text


def test_a_file_that_does_not_follow_what_was_put_aside_does_not_hold(cli: Cli, log: Path) -> None:
    first = head_of(log)
    log.rename(log.with_name("audit.jsonl.1"))
    entry = log.with_name("audit.jsonl.1").read_bytes().splitlines(keepends=True)
    # The next file goes on from the last line of the one before it.
    log.write_bytes(b"")
    append(log, {"kind": "send"})
    assert cli("audit", "verify", str(log)).code == 1
    log.unlink()
    log.with_name("audit.jsonl.1").rename(log)
    assert cli("audit", "verify", str(log), "--head", first).code == 0
    assert len(entry) == 5
