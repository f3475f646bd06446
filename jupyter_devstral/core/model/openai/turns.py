"""Who asks a route next: so many at once of this user, and nobody waits for work in the background.

An engine that many share serves each user's requests one by one; what nobody waits for is dropped first.
"""

from __future__ import annotations

import threading

from ..precedence.user_turns import Place, Turn, UserTurns

# How often a request that waits looks whether it was closed meanwhile (seconds).
_LOOK_SECONDS = 0.05


class Turns:
    """The requests of this process on one route, among those of others; all methods are for any thread."""

    def __init__(self, address: str) -> None:
        self._of_user = UserTurns(address)
        self._places: dict[int, Place] = {}
        self._changed = threading.Condition()
        self._running: list[tuple[Turn, int]] = []
        self._waiting: list[Turn] = []

    def enter(self, turn: Turn, parallel: int) -> bool:
        """Wait until at most `parallel` requests run with this one; False where it was closed meanwhile.

        A request of this thread is never waited for: it would wait for this one.
        """
        here = threading.get_ident()
        with self._changed:
            self._waiting.append(turn)
            try:
                if not self._may_run(turn, parallel):
                    turn.queued()
                while not self._may_run(turn, parallel):
                    if turn.is_closed:
                        return False
                    self._drop_background(turn)
                    self._changed.wait(_LOOK_SECONDS)
                is_first = all(thread != here for _, thread in self._running)
                self._running.append((turn, here))
            finally:
                self._waiting.remove(turn)
        if is_first:
            place = self._of_user.take(turn, parallel)
            if place is None:
                return False
            self._places[id(turn)] = place
        return True

    def leave(self, turn: Turn) -> None:
        """The request has ended."""
        place = self._places.pop(id(turn), None)
        if place is not None:
            place.leave()
        with self._changed:
            self._running = [pair for pair in self._running if pair[0] is not turn]
            self._changed.notify_all()

    def _may_run(self, turn: Turn, parallel: int) -> bool:
        if self._others() >= parallel:
            return False
        return not turn.background or all(other.background for other in self._waiting)

    def _others(self) -> int:
        here = threading.get_ident()
        return sum(thread != here for _, thread in self._running)

    def _drop_background(self, turn: Turn) -> None:
        if not turn.background:
            for running, _ in self._running:
                if running.background and not running.is_closed:
                    running.close()


_turns: dict[str, Turns] = {}
_lock = threading.Lock()


def turns_at(address: str) -> Turns:
    """The turns of a route's address."""
    with _lock:
        return _turns.setdefault(address, Turns(address))
