"""A real kernel that loaded the extension and asks a scripted server; shared by the measurements."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from jupyter_client.manager import KernelManager


@dataclass
class Run:
    """What one executed cell published: (seconds since it was sent, message type, content)."""

    messages: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    seconds: float = 0.0
    status: str = ""
    payload: list[dict[str, Any]] = field(default_factory=list)

    @property
    def next_input(self) -> str:
        """The cell that a front-end would insert below ("" for none)."""
        return "".join(p.get("text", "") for p in self.payload if p.get("source") == "set_next_input")


class Kernel:
    """A started kernel; `run` executes one cell and returns when the kernel is idle again."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self._count = 0

    def send(self, code: str, cell_id: str = "") -> str:
        """Sends a cell as JupyterLab does, with its id, and does not wait."""
        self._count += 1
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": False,
                "stop_on_error": False,
            },
            metadata={"cellId": cell_id or f"cell{self._count:04d}"},
        )
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def collect(self, message_id: str, timeout: float = 60.0) -> Run:
        """Everything the request published until the kernel was idle and replied."""
        run, start = Run(), time.perf_counter()
        while time.perf_counter() - start < timeout:
            try:
                message = self.client.get_iopub_msg(timeout=timeout)
            except Empty:
                break
            if message["parent_header"].get("msg_id") != message_id:
                continue
            run.messages.append((time.perf_counter() - start, message["msg_type"], message["content"]))
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=timeout)
        run.seconds = time.perf_counter() - start
        run.status, run.payload = reply["content"]["status"], reply["content"].get("payload", [])
        return run

    def run(self, code: str, cell_id: str = "") -> Run:
        """Executes one cell to its end."""
        return self.collect(self.send(code, cell_id))


@contextlib.contextmanager
def kernel(url: str = "", **config: object) -> Iterator[Kernel]:
    """A kernel with the extension loaded, its host set to `url` and the given traits set."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    started = Kernel(manager)
    try:
        if url:
            lines = ["%load_ext jupyter_devstral", f"%config DevstralConfig.host = {url!r}"]
            lines += [f"%config DevstralConfig.{name} = {value!r}" for name, value in config.items()]
            for line in lines:
                started.run(line)
        yield started
    finally:
        started.client.stop_channels()
        manager.shutdown_kernel(now=True)
