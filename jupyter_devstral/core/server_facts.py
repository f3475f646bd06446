"""What must be known of a model before a prompt is sent: is it local, is it loaded, with which window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import RequestRefused
from .model_facts import RunningModel, full_name, model_in_show, models_in_ps, models_in_tags

if TYPE_CHECKING:
    from .transport import Connection

# A model does not change what it was trained for, nor where it runs, while a notebook is open.
_shown: dict[tuple[str, str], tuple[int | None, str]] = {}


@dataclass(frozen=True)
class ServerFacts:
    """`loaded`: the running model's window in tokens, 0 = not running; `remote_host`: "" = runs there."""

    loaded: int
    remote_host: str


def server_facts(connection: Connection, model: str) -> ServerFacts:
    """One `/api/ps`; and `/api/show` when the model does not run and is not known. Raises ModelError."""
    running = models_in_ps(connection.json("GET", "/api/ps", model=model))
    found = _running_model(connection, model, running)
    if found is not None:
        # Only models that run on the server itself are listed by /api/ps.
        return ServerFacts(found.context_length, "")
    return ServerFacts(0, _shown_model(connection, model)[1])


def trained_window(connection: Connection, model: str) -> int | None:
    """The tokens the model was trained for, asked once per process; None where the server does not say."""
    return _shown_model(connection, model)[0]


def forget(host: str, model: str) -> None:
    """Look the model up again next time: it may have been pulled, replaced or removed."""
    _shown.pop((host, model), None)


def _shown_model(connection: Connection, model: str) -> tuple[int | None, str]:
    key = (connection.host, model)
    if key not in _shown:
        info = model_in_show(model, connection.json("POST", "/api/show", {"model": model}, model=model))
        _shown[key] = (info.context_length, info.remote_host)
    return _shown[key]


def _running_model(connection: Connection, model: str, running: list[RunningModel]) -> RunningModel | None:
    for entry in running:
        if full_name(entry.name) == full_name(model):
            return entry
    if not running:
        return None
    # Names of the same model share one runner, which /api/ps lists under the name that loaded it.
    try:
        tags = models_in_tags(connection.json("GET", "/api/tags", model=model))
    except RequestRefused:
        return None
    digests = {info.digest for info in tags if full_name(info.name) == full_name(model) and info.digest}
    return next((entry for entry in running if entry.digest in digests), None)
