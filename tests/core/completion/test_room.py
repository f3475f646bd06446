"""A completion model never takes the place of the chat model."""

from __future__ import annotations

import pytest

from jupyter_devstral.core.completion.confidence import is_sure, smallest
from jupyter_devstral.core.completion.room import Memory, Resident, Room, room_for
from jupyter_devstral.core.model.completion import Token

GB = 1_000_000_000
ON_CARD = Resident(20 * GB, 20 * GB)


@pytest.mark.parametrize(
    ("chat", "memory", "room"),
    [
        (ON_CARD, Memory(main=16 * GB, card=4 * GB), Room.ANYWHERE),
        (ON_CARD, Memory(main=16 * GB, card=1 * GB), Room.CPU),
        (ON_CARD, Memory(main=16 * GB), Room.CPU),
        (ON_CARD, Memory(main=1 * GB), Room.NONE),
        (Resident(20 * GB, 15 * GB), Memory(main=16 * GB, card=4 * GB), Room.CPU),
        (Resident(20 * GB, 0), Memory(main=16 * GB), Room.ANYWHERE),
        (Resident(20 * GB, 0), Memory(main=1 * GB), Room.NONE),
        (None, Memory(main=16 * GB), Room.ANYWHERE),
        (None, Memory(), Room.ANYWHERE),
    ],
)
def test_the_card_is_used_only_where_it_is_known_to_have_room(
    chat: Resident | None, memory: Memory, room: Room
) -> None:
    assert room_for(int(1.4 * GB), chat, memory) is room


def test_the_least_sure_token_of_what_is_offered_counts() -> None:
    tokens = [Token("    ", -3.0), Token("x", -0.1), Token(" = 1", -0.5), Token("\nend", -9.0)]
    assert smallest(tokens, "    x = 1\nend", "x = 1") == -0.5
    assert smallest([], "x", "x") is None
    assert is_sure(None)
    assert not is_sure(-9.0)
