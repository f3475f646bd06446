"""A log that pages follow: each from its beginning to its end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

from jupyter_devstral.server.followed_log import FollowedLog


def test_whoever_comes_late_hears_everything_to_the_end() -> None:
    async def followed() -> list[dict[str, Any]]:
        log = FollowedLog()
        log.add({"type": "run"})
        follower = asyncio.create_task(_all(log))
        await asyncio.sleep(0)
        log.add({"type": "text", "text": "a"})
        log.add({"type": "text", "text": "b"})
        log.end()
        assert await _all(log) == [{"type": "run"}, {"type": "text", "text": "ab"}]
        return await follower

    assert asyncio.run(followed()) == [{"type": "run"}, {"type": "text", "text": "ab"}]


def test_it_knows_whether_it_is_followed() -> None:
    async def followed() -> list[bool]:
        log = FollowedLog([{"type": "run"}])
        said = [log.is_followed]
        async with aclosing(log.follow()) as records:
            await anext(records)
            said.append(log.is_followed and log.seconds_alone == 0)
        return [*said, log.is_followed]

    assert asyncio.run(followed()) == [False, True, False]


async def _all(log: FollowedLog) -> list[dict[str, Any]]:
    return [record async for record in log.follow()]
