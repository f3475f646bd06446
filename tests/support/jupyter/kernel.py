"""A real kernel, spoken to as a notebook front-end does: cells with ids, outputs by message, interrupts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import start_new_kernel

TIMEOUT = 30


@dataclass
class Result:
    """What one execution gave: the reply's content and the IOPub messages with their arrival times."""

    reply: dict[str, Any] = field(default_factory=dict)
    messages: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [message["content"] for _, message in self.messages if message["header"]["msg_type"] in kinds]

    @property
    def displays(self) -> list[dict[str, Any]]:
        return self.of("display_data", "update_display_data")

    @property
    def shown(self) -> dict[str, Any]:
        """The last state of the last display."""
        return self.displays[-1]["data"]

    @property
    def markdown(self) -> str:
        return self.shown["text/markdown"]

    @property
    def payload(self) -> list[dict[str, Any]]:
        return self.reply.get("payload", [])

    @property
    def next_input(self) -> str:
        """The cell that a front-end would insert below, "" for none."""
        return "".join(
            part.get("text", "") for part in self.payload if part.get("source") == "set_next_input"
        )

    @property
    def text(self) -> str:
        """Everything that was shown, as one text."""
        shown = [str(content["data"]) for content in self.displays]
        streams = [content["text"] for content in self.of("stream")]
        errors = ["\n".join(content["traceback"]) for content in self.of("error")]
        return "\n".join(shown + streams + errors)


class Kernel:
    """One running kernel; cells are executed one after the other, or started and finished separately."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def start(
        self,
        source: str,
        cell_id: str = "",
        *,
        tags: Sequence[str] = (),
        silent: bool = False,
        subshell: str = "",
        session: str = "",
    ) -> str:
        """Begin a cell; `session` names another client than this one."""
        content = {
            "code": source,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        metadata = {"cellId": cell_id, "tags": list(tags)} if cell_id else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        if subshell:
            message["header"]["subshell_id"] = subshell
        if session:
            message["header"]["session"] = session
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def finish(self, msg_id: str, until: Any = None) -> Result:
        """Collect until the kernel is idle again, or until `until(result)` holds."""
        result = Result(started=time.monotonic())
        while not (until and until(result)):
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            result.messages.append((time.monotonic(), message))
            if message["header"]["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                result.ended = time.monotonic()
                while True:
                    reply = self.client.get_shell_msg(timeout=TIMEOUT)
                    if reply["parent_header"].get("msg_id") == msg_id:
                        result.reply = reply["content"]
                        return result
        return result

    def run(self, source: str, cell_id: str = "", **options: Any) -> Result:
        return self.finish(self.start(source, cell_id, **options))

    def new_subshell(self) -> str:
        """The id of a second shell in the same kernel (ipykernel 7 and newer)."""
        message = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return str(reply["content"]["subshell_id"])

    def updates_until(self, msg_id: str, holds: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The displays and updates of a cell that has ended, until one of them `holds`."""
        seen: list[dict[str, Any]] = []
        while not seen or not holds(seen[-1]):
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            of_cell = message["parent_header"].get("msg_id") == msg_id
            if of_cell and message["header"]["msg_type"] in ("display_data", "update_display_data"):
                seen.append(message["content"]["data"])
        return seen

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        reply = self.client.complete(
            code, len(code) if cursor is None else cursor, reply=True, timeout=TIMEOUT
        )
        return list(reply["content"]["matches"])

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()
