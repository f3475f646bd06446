"""The routes as a page may choose among them, by name and never by address, and the choice for each notebook.

A choice is kept in the user's own data folder and never in the notebook: whoever opens a foreign one has
chosen nothing.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError
from ..core.settings.policy import LOCAL
from ..core.whole_file import write_private
from ..session.route_facts import RouteFacts, route_facts
from .notebooks import notebook_key

if TYPE_CHECKING:
    from .session import ServerSession

_MOST = 1000
_lock = threading.Lock()


class ChosenRoutes:
    """The choices of one server root; blocking, for a thread."""

    def __init__(self, file: Path, root: str) -> None:
        self._file = file
        self._root = root

    def read(self, path: str) -> str:
        """The route of a notebook; "local" where none was chosen."""
        return self._all().get(self._key(path), LOCAL)

    def write(self, path: str, route: str) -> None:
        """Keep a choice."""
        with _lock:
            chosen = self._all()
            chosen.pop(self._key(path), None)
            if route != LOCAL:
                chosen[self._key(path)] = route
            self._store(chosen)

    def rename(self, path: str, new_path: str) -> None:
        """A choice goes where its notebook went; what was chosen for another of that name is forgotten."""
        with _lock:
            chosen = self._all()
            route = chosen.pop(self._key(path), "")
            forgotten = chosen.pop(self._key(new_path), "")
            if route:
                chosen[self._key(new_path)] = route
            if route or forgotten:
                self._store(chosen)

    def _all(self) -> dict[str, str]:
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        pairs = stored.items() if isinstance(stored, dict) else ()
        return {key: route for key, route in pairs if isinstance(route, str)}

    def _store(self, chosen: dict[str, str]) -> None:
        # The oldest choices come first.
        write_private(self._file, json.dumps(dict(list(chosen.items())[-_MOST:])))

    def _key(self, path: str) -> str:
        return notebook_key(self._root, path)


def routes_record(session: ServerSession, chosen: ChosenRoutes, path: str) -> dict[str, Any]:
    """The record of `GET routes`: all routes, and the one of this notebook."""
    facts = route_facts(session.config)
    names = {each.name for each in facts if not each.problem}
    name = chosen.read(path)
    # One that is no longer there, or that a policy forbids by now, leads back here, and is shown as that.
    return {"routes": [_record(each) for each in facts], "chosen": name if name in names else LOCAL}


def choose(session: ServerSession, chosen: ChosenRoutes, path: str, name: str) -> None:
    """Keep the choice for a notebook; UsageError where that route cannot be taken."""
    facts = next((each for each in route_facts(session.config) if each.name == name), None)
    if facts is None:
        raise UsageError(f"There is no route {name!r}.")
    if facts.problem and name != LOCAL:
        raise UsageError(facts.problem)
    chosen.write(path, name)


def _record(facts: RouteFacts) -> dict[str, Any]:
    return {
        "name": facts.name,
        "place": facts.place,
        "model": facts.model,
        "sends": list(facts.sends),
        "keeps": list(facts.keeps),
        "problem": facts.problem,
    }
