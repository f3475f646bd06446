"""The audit log: what holds, what is found out, and that many may write at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_devstral.core.errors import NotLogged
from jupyter_devstral.session.audit import chain as audit
from jupyter_devstral.session.audit.chain import append, entries, head_of, verify


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of five entries."""
    path = tmp_path / "data" / "audit.jsonl"
    for number in range(5):
        append(path, {"kind": "send", "route": "local", "number": number})
    return path


def test_a_log_that_nobody_touched_holds(log: Path) -> None:
    found = verify(log)
    assert (found.lines, found.broken) == (5, 0)
    assert found.head == head_of(log)
    assert [entry["seq"] for entry in entries(log)] == [1, 2, 3, 4, 5]
    assert os.stat(log).st_mode & 0o777 == 0o600


def test_nothing_logged_is_whole(tmp_path: Path) -> None:
    assert verify(tmp_path / "none.jsonl").broken == 0
    assert head_of(tmp_path / "none.jsonl") == ""


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b'"number":2', b'"number":9'), *lines[3:]], 4),
        (lambda lines: [*lines[:2], *lines[3:]], 3),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [*lines[:2], b"{\n", *lines[2:]], 3),
        (lambda lines: [*lines[:4], lines[4][:-5]], 5),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4),
    ],
    ids=["edited", "deleted inside", "reordered", "beginning cut", "a line put in", "half a line", "doubled"],
)
def test_what_was_changed_is_found(log: Path, change: Callable[[list[bytes]], list[bytes]], at: int) -> None:
    head = head_of(log)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(change(lines)))
    found = verify(log, head=head)
    assert found.broken == at


def test_the_last_line_edited_and_a_cut_tail_are_found_by_the_head_kept_elsewhere(log: Path) -> None:
    head = head_of(log)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:3]))
    assert verify(log).broken == 0
    assert verify(log, head=head).broken == 4
    log.write_bytes(b"".join([*lines[:4], lines[4].replace(b'"number":4', b'"number":5')]))
    assert verify(log, head=head).broken
    log.unlink()
    assert verify(log, head=head).broken


def test_many_processes_write_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    code = (
        "import sys; from pathlib import Path; from jupyter_devstral.session.audit.chain import append\n"
        "for n in range(25): append(Path(sys.argv[1]), {'kind': 'send', 'n': n})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    found = verify(path)
    assert (found.lines, found.broken) == (100, 0)


def test_a_file_that_is_full_is_put_aside_and_the_chain_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_LARGEST_BYTES", 600)
    path = tmp_path / "audit.jsonl"
    for number in range(9):
        append(path, {"kind": "send", "number": number})
    old = sorted(tmp_path.glob("audit.jsonl.*"))
    assert old
    assert verify(path).broken == 0
    assert all(verify(one).broken == 0 for one in old)
    newest = max(old, key=lambda one: int(one.suffix[1:]))
    assert next(entries(path))["prev"] == head_of(newest)
    numbers = [entry["number"] for one in (*sorted(old), path) for entry in entries(one)]
    assert numbers == list(range(9))


def test_a_long_entry_is_followed_like_any_other(log: Path) -> None:
    append(log, {"kind": "send", "pieces": ["x" * 20_000]})
    append(log, {"kind": "send"})
    assert verify(log).broken == 0


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotLogged, match="nothing was sent"):
        append(tmp_path / "file" / "audit.jsonl", {"kind": "send"})


def test_a_line_is_plain_ascii_json(log: Path) -> None:
    append(log, {"kind": "send", "notebook": "données\n\u2028.ipynb"})
    last = log.read_bytes().splitlines()[-1]
    assert last.isascii()
    assert json.loads(last)["notebook"] == "données\n\u2028.ipynb"
