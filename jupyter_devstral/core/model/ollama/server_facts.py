"""Facts to know of a model before a prompt is sent: whether it is local and loaded, and its window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import ModelError, RequestRefused
from ..server import ModelInfo, RunningModel
from .facts import model_in_show, models_in_ps, models_in_tags, running_as

if TYPE_CHECKING:
    from .connection import Connection

# Ollama holds /api/ps back while it opens a model's file and looks at the GPUs.
_PATIENCE_SECONDS = 30.0

# A model does not change what it was trained for, nor where it runs, while a notebook is open.
_shown: dict[tuple[str, str], ModelInfo] = {}


@dataclass(frozen=True)
class ServerFacts:
    """`loaded`: the running model's window in tokens, 0 = not running; `remote_host`: "" = runs there."""

    loaded: int
    remote_host: str


def server_facts(connection: Connection, model: str) -> ServerFacts:
    """One `/api/ps`; and `/api/show` when the model does not run and is not known. Raises ModelError."""
    found = running_model(connection, model, timeout=_PATIENCE_SECONDS)
    if found is not None:
        # Only models that run on the server itself are listed by /api/ps.
        return ServerFacts(found.context_length, "")
    return ServerFacts(0, shown_model(connection, model).remote_host)


def running_model(connection: Connection, model: str, *, timeout: float) -> RunningModel | None:
    """The loaded model of that name, None while it is not (or not yet) loaded. Raises ModelError."""
    running = models_in_ps(connection.json("GET", "/api/ps", model=model, timeout=timeout))
    found = running_as(model, running)
    if found is not None or not running:
        return found
    try:
        tags = models_in_tags(connection.json("GET", "/api/tags", model=model, timeout=timeout))
    except RequestRefused:
        return None
    return running_as(model, running, tags)


def can_think(connection: Connection, model: str) -> bool:
    """Whether the server says that the model can think; asked once per process."""
    try:
        return "thinking" in shown_model(connection, model).capabilities
    except ModelError:
        # The question itself is about to fail, with better words.
        return False


def known_parameters(host: str, model: str) -> int:
    """How many parameters `/api/show` said that the model has; 0 where it was not asked, or did not say."""
    shown = _shown.get((host, model))
    return shown.parameters if shown is not None else 0


def forget(host: str, model: str = "") -> None:
    """Look the model up again next time: it may have been pulled, replaced or removed.

    Without a `model` all those of the host are forgotten: another server may answer there by now.
    """
    for key in [key for key in _shown if key[0] == host and model in ("", key[1])]:
        _shown.pop(key, None)


def shown_model(connection: Connection, model: str) -> ModelInfo:
    """Ask what `/api/show` says of the model, once per process. Raises ModelError."""
    key = (connection.host, model)
    if key not in _shown:
        body = connection.json("POST", "/api/show", {"model": model}, model=model)
        _shown[key] = model_in_show(model, body)
    return _shown[key]
