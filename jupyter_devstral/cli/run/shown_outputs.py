"""What a cell that runs for real shows, put together from a kernel's messages as a page would."""

from __future__ import annotations

from typing import Any

# Characters of streams, and outputs, of one cell.
STREAM_LIMIT, MOST_OUTPUTS = 10_000_000, 1_000


class ShownOutputs:
    """The outputs of one cell.

    Attributes:
        outputs: as nbformat 4 has them.
    """

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self._displays: dict[str, list[dict[str, Any]]] = {}
        self._clears = False
        self._room = STREAM_LIMIT

    def take(self, message: dict[str, Any]) -> None:
        """Take a message of the kernel; what shows nothing is passed over."""
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            # Where it waits, the next output takes the place of all before.
            self._clears = bool(content.get("wait"))
            if not self._clears:
                self.outputs.clear()
        elif kind == "update_display_data":
            for output in self._displays.get(_display_id(content), ()):
                output.update(data=content["data"], metadata=content["metadata"])
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._keep(message, content)

    def _keep(self, message: dict[str, Any], content: dict[str, Any]) -> None:
        import nbformat

        if self._clears:
            self.outputs.clear()
            self._clears = False
        output = dict(nbformat.v4.output_from_msg(message))
        if output["output_type"] == "stream":
            output["text"] = output["text"][: self._room]
            self._room -= len(output["text"])
            if not output["text"]:
                return
            if self.outputs and self.outputs[-1].get("name") == output["name"]:
                self.outputs[-1]["text"] += output["text"]
                return
        if len(self.outputs) < MOST_OUTPUTS or output["output_type"] == "error":
            self.outputs.append(output)
        if display := _display_id(content):
            self._displays.setdefault(display, []).append(output)


def _display_id(content: dict[str, Any]) -> str:
    return str((content.get("transient") or {}).get("display_id") or "")
