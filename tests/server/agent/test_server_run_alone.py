"""A question that no page shows any more ends its run, for the sake of those that wait for it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_devstral.server.agent import server_run
from jupyter_devstral.server.agent.server_run import ServerRun


@pytest.mark.parametrize("is_followed", [True, False])
def test_only_a_question_that_nobody_follows_ends_its_run(monkeypatch, tmp_path: Path, is_followed) -> None:
    monkeypatch.setattr(server_run, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(server_run, "_LOOK_SECONDS", 0.01)
    looked = []

    def has_kernel() -> bool:
        looked.append(True)
        return True

    async def waited() -> ServerRun:
        asked: Any = SimpleNamespace(path="a.ipynb", text="Do it.", excluded=())
        nothing: Any = None
        run = ServerRun(
            "r",
            nothing,
            asked,
            nothing,
            plan=False,
            evaluate=nothing,
            records=tmp_path,
            has_kernel=has_kernel,
        )
        async with aclosing(run.log.follow()) as records:
            if is_followed:
                await anext(records)
            waiting = asyncio.create_task(asyncio.to_thread(run._reply_of_user))
            while is_followed and len(looked) < 3:
                await asyncio.sleep(0.01)
            assert not (is_followed and waiting.done())
        # The page goes.
        assert await waiting is None
        return run

    run = asyncio.run(waited())
    assert run.stopped.is_set()
    assert run._given_up.startswith("Stopped: its question was not answered")
