"""One request of a user at a time over all processes; work in the background goes first of all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_devstral.core.model.precedence.user_turns import Place, UserTurns
from tests.support.waiting import eventually

ADDRESS = "http://llm.example/v1"
# Takes a place, says so, and keeps it until it is told to go, or closed; then says which.
HOLD = """
import sys, threading
from jupyter_devstral.core.model.precedence.user_turns import UserTurns
class Turn:
    background = sys.argv[2] == "background"
    is_closed = False
    def queued(self):
        print("queued", flush=True)
    def close(self):
        self.is_closed = True
        print("closed", flush=True)
turn = Turn()
place = UserTurns(sys.argv[1]).take(turn, int(sys.argv[3]))
print("held", flush=True)
sys.stdin.readline()
place.leave()
print("left", flush=True)
"""


class Turn:
    def __init__(self, *, background: bool = False) -> None:
        self.background = background
        self.is_closed = False
        self.was_queued = threading.Event()

    def close(self) -> None:
        self.is_closed = True

    def queued(self) -> None:
        self.was_queued.set()


class Taking:
    """A thread that waits for a place."""

    def __init__(self, turn: Turn, parallel: int = 1, turns: UserTurns | None = None) -> None:
        self.turn = turn
        # Those of one server are one object in a process.
        self._turns = turns or UserTurns(ADDRESS)
        self.place: Place | None = None
        self._thread = threading.Thread(target=self._take, args=(parallel,), daemon=True)
        self._thread.start()

    def _take(self, parallel: int) -> None:
        self.place = self._turns.take(self.turn, parallel)

    def end(self) -> Place | None:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.place


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "jupyter_devstral"


@contextmanager
def holding(kind: str = "asked", parallel: int = 1) -> Iterator[subprocess.Popen[str]]:
    """Another process, which begins with a request of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, ADDRESS, kind, str(parallel)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_request_waits_for_that_of_another_process_and_says_so() -> None:
    with holding() as other:
        assert said(other) == "held"
        taking = Taking(Turn())
        assert taking.turn.was_queued.wait(30)
        assert taking.place is None
        end(other)
        place = taking.end()
        assert place is not None
        place.leave()


def test_as_many_as_the_route_allows_run_at_once(runtime: Path) -> None:
    with holding(parallel=2) as other:
        assert said(other) == "held"
        turns = UserTurns(ADDRESS)
        first = turns.take(Turn(), 2)
        third = Taking(Turn(), 2, turns)
        assert third.turn.was_queued.wait(30)
        assert first is not None
        first.leave()
        place = third.end()
        assert place is not None
        place.leave()
    # Another server is another matter.
    with holding() as other:
        assert said(other) == "held"
        elsewhere = UserTurns("http://other.example/v1").take(Turn(), 1)
        assert elsewhere is not None
        elsewhere.leave()


def test_background_work_of_another_process_is_dropped() -> None:
    with holding("background") as other:
        assert said(other) == "held"
        taking = Taking(Turn())
        assert said(other) == "closed"
        end(other)
        place = taking.end()
        assert place is not None
        place.leave()


def test_background_work_does_not_begin_while_somebody_waits() -> None:
    with holding() as running, holding() as waiting:
        lines = {said(running), said(waiting)}
        assert lines == {"held", "queued"}
        background = Taking(Turn(background=True))
        assert background.turn.was_queued.wait(30)
        background.turn.close()
        assert background.end() is None


def test_work_in_the_background_is_not_dropped_for_more_of_it() -> None:
    mine = Turn(background=True)
    place = UserTurns(ADDRESS).take(mine, 1)
    assert place is not None
    with holding("background") as other:
        assert said(other) == "queued"
        assert not mine.is_closed
        place.leave()
        assert said(other) == "held"


def test_the_place_of_a_process_that_dies_is_free() -> None:
    with holding() as other:
        assert said(other) == "held"
        other.kill()
        other.wait(30)
        place = UserTurns(ADDRESS).take(Turn(), 1)
        assert place is not None
        place.leave()


def test_a_request_that_waits_can_be_closed_and_leaves_nothing_behind(runtime: Path) -> None:
    with holding() as other:
        assert said(other) == "held"
        taking = Taking(Turn())
        assert taking.turn.was_queued.wait(30)
        assert eventually(lambda: any(one.suffix == ".wanted" for one in runtime.iterdir()))
        taking.turn.close()
        assert taking.end() is None
        assert not any(one.suffix == ".wanted" for one in runtime.iterdir())


def test_a_copy_of_the_process_holds_nothing() -> None:
    place = UserTurns(ADDRESS).take(Turn(), 1)
    assert place is not None
    reads, writes = os.pipe()
    copy = os.fork()
    if copy == 0:
        os.read(reads, 1)
        os._exit(0)
    place.leave()
    again = UserTurns(ADDRESS).take(Turn(), 1)
    assert again is not None
    again.leave()
    os.write(writes, b"x")
    os.waitpid(copy, 0)
    os.close(reads)
    os.close(writes)


def test_without_a_folder_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "file"))
    places = [UserTurns(ADDRESS).take(Turn(), 1) for _ in range(2)]
    for place in places:
        assert place is not None
        place.leave()
