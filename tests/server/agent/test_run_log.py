"""The log of a run: followed from its beginning, and not kept twice."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_devstral.server.agent.run_log import RunLog


def cell(id: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "cell", "cell": {"id": id, "outputs": list(outputs)}}


def test_whoever_comes_late_hears_everything_to_the_end() -> None:
    async def followed() -> list[dict[str, Any]]:
        log = RunLog()
        log.add({"type": "run"})
        follower = asyncio.create_task(_all(log))
        await asyncio.sleep(0)
        log.add({"type": "text", "text": "a"})
        log.add({"type": "text", "text": "b"})
        log.end()
        assert await _all(log) == [{"type": "run"}, {"type": "text", "text": "ab"}]
        return await follower

    assert asyncio.run(followed()) == [{"type": "run"}, {"type": "text", "text": "ab"}]


def test_of_a_cell_that_is_told_again_only_the_error_is_kept() -> None:
    async def records() -> list[dict[str, Any]]:
        log = RunLog()
        picture = {"output_type": "display_data", "data": {"image/png": "x" * 1000}}
        error = {"output_type": "error", "ename": "NameError"}
        log.add(cell("a", picture, error))
        log.add(cell("b", picture))
        log.add(cell("a", picture))
        return log.records

    first, second, third = asyncio.run(records())
    assert [one["output_type"] for one in first["cell"]["outputs"]] == ["error"]
    assert second["cell"]["outputs"]
    assert third["cell"]["outputs"]


async def _all(log: RunLog) -> list[dict[str, Any]]:
    return [record async for record in log.follow()]
