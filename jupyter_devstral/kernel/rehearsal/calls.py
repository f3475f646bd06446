"""Rehearsals as somebody outside the kernel asks for them: JSON in, JSON out, one copy at a time."""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable
from typing import Any

from ..copy.forked import no_copy
from .meanwhile import Since
from .rehearsal import Rehearsal

# Of what the user did meanwhile: names, and characters of a cell.
_MOST, _LONGEST = 50, 20_000
# Of runs that are remembered behind the end of their copies, the latest.
_REMEMBERED = 8

_running: Rehearsal | None = None
# Who began it; the step that was begun last, and what became of that.
_run_id = ""
_number = 0
_outcome: dict[str, Any] | None = None
# When the last copy of each run was made, by the run's id without the number of the copy.
_since: dict[str, Since] = {}


def carry_out(ip: Any, request: str) -> str:
    """Carry out one call.

    Args:
        request: JSON of {"do": "begin", "seconds": of a step, "memory": bytes}, {"do": "run", "source": …,
            "allowed": effects}, {"do": "describe", "names": …}, {"do": "changes"} or {"do": "end"}. With
            "begin" a "run" may stand, an id and the number of the copy, "id:1": then a copy that another such
            run has left behind is ended, and "step" and "meanwhile" work.
            {"do": "step", "run": id, "number": …, "source": …, "allowed": …, "seconds": …} is for who must
            not keep the kernel: it begins the cell of this number once, however often it is called, and says
            {"running": true} where it has not ended after these seconds.
            {"do": "meanwhile", "run": id without the number} says which cells "ran" since the last copy was
            made, as source and id, and which variables have "moved"; also when there is no copy any more.

    Returns {"problem": a phrase, "" for none} for "begin" and "end", {"lost": true} for a run
    that has or had no copy here, else what `Rehearsal` says.
    """
    asked = json.loads(request)
    return json.dumps(_CALLS[asked.pop("do")](ip, **asked))


def _begin(ip: Any, seconds: float, memory: int, run: str = "") -> dict[str, Any]:
    global _running, _run_id, _number, _outcome
    from ...core.model.kept_connections import kept_ports

    if _running is not None and _running.is_alive:
        if not (run and _run_id):
            return {"problem": "another run is at work in this kernel"}
        if run == _run_id:
            # Asked twice, because a cell kept the first answer waiting.
            return {"problem": ""}
        _end(ip)
    _running = Rehearsal(ip, seconds=seconds, memory=memory, own_ports=kept_ports())
    _run_id, _number, _outcome = run, 0, None
    problem = _running.why_not()
    if problem:
        return {"problem": problem}
    try:
        _running.start()
    except OSError as error:
        return {"problem": no_copy(error)}
    atexit.register(_running.close)
    if run:
        _remember(ip, run.rpartition(":")[0], _running)
    return {"problem": ""}


def _step(ip: Any, run: str, number: int, source: str, allowed: list[str], seconds: float) -> dict[str, Any]:
    global _number, _outcome
    if _running is None or run != _run_id:
        return {"lost": True}
    if number != _number:
        _number, _outcome = number, None
        _running.begin(source, allowed)
    if _outcome is None:
        step = _running.outcome(seconds)
        _outcome = step.as_json() if step is not None else None
    return _outcome if _outcome is not None else {"running": True}


def _run(ip: Any, source: str, allowed: list[str]) -> dict[str, Any]:
    if _running is None:
        return {"problem": "there is no copy of the kernel any more", "outputs": []}
    return _running.run(source, allowed).as_json()


def _describe(ip: Any, names: list[str]) -> dict[str, Any]:
    return {"found": _running.described(names) if _running is not None else []}


def _changes(ip: Any) -> dict[str, Any]:
    if _running is None:
        return {"new": [], "changed": []}
    return {**_running.changes()}


def _remember(ip: Any, run: str, rehearsal: Rehearsal) -> None:
    for other in [run, *list(_since)[: 1 - _REMEMBERED]]:
        if other in _since:
            _since.pop(other).close()
    _since[run] = Since(ip, rehearsal.facts(), rehearsal.why_not)


def _meanwhile(ip: Any, run: str) -> dict[str, Any]:
    if run not in _since:
        return {"lost": True}
    found = _since[run].meanwhile()
    ran = [[cell.source[:_LONGEST], cell.id] for cell in found.ran]
    return {"ran": ran, "moved": list(found.variables[:_MOST])}


def _end(ip: Any, run: str = "") -> dict[str, Any]:
    global _running
    if _running is not None and run in ("", _run_id):
        atexit.unregister(_running.close)
        _running.close()
        _running = None
    return {"problem": ""}


_CALLS: dict[str, Callable[..., dict[str, Any]]] = {
    "begin": _begin,
    "run": _run,
    "step": _step,
    "describe": _describe,
    "changes": _changes,
    "meanwhile": _meanwhile,
    "end": _end,
}
