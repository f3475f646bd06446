"""What earlier exchanges held, so that one with outputs in it is not replayed where no outputs may go."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from ..core.notebook.cells import Turn
from ..core.request.allowance import EVERYTHING
from ..core.settings.policy import Sendable

_MOST = 2000


class HeldTurns:
    """The exchanges of one session, by a hash; one that is not known, as from a file, may hold anything."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[str, frozenset[Sendable]] = OrderedDict()

    def remember(self, turn: Turn, kinds: frozenset[Sendable] | None) -> None:
        """Note what may be in an exchange; None for everything."""
        self._kinds[_key(turn)] = EVERYTHING if kinds is None else kinds
        while len(self._kinds) > _MOST:
            self._kinds.popitem(last=False)

    def allows(self, turn: Turn, kinds: frozenset[Sendable]) -> bool:
        """Whether an exchange may be replayed where only these kinds may go."""
        return self._kinds.get(_key(turn), EVERYTHING) <= kinds


def _key(turn: Turn) -> str:
    said = f"{turn.user_text.strip()}\0{turn.reply.strip()}"
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()
