"""How many requests of a user run at one server at once, over all processes: kernels, servers, commands.

Each that runs holds one of so many shared files. One that waits holds a file of its own meanwhile, by which
work in the background, in whichever process, knows that it has to go.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from .runtime_lock import HeldFile, is_held_elsewhere

# How often a request that waits looks, and work in the background whether somebody waits (seconds).
_LOOK_SECONDS = 0.05
_WATCH_SECONDS = 0.2


class Turn(Protocol):
    """A request that wants its turn."""

    background: bool

    @property
    def is_closed(self) -> bool:
        """Whether nobody wants it any more."""
        ...

    def close(self) -> None:
        """End it at once."""
        ...

    def queued(self) -> None:
        """It has to wait."""
        ...


class Place:
    """The place of a request that runs; `leave` gives it to the next one."""

    def __init__(self, turns: UserTurns, number: int, file: HeldFile | None) -> None:
        self._turns = turns
        self._number = number
        self._file = file
        self._over = threading.Event()

    def leave(self) -> None:
        """The request has ended."""
        self._over.set()
        if self._file is not None:
            self._turns.free(self._number, self._file)

    def watch(self, turn: Turn) -> None:
        """Close work in the background as soon as somebody waits for this place."""
        thread = threading.Thread(target=self._look, args=(turn,), name="devstral-turn", daemon=True)
        thread.start()

    def _look(self, turn: Turn) -> None:
        while not self._over.wait(_WATCH_SECONDS):
            if self._turns.is_wanted():
                turn.close()
                return


class UserTurns:
    """The places at one server, by its address; one object in a process, its methods for any thread."""

    def __init__(self, address: str) -> None:
        self._name = hashlib.sha256(address.encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        self._mine: set[int] = set()
        self._waiting: list[HeldFile] = []

    def take(self, turn: Turn, parallel: int) -> Place | None:
        """Wait for one of `parallel` places; None where the request was closed meanwhile.

        Where the runtime folder cannot be used, other processes are not known.
        """
        place = self._free_place(turn, parallel)
        if place is None:
            turn.queued()
            with self._wanted(turn):
                while place is None:
                    if turn.is_closed:
                        return None
                    time.sleep(_LOOK_SECONDS)
                    place = self._free_place(turn, parallel)
        if turn.background:
            place.watch(turn)
        return place

    def free(self, number: int, file: HeldFile) -> None:
        """A request has left its place."""
        with self._lock:
            file.release()
            self._mine.discard(number)

    def is_wanted(self) -> bool:
        """Whether a request in another process waits for a place that somebody waits for."""
        with self._lock:
            return is_held_elsewhere(self._ending, [file.path for file in self._waiting])

    @property
    def _ending(self) -> str:
        return f"-{self._name}.wanted"

    def _free_place(self, turn: Turn, parallel: int) -> Place | None:
        if turn.background and self.is_wanted():
            return None
        with self._lock:
            for number in range(parallel):
                if number in self._mine:
                    continue
                try:
                    file = HeldFile.named(f"{self._name}.{number}.turn")
                except OSError:
                    return Place(self, number, None)
                if file is not None:
                    self._mine.add(number)
                    return Place(self, number, file)
        return None

    @contextlib.contextmanager
    def _wanted(self, turn: Turn) -> Iterator[None]:
        file = None if turn.background else HeldFile.new(self._ending)
        if file is None:
            yield
            return
        with self._lock:
            self._waiting.append(file)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.remove(file)
                file.release()
