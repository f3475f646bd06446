"""Whether a completion model fits beside the chat model, which it must never push out of memory.

Ollama makes room for a model by unloading an idle one. With `num_gpu: 0` it looks at no graphics card, and
what is on the card stays there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..text.amounts import size_text

# Buffers of the runner beside weights and cache.
_OVERHEAD = 300_000_000
_SAFE = 1.15


class Room(str, Enum):
    """Where the completion model may be loaded."""

    ANYWHERE = "anywhere"
    CPU = "cpu"
    NONE = "none"


@dataclass(frozen=True)
class Memory:
    """Free bytes of this machine's memory and of its graphics card; None where nothing tells."""

    main: int | None = None
    card: int | None = None


@dataclass(frozen=True)
class Resident:
    """A loaded model: its bytes, and how many of them are on a graphics card."""

    size: int
    on_card: int


def needed_bytes(size: int, cache_bytes_per_token: int, window: int) -> int:
    """What a model of `size` bytes on disk takes when it is loaded with this window."""
    return size + cache_bytes_per_token * window + _OVERHEAD


def room_for(need: int, chat: Resident | None, memory: Memory) -> Room:
    """Where `need` bytes go beside the loaded chat model (None: nothing is to be kept)."""
    fits_in_main = memory.main is None or memory.main > need * _SAFE
    if chat is None or chat.on_card == 0:
        return Room.ANYWHERE if fits_in_main else Room.NONE
    is_whole = chat.on_card >= chat.size
    if is_whole and memory.card is not None and memory.card > need * _SAFE:
        return Room.ANYWHERE
    return Room.CPU if fits_in_main else Room.NONE


def cost_text(need: int, chat: str, resident: Resident | None, room: Room) -> str:
    """What the model costs in memory beside `chat`, in words."""
    beside = f" beside {chat} ({size_text(resident.size)})" if resident else ""
    where = {
        Room.ANYWHERE: "there is room for both",
        Room.CPU: "the graphics card has no room that is known of, so it runs on the processor, more slowly",
        Room.NONE: "there is no room for both, so it stays off while the chat model is loaded",
    }[room]
    return f"It takes about {size_text(need)}{beside}: {where}."
