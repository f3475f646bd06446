"""The life of a forked child: forget whose copy it is, be confined, run one function, end.

Must not know what the function does.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .confinement import confine, lift_memory_cap
from .refusals import THREAD, Refusals
from .threads import IdleThreads

DONE = b'{"done": true}\n'
# What user code in the child may have put something else in the place of.
_exit, _write = os._exit, os.write


@dataclass
class Child:
    """The surroundings of a function in its fork.

    Attributes:
        refusals: what the fork may not do, for ways that are not seen by themselves.
        in_loop: whether the process was forked from within a running event loop; here there is none.
    """

    pipe: int
    in_loop: bool
    refusals: Refusals = field(init=False)

    def send(self, message: dict[str, Any]) -> None:
        """Tell the parent; `message` must be small and hold what JSON can."""
        data = json.dumps(message).encode("ascii") + b"\n"
        while data:
            data = data[_write(self.pipe, data) :]

    def lift_memory_cap(self) -> None:
        """Make room to report in, when the work is done that the cap was for."""
        lift_memory_cap()


class Origin:
    """The state that must be read before the fork, for the child to start from."""

    def __init__(self) -> None:
        self.loop = asyncio._get_running_loop()
        self._task = asyncio.current_task(self.loop) if self.loop else None
        # `random` seeds itself anew in a fork; a faithful copy goes on where the original would.
        random = sys.modules.get("random")
        self._random = random.getstate() if random is not None else None
        self.idle_threads = IdleThreads()

    def leave(self) -> None:
        """Stop tracing, forget the running loop, draw the same random numbers; in the child."""
        # Collections would copy the parent's pages only to mark them.
        gc.freeze()
        _stop_tracing()
        if self.loop is not None and self._task is not None:
            # Python 3.12 has forgotten the loop already, but not every version also the task.
            asyncio._set_running_loop(self.loop)
            with suppress(RuntimeError):
                asyncio.tasks._leave_task(self.loop, self._task)
        asyncio._set_running_loop(None)
        asyncio.set_event_loop(None)
        if self._random is not None:
            sys.modules["random"].setstate(self._random)


def run_and_exit(
    function: Callable[[Child], None],
    pipe: int,
    origin: Origin,
    *,
    seconds: float,
    memory: int,
    folder: str = "",
) -> NoReturn:
    """Run `function` in this process, a child just forked; whatever it raises, the child ends here."""
    try:
        child = Child(pipe, in_loop=origin.loop is not None)
        origin.leave()
        child.refusals = confine(
            pipe,
            lambda reason: child.send({"refused": reason}),
            seconds=seconds,
            memory=memory,
            folder=folder,
        )
        origin.idle_threads.replace(lambda: child.refusals.refuse(THREAD))
        function(child)
        child.send({"done": True})
    finally:
        # No handlers, no flushing, no way back into the kernel's frames.
        _exit(0)


def _stop_tracing() -> None:
    """Take off tracers; a breakpoint in the child would wait for somebody to go on."""
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    threading.setprofile(None)
    monitoring: Any = getattr(sys, "monitoring", None)  # Python 3.12 and newer
    for tool in range(6) if monitoring else ():
        if monitoring.get_tool(tool) is not None:
            monitoring.free_tool_id(tool)
