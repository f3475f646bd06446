"""Rehearsals as somebody outside the kernel asks for them: JSON in, JSON out, one copy at a time."""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable
from typing import Any

from .rehearsal import Rehearsal

_running: Rehearsal | None = None


def carry_out(ip: Any, request: str) -> str:
    """Carry out one call.

    Args:
        request: JSON of {"do": "begin", "seconds": of a step, "memory": bytes}, {"do": "run", "source": …,
            "allowed": effects}, {"do": "describe", "names": …}, {"do": "changes"} or {"do": "end"}.

    Returns {"problem": a phrase, "" for none} for "begin" and "end", else what `Rehearsal` says.
    """
    asked = json.loads(request)
    return json.dumps(_CALLS[asked.pop("do")](ip, **asked))


def _begin(ip: Any, seconds: float, memory: int) -> dict[str, Any]:
    global _running
    from ...core.model.kept_connections import kept_ports

    if _running is not None and _running.is_alive:
        return {"problem": "another run is at work in this kernel"}
    _running = Rehearsal(ip, seconds=seconds, memory=memory, own_ports=kept_ports())
    problem = _running.why_not()
    if problem:
        return {"problem": problem}
    try:
        _running.start()
    except OSError as error:
        return {"problem": f"no copy of the kernel can be made ({error.strerror})"}
    atexit.register(_running.close)
    return {"problem": ""}


def _run(ip: Any, source: str, allowed: list[str]) -> dict[str, Any]:
    if _running is None:
        return {"problem": "there is no copy of the kernel any more", "outputs": []}
    return _running.run(source, allowed).as_json()


def _describe(ip: Any, names: list[str]) -> dict[str, Any]:
    return {"found": _running.described(names) if _running is not None else []}


def _changes(ip: Any) -> dict[str, Any]:
    said: dict[str, Any] = dict(_running.changes()) if _running is not None else {"new": [], "changed": []}
    return {**said, "stale": _running is not None and _running.is_stale}


def _end(ip: Any) -> dict[str, Any]:
    global _running
    if _running is not None:
        atexit.unregister(_running.close)
        _running.close()
        _running = None
    return {"problem": ""}


_CALLS: dict[str, Callable[..., dict[str, Any]]] = {
    "begin": _begin,
    "run": _run,
    "describe": _describe,
    "changes": _changes,
    "end": _end,
}
