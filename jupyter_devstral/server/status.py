"""The state of daemon and model as the sidebar shows it: plain sentences, and what the user can do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..core.errors import ConfigurationError, DevstralError, ModelError, ModelMissing, NoServer
from ..core.model.precedence.right_of_way import a_chat_streams
from ..core.model.server import ModelInfo, ModelServer, RunningModel, Wishes
from ..core.settings.hosts import is_loopback
from ..core.settings.policy import LOCAL
from .question import PROTOCOL

if TYPE_CHECKING:
    from .session import ServerSession

_PATIENCE_SECONDS = 3
READY, NO_SERVER, NO_MODEL, REFUSED, TROUBLE = "ready", "no-server", "no-model", "refused", "trouble"


def state_of(error: DevstralError) -> str:
    """The state that an error means."""
    for kind, state in ((NoServer, NO_SERVER), (ModelMissing, NO_MODEL), (ConfigurationError, REFUSED)):
        if isinstance(error, kind):
            return state
    return TROUBLE


def status(session: ServerSession, name: str | None, route: str = LOCAL) -> dict[str, Any]:
    """The record of `GET status`; asks the model server, and never raises a DevstralError."""
    record: dict[str, Any] = {
        "protocol": PROTOCOL,
        "state": TROUBLE,
        "engine": session.config.engine,
        "host": session.config.host,
        "is_local": is_loopback(session.config.host),
        "model": name or session.config.model,
        "text": "",
        "next_step": "",
        "can_pull": False,
        "is_busy": a_chat_streams(),
        "window": 0,
        "window_source": "default",
        "capabilities": [],
        "models": [],
    }
    try:
        record.update(_place(session, name, route))
        _look(session.model(Wishes(model=name, route=route)), record)
    except DevstralError as error:
        record["state"] = state_of(error)
        record["text"], record["next_step"] = error.problem, error.next_step
    return record


def _place(session: ServerSession, name: str | None, route: str) -> dict[str, Any]:
    """Where the route ends, also where nothing answers there."""
    if route == LOCAL:
        return {}
    model = session.model(Wishes(model=name, route=route))
    return {"host": model.host, "is_local": not model.remote_place, "model": model.name}


def _look(model: ModelServer, record: dict[str, Any]) -> None:
    record.update(host=model.host, is_local=is_loopback(model.host), model=model.name)
    infos = model.models(timeout=_PATIENCE_SECONDS)
    running = _or_nothing(lambda: model.running(timeout=_PATIENCE_SECONDS))
    record["models"] = [_model_record(model, info, running, infos) for info in infos]
    found = model.named(infos)
    if found is None:
        record["state"], record["can_pull"] = NO_MODEL, model.can_pull
        record["text"] = f"{model.kind} is running, but it does not have the model {model.name} yet."
        others = " or choose one of the models that are there" if infos else ""
        record["next_step"] = f"Pull it here{others}."
        return
    window = model.window()
    record["window"], record["window_source"] = window.tokens, window.source
    facts = model.details(timeout=_PATIENCE_SECONDS)
    record["capabilities"] = sorted({*found.capabilities, *facts.capabilities})
    record["state"] = READY
    place = "on this machine" if not model.remote_place else f"at {model.remote_place}: not on this machine"
    loaded = "loaded" if window.source == "loaded" else "it will be loaded with the first question"
    record["text"] = f"{model.name} is ready, {place} ({loaded})."


def _model_record(
    model: ModelServer, info: ModelInfo, running: list[RunningModel], infos: list[ModelInfo]
) -> dict[str, Any]:
    loaded = model.loaded_as(running, infos, info.name)
    return {
        "name": info.name,
        "size_bytes": info.size,
        "window": loaded.context_length if loaded else info.context_length,
        "is_loaded": loaded is not None,
        "is_remote": info.remote,
    }


def _or_nothing(ask: Callable[[], list[RunningModel]]) -> list[RunningModel]:
    """What is loaded is good to know, not needed."""
    try:
        return ask()
    except ModelError:
        return []
