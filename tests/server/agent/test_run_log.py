"""The log of a run: outputs are not kept twice."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_devstral.server.agent.run_log import RunLog


def cell(id: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "cell", "cell": {"id": id, "outputs": list(outputs)}}


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
