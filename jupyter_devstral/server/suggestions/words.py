"""What keeps suggestions from coming, and what their model costs, in sentences for the user."""

from __future__ import annotations

from ...core.completion.room import Room
from ...session.suggestions.completion_model import Known, State

_INSERTS = "qwen2.5-coder:1.5b-base"
_ROOMS = {
    Room.ANYWHERE: "There is room for both.",
    Room.CPU: "The graphics card has no room that is known of, so it runs on the processor, more slowly.",
    Room.NONE: "There is no room for both, so it stays off while the chat model is loaded.",
}


def words_of(known: Known) -> list[str]:
    """The sentences of a page about the model, the state first."""
    told = [_state(known)]
    if known.problem and known.state is not State.TROUBLE:
        told.append(str(known.problem))
    if known.need:
        told += _cost(known)
    return told


def _state(known: Known) -> str:
    model, chat = known.model, known.chat
    if known.state is State.READY:
        return f"Ghost text: {model} is ready."
    if known.state is State.NO_MODEL:
        return "Ghost text: no model yet."
    if known.state is State.NO_SERVER:
        return "Ghost text: no model server answers."
    if known.state is State.NO_INSERT:
        return (
            f"Ghost text: {model} cannot fill in the middle. It takes a model with the capability “insert”, "
            f"such as {_INSERTS}."
        )
    if known.state is State.WAITING:
        return f"Ghost text: {model} waits until {chat} is loaded, so that it takes no memory from it."
    if known.state is State.NO_ROOM:
        return f"Ghost text: off, there is no room for {model} beside {chat}."
    if known.state is State.UNAVAILABLE:
        return "Ghost text: not available here. Choose a model of this machine for it, or switch it off."
    if known.state is State.REFUSED:
        return "Ghost text: forbidden by a policy. Ask whoever set it, or choose a model that it allows."
    return str(known.problem or "Ghost text: off.")


def _cost(known: Known) -> list[str]:
    need = f"{known.need / 1e9:.1f}"
    if not known.chat_bytes:
        return [f"It takes about {need} GB of memory."]
    takes = f"It takes about {need} GB of memory beside {known.chat} ({known.chat_bytes / 1e9:.1f} GB)."
    return [takes, *([_ROOMS[known.room]] if known.room in _ROOMS else [])]
