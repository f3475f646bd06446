"""What must be known of the completion model before it is asked: is it there, can it insert, is there room.

Looked up once and kept until somebody says that something changed; while something is missing it is looked up
again from time to time, so that no keystroke meets a server that has nothing to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from ...core.completion.asking import WINDOW
from ...core.completion.families import SIZES, Inserting, inserting
from ...core.completion.room import Memory, Resident, Room, needed_bytes, room_for
from ...core.errors import (
    DevstralError,
    ModelError,
    ModelMissing,
    NoServer,
    NotSent,
    PolicyRefused,
    RemoteRefused,
    ServerTooOld,
    UsageError,
)
from ...core.model.completion import unloading
from ...core.model.server import Wishes
from ...core.settings.hosts import is_loopback
from ..model_choice import is_stand_in, model_server
from ..permitted_completion import PermittedCompletingServer
from .free_memory import free_memory

if TYPE_CHECKING:
    from ...core.model.server import ModelInfo, RunningModel
    from ...core.settings.config import DevstralConfig

_PATIENCE_SECONDS = 3
_LOOK_AGAIN_SECONDS = 5.0


class State(str, Enum):
    """What keeps suggestions from coming; READY is nothing.

    UNAVAILABLE is a server that cannot, or must not unasked, be sent cursors; REFUSED is a policy's no.
    """

    READY = "ready"
    NO_SERVER = "no-server"
    NO_MODEL = "no-model"
    NO_INSERT = "no-insert"
    WAITING = "waiting"
    NO_ROOM = "no-room"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Known:
    """What was found.

    Attributes:
        problem: the error that state NO_SERVER, NO_MODEL, UNAVAILABLE, REFUSED or TROUBLE stands for.
        need: bytes that the model takes when it is loaded, 0 where nothing tells.
        chat: the chat model's name, `chat_bytes` its size in memory, 0 while it is not loaded.
        on_cpu: the model is kept off the graphics card.
        window: tokens; the window of the model as it is loaded already, where that is enough.
    """

    state: State
    model: str
    inserting: Inserting | None = None
    window: int = WINDOW
    on_cpu: bool = False
    need: int = 0
    chat: str = ""
    chat_bytes: int = 0
    room: Room = Room.ANYWHERE
    problem: DevstralError | None = None


class CompletionModel:
    """One completion model of one server, beside one chat model; methods may wait for the server."""

    def __init__(
        self,
        model: PermittedCompletingServer,
        config: DevstralConfig,
        *,
        chat: str = "",
        memory: Callable[[], Memory] = free_memory,
    ) -> None:
        self.model = model
        self.config = config
        self._chat = chat or config.model
        self._memory = memory
        self._is_local = is_loopback(model.host)
        self._known: Known | None = None
        self._looked_at = 0.0
        self._is_off_card = False
        self._was_evicted = False
        self._has_answered = False

    def forget(self) -> None:
        """Look again next time: a model was pulled, or loaded, or another one chosen."""
        self._known = None

    @property
    def last(self) -> Known | None:
        """What was found the last time; None before the first."""
        return self._known

    def known(self) -> Known:
        """What keeps suggestions from coming; looked up where it is unknown or may have changed."""
        known = self._known
        is_old = time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS
        # A policy is looked at first, and without the server.
        if known is None or known.state is State.REFUSED or (known.state is not State.READY and is_old):
            known = self._known = self._looked_up()
            self._looked_at = time.monotonic()
        return known

    def pushed_chat_out(self) -> bool:
        """Whether the first answer has cost the chat model its place; the completion model then goes too.

        From then on it runs on the processor; where it did already, it is off.
        """
        known = self._known
        if known is None or not known.chat_bytes or self._has_answered:
            return False
        self._has_answered = True
        try:
            running = self.model.running(timeout=_PATIENCE_SECONDS)
        except ModelError:
            return False
        if self.model.loaded_as(running, (), self._chat) is not None:
            return False
        self._was_evicted = self._is_off_card
        self._is_off_card = True
        self._has_answered = False
        self.forget()
        self._unload()
        return True

    def _unload(self) -> None:
        with suppress(ModelError):
            for _ in self.model.completion(unloading(self.model.name)).chunks():
                pass

    def failed(self, error: DevstralError) -> None:
        """Remember what a request met, so that the next keystroke does not meet it too."""
        self._known = Known(state_of(error), self.model.name, chat=self._chat, problem=error)
        self._looked_at = time.monotonic()

    def _looked_up(self) -> Known:
        try:
            return self._look()
        except DevstralError as error:
            return Known(state_of(error), self.model.name, chat=self._chat, problem=error)

    def _look(self) -> Known:
        self.model.permit_completion()
        tags = self.model.models(timeout=_PATIENCE_SECONDS)
        info = self.model.named(tags)
        if info is None:
            return self._if_it_were_there(tags)
        show = self.model.show(timeout=_PATIENCE_SECONDS)
        running = self.model.running(timeout=_PATIENCE_SECONDS)
        how = inserting(self.model.name, show)
        known = Known(State.READY, self.model.name, inserting=how, chat=self._chat)
        if how is None:
            return replace(known, state=State.NO_INSERT)
        return self._beside(known, info, show, running, tags)

    def _if_it_were_there(self, tags: list[ModelInfo]) -> Known:
        """What a model that can be pulled would cost."""
        known = Known(State.NO_MODEL, self.model.name, chat=self._chat)
        if not self.model.can_pull:
            return replace(known, state=State.UNAVAILABLE)
        size, cache = SIZES.get(self.model.name, (0, 0))
        if not size:
            return known
        chat = self.model.loaded_as(self.model.running(timeout=_PATIENCE_SECONDS), tags, self._chat)
        need = needed_bytes(size, cache, WINDOW)
        return replace(known, need=need, chat_bytes=chat.size if chat else 0, room=self._room(need, chat))

    def _room(self, need: int, chat: RunningModel | None) -> Room:
        resident = Resident(chat.size, chat.size_vram) if chat else None
        return room_for(need, resident, self._memory() if self._is_local else Memory())

    def _beside(
        self, known: Known, info: ModelInfo, show: Any, running: list[RunningModel], tags: list[ModelInfo]
    ) -> Known:
        """The same with what stands beside it in memory."""
        from ...core.model.ollama.facts import cache_bytes_per_token

        own, chat = self.model.loaded_as(running, tags), self.model.loaded_as(running, tags, self._chat)
        need = needed_bytes(info.size, cache_bytes_per_token(show), WINDOW)
        known = replace(known, need=need, chat_bytes=chat.size if chat else 0)
        if self.model.named(tags, self._chat) is info:
            # One model for both: its window is the chat's, and its place too.
            return replace(known, window=own.context_length if own else self.model.asked_window.tokens)
        if own is not None:
            # It is loaded: anything but the same again would load it anew.
            on_cpu = own.size_vram == 0 and bool(chat and chat.size_vram)
            window = own.context_length if own.context_length >= WINDOW else WINDOW
            return replace(known, window=window, on_cpu=on_cpu, room=Room.CPU if on_cpu else Room.ANYWHERE)
        room = self._room(need, chat)
        known = replace(known, room=room, on_cpu=room is Room.CPU or self._is_off_card)
        if chat is None and self.model.named(tags, self._chat) is not None:
            return replace(known, state=State.WAITING)
        if room is Room.NONE or self._was_evicted:
            return replace(known, state=State.NO_ROOM, room=Room.NONE)
        return known


def completion_model(config: DevstralConfig, name: str = "", *, start: bool = True) -> CompletionModel:
    """The completion model that the settings choose, or the one named, on the server of the chat model.

    Raises ConfigurationError as `model_server` does, and UsageError for a server that cannot complete.
    """
    own = name or (None if is_stand_in(config) else config.completion_model)
    server = model_server(config, Wishes(model=own), start=start)
    if not isinstance(server, PermittedCompletingServer):
        raise UsageError(
            f"{server.kind} cannot be asked for suggestions at the cursor.",
            'Choose Ollama (`DevstralConfig.engine = "ollama"`), or switch them off.',
        )
    return CompletionModel(server, config, chat=model_server(config, start=False).name)


def state_of(error: DevstralError) -> State:
    """The state that an error means."""
    return next((state for kinds, state in _STATES if isinstance(error, kinds)), State.TROUBLE)


_STATES: tuple[tuple[tuple[type[DevstralError], ...], State], ...] = (
    ((NoServer,), State.NO_SERVER),
    ((ModelMissing,), State.NO_MODEL),
    ((PolicyRefused,), State.REFUSED),
    ((NotSent, RemoteRefused, ServerTooOld, UsageError), State.UNAVAILABLE),
)
