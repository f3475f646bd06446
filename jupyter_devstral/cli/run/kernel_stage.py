"""A kernel of its own for one run of the agent: cells in its copy, and at the end for real."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.agent.steps import Ran
from ...core.errors import DevstralError
from ...kernel.expressions import rehearse_expression, setup_code
from .shown_outputs import ShownOutputs

MEMORY = 2**31
_START_SECONDS = 120.0
# Beyond what a step may take: for restarts of its copy, on a busy machine.
_MORE_SECONDS = 120.0
# Of a cell that never stops showing something, until its time is looked at again.
_MESSAGES_AT_ONCE = 200


class KernelStage:
    """A kernel started in a folder; a context manager that ends it.

    Args:
        seconds: that a cell may take.

    Attributes:
        problem: why there is no copy, as a phrase; "" where there is one.
    """

    def __init__(self, kernel: str, folder: Path, *, seconds: float) -> None:
        self._kernel = kernel
        self._folder = folder
        self._seconds = seconds
        self._manager: Any = None
        self._client: Any = None
        self.problem = "it was not begun"

    def __enter__(self) -> KernelStage:
        import zmq
        from jupyter_client.manager import KernelManager

        self._manager = KernelManager(kernel_name=self._kernel)
        # Other users of this machine cannot read along, where kernel and manager are new enough.
        if self._manager.has_trait("transport_encryption") and zmq.has("curve"):
            self._manager.transport_encryption = "auto"
        self._manager.start_kernel(cwd=str(self._folder))
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=_START_SECONDS)
        except RuntimeError as error:
            self.__exit__()
            raise DevstralError(f"the kernel {self._kernel} does not work: {error}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def set_up(self, settings: dict[str, Any], *, load: bool) -> None:
        """Give the kernel its settings, and load the magics where the notebook uses them."""
        reply = self._reply(self._client.execute(setup_code(settings, load=load), silent=True))
        if reply["status"] == "error":
            raise DevstralError(
                f"The kernel {self._kernel} cannot be used: {reply['ename']}: {reply['evalue']}. "
                "Is jupyter_devstral installed in its Python?"
            )

    def begin(self) -> None:
        """Make the copy; `problem` says where there can be none."""
        said = self._call({"do": "begin", "seconds": self._seconds, "memory": MEMORY})
        self.problem = said["problem"]

    def run(self, source: str, allowed: Sequence[str]) -> Ran:
        """Run a cell in the copy."""
        if self.problem:
            return Ran(problem=f"not run: there is no copy of this kernel ({self.problem})")
        said = self._call({"do": "run", "source": source, "allowed": list(allowed)})
        return Ran.from_json(said)

    def describe(self, names: Sequence[str]) -> str:
        """Describe variables of the copy."""
        return "\n".join(text for _, _, text in self.described(names))

    def described(self, names: Sequence[str] = ()) -> list[tuple[str, str, str]]:
        """Name, kind and description of variables of the copy, by default of the most important ones."""
        if self.problem:
            return []
        found = self._call({"do": "describe", "names": list(names)})["found"]
        return [(name, kind, text) for name, kind, text in found]

    def end(self) -> None:
        """End the copy."""
        if not self.problem:
            self._call({"do": "end"})
            self.problem = "it has ended"

    def run_for_real(self, source: str) -> Ran:
        """Run a cell in the kernel itself, with all its effects."""
        shown = ShownOutputs()
        asked = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        reply = self._reply(asked, shown)
        error = f"{reply['ename']}: {reply['evalue']}" if reply["status"] == "error" else ""
        return Ran(outputs=tuple(shown.outputs), error=error)

    def interrupt(self) -> None:
        """Interrupt what the kernel does."""
        self._manager.interrupt_kernel()

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._value(rehearse_expression(json.dumps(request))))
        return said

    def _value(self, expression: str) -> str:
        asked = self._client.execute(
            "", silent=True, store_history=False, allow_stdin=False, user_expressions={"it": expression}
        )
        reply = self._reply(asked)
        result = reply.get("user_expressions", {}).get("it", {})
        if result.get("status") != "ok":
            raise DevstralError(
                f"The kernel {self._kernel} did not answer: {result.get('ename')}: {result.get('evalue')}. "
                "Is this version of jupyter_devstral installed in its Python?"
            )
        return str(ast.literal_eval(result["data"]["text/plain"]))

    def _reply(self, asked: str, shown: ShownOutputs | None = None) -> dict[str, Any]:
        """Wait for a reply, and collect what the request shows; an interrupt reaches the kernel, too."""
        from queue import Empty

        idle = shown is None
        content: dict[str, Any] | None = None
        waited = 0.0
        while content is None or not idle:
            if not self._manager.is_alive():
                raise DevstralError("the kernel died.")
            began = time.monotonic()
            try:
                if content is None:
                    message = self._client.get_shell_msg(timeout=0.05 if not idle else 1.0)
                    if message["parent_header"].get("msg_id") == asked:
                        content = message["content"]
            except Empty:
                pass
            except KeyboardInterrupt:
                self.interrupt()
                raise
            if shown is not None:
                idle = self._collect(asked, shown) or idle
            waited += time.monotonic() - began
            if waited > self._seconds + _MORE_SECONDS:
                self.interrupt()
                raise DevstralError("the kernel did not answer in time.")
        return content

    def _collect(self, asked: str, shown: ShownOutputs) -> bool:
        """Take some of what a cell shows; True when it has shown all."""
        from queue import Empty

        for _ in range(_MESSAGES_AT_ONCE):
            try:
                message = self._client.get_iopub_msg(timeout=0.05)
            except Empty:
                return False
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return True
            shown.take(message)
        return False
