"""What a cell shows in a copy of the shell, kept as outputs of nbformat 4 instead of being sent anywhere.

Changes the shell for good: for a forked child. Must not know who reads the outputs.
"""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Mapping
from typing import Any

# Of one step: characters of its streams, outputs, and characters of what is displayed.
STREAM_LIMIT, MOST_OUTPUTS, DISPLAY_LIMIT = 1_000_000, 200, 8_000_000
_MOST_UPDATES = 20
_WIDGET = "application/vnd.jupyter.widget-view+json"
_Output = dict[str, Any]


class Outputs:
    """The outputs of one step after the other.

    Args:
        ip: the shell of the copy.

    Attributes:
        has_widget: the step shows a widget, or has sent one something.
    """

    has_widget = False

    def __init__(self, ip: Any) -> None:
        self._ip = ip
        self._kept: list[_Output] = []
        self._by_display: dict[str, _Output] = {}
        self._updates: dict[str, _Output] = {}
        self._room = self._display_room = 0
        self._left_out = 0
        self._clears = False
        self._take_streams()
        self._take_messages()
        ip.display_pub.publish = self._publish
        ip.display_pub.clear_output = self._clear
        hook = ip.displayhook
        hook.write_format_data = self._result
        hook.write_output_prompt = hook.finish_displayhook = _nothing

    def begin(self) -> None:
        """Forget what the step before has shown."""
        self._kept, self._by_display, self._updates, self.has_widget = [], {}, {}, False
        self._room, self._display_room, self._left_out, self._clears = STREAM_LIMIT, DISPLAY_LIMIT, 0, False
        sys.stdout, sys.stderr = _Stream("stdout", self), _Stream("stderr", self)

    def taken(self) -> list[_Output]:
        """Give the outputs of the step, and say what was too much of them."""
        if self._left_out:
            self._keep(_stream("stderr", f"\n… {self._left_out:,} more were left out\n"), even_full=True)
        return self._kept

    def shows(self) -> list[str]:
        """Give the ids of the displays that the step shows."""
        kept = {id(output) for output in self._kept}
        return [display for display, output in self._by_display.items() if id(output) in kept]

    def updates(self) -> list[_Output]:
        """Give what the step makes of displays of other cells, each as it was updated last."""
        return list(self._updates.values())[:_MOST_UPDATES]

    def add_error(self, name: str, value: str, traceback: list[str]) -> None:
        """Add the error that ended the step."""
        error = {"output_type": "error", "ename": name, "evalue": value, "traceback": traceback}
        self._keep(error, even_full=True)

    def write(self, name: str, text: str) -> None:
        """Take what is written to a stream."""
        kept, self._room = text[: self._room], max(0, self._room - len(text))
        self._left_out += len(text) - len(kept)
        if not kept:
            return
        last = self._kept[-1] if self._kept and not self._clears else {}
        if last.get("name") == name:
            last["text"] += kept
        else:
            self._keep(_stream(name, kept))

    def _take_streams(self) -> None:
        """Take what goes to the kernel's own streams, too: handlers of logging hold on to them."""
        cls = getattr(sys.modules.get("ipykernel.iostream"), "OutStream", None)
        if cls is not None:
            cls.write = lambda stream, text: self.write(stream.name, text)
            cls.flush = _nothing

    def _take_messages(self) -> None:
        """Notice what would go to widgets, which is sent nowhere."""
        cls = getattr(sys.modules.get("jupyter_client.session"), "Session", None)
        if cls is not None:
            cls.send = self._sent

    def _sent(self, stream: Any, kind: Any = "", *unused: Any, **more: Any) -> None:
        self.has_widget = self.has_widget or str(kind).startswith("comm_")

    def _publish(
        self,
        data: Mapping[str, Any],
        metadata: Mapping[str, Any] | None = None,
        *unused: Any,
        transient: Mapping[str, Any] | None = None,
        update: bool = False,
        **more: Any,
    ) -> None:
        display = str((transient or {}).get("display_id") or "")
        bundle = self._bundle(data)
        if update:
            shown = {"data": bundle, "metadata": _plain(metadata or {})}
            if display in self._by_display:
                self._by_display[display].update(shown)
            elif display:
                self._updates[display] = {"display_id": display, **shown}
            return
        output = {"output_type": "display_data", "data": bundle, "metadata": _plain(metadata or {})}
        if display:
            self._by_display[display] = output
        self._keep(output)

    def _result(self, data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
        self._keep(
            {
                "output_type": "execute_result",
                "execution_count": None,
                "data": self._bundle(data),
                "metadata": _plain(metadata or {}),
            }
        )

    def _bundle(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Give a MIME bundle as JSON; what is too large in it is its text alone."""
        bundle = {str(mime): _as_mime(str(mime), _plain(value)) for mime, value in data.items()}
        self.has_widget = self.has_widget or _WIDGET in bundle
        size = sum(len(str(value)) for value in bundle.values())
        if size > self._display_room:
            text = str(bundle.get("text/plain", ""))[: max(0, self._display_room)]
            bundle, size = {"text/plain": text or "(too large)"}, len(text)
        self._display_room -= size
        return bundle

    def _clear(self, wait: bool = False) -> None:
        if wait:
            self._clears = True
        else:
            self._kept = []

    def _keep(self, output: _Output, *, even_full: bool = False) -> None:
        if self._clears:
            self._kept, self._clears = [], False
        if len(self._kept) >= MOST_OUTPUTS and not even_full:
            self._left_out += 1
            return
        self._kept.append(output)


class _Stream(io.TextIOBase):
    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name = name
        self._outputs = outputs

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self.name, text)
        return len(text)


def _stream(name: str, text: str) -> _Output:
    return {"output_type": "stream", "name": name, "text": text}


def _as_mime(mime: str, value: Any) -> Any:
    """Give a value as a notebook may hold it: only JSON is anything but text."""
    is_lines = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value if isinstance(value, str) or is_lines or mime.endswith("json") else str(value)


def _plain(value: Any) -> Any:
    """Give a value as JSON has it; pictures as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _nothing(*arguments: Any, **options: Any) -> None:
    return None
