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
    words = {
        State.READY: f"Ghost text: {model} is ready.",
        State.NO_MODEL: "Ghost text: no model yet.",
        State.NO_SERVER: "Ghost text: no model server answers.",
        State.NO_INSERT: f"Ghost text: {model} cannot fill in the middle. It takes a model with the "
        f"capability “insert”, such as {_INSERTS}.",
        State.WAITING: f"Ghost text: {model} waits until {chat} is loaded, so that it takes no memory from "
        "it.",
        State.NO_ROOM: f"Ghost text: off, there is no room for {model} beside {chat}.",
        State.UNAVAILABLE: "Ghost text: not available here. Choose a model of this machine for it, or switch "
        "it off.",
        State.REFUSED: "Ghost text: forbidden by a policy. Ask whoever set it, or choose a model that it "
        "allows.",
    }
    return words.get(known.state) or str(known.problem or "Ghost text: off.")


def _cost(known: Known) -> list[str]:
    need = f"{known.need / 1e9:.1f}"
    if not known.chat_bytes:
        return [f"It takes about {need} GB of memory."]
    takes = f"It takes about {need} GB of memory beside {known.chat} ({known.chat_bytes / 1e9:.1f} GB)."
    return [takes, *([_ROOMS[known.room]] if known.room in _ROOMS else [])]
