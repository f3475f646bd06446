"""Display of a reply while it arrives: one output updated in place, or plain text in a terminal.

Independent of requests: it takes text, its Markdown, and a function that describes the current wait.
"""

from __future__ import annotations

import contextvars
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ...core.notebook.cells import REPLY_MIME, STATUS_KEY
from ...core.text.markdown import prose
from ...core.text.terminal_text import encodable, sendable, writable

# A dozen updates per second look continuous and leave the browser time for everything else.
_INTERVAL = 1 / 12
# Front-ends draw the whole text on each update: the longer it is, the fewer the updates.
_CHARACTERS_PER_SECOND = 16_000
# A wait shorter than this shows no status, which would only flash up.
_QUIET_SECONDS = 0.15
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


# Impatient people press more than twice; ignoring them for ever would take Ctrl-C away.
_MORE_INTERRUPTS = 5


def undisturbed(finish: Callable[[], None]) -> None:
    """Run `finish()`, again after a second interrupt. What the first interrupt kept must be shown."""
    for _ in range(_MORE_INTERRUPTS):
        try:
            return finish()
        except KeyboardInterrupt:
            continue
    return finish()


class Output(Protocol):
    """A place that shows an answer. `start` and `finish` belong to the main thread."""

    def start(self, status: Callable[[], str]) -> None:
        """Begin to show progress; `status` tells, in words, what the wait is for."""
        ...

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Show the text so far; `markdown` is called for its Markdown."""
        ...

    def finish(self, bundle: Mapping[str, Any], ending: str) -> None:
        """Show the finished answer: `bundle` in a notebook, `ending` behind the text of a terminal."""
        ...


def output_for(ip: Any, *, stepwise: bool = False, draws: Callable[[], bool] | None = None) -> Output:
    """Choose the kind of output this shell can show.

    Args:
        stepwise: each text written replaces the one before.
        draws: whether the front-end has our half, which draws only the new part of an answer.
    """
    from IPython.core.displaypub import CapturingDisplayPublisher, DisplayPublisher

    publisher = ip.display_pub
    if isinstance(publisher, CapturingDisplayPublisher):
        return CapturedOutput(publisher)
    # The base class prints text and has no updates: terminal IPython, or no front-end at all.
    if type(publisher).publish is DisplayPublisher.publish:
        return TerminalLine() if stepwise else TerminalOutput()
    return CellOutput(publisher) if draws is None else DrawnOutput(publisher, draws)


class Ticker:
    """A thread that calls a function several times per second until it is stopped."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._stopped = threading.Event()
        # In this context, updates carry the header of the asking cell, whichever cell runs at the time.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._loop,), name="devstral-ticker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _loop(self) -> None:
        while not self._stopped.wait(_INTERVAL):
            self._tick()

    def stop(self) -> None:
        """Stop the thread and wait up to a second for its end."""
        self._stopped.set()
        # An interrupt may have come before or during the start of the thread.
        if self._thread.ident is not None:
            self._thread.join(1)


class CellOutput:
    """A display updated in place. It is always text/markdown, so that the front-end keeps its renderer."""

    def __init__(self, publisher: Any, *, display_id: str = "") -> None:
        self._publisher = publisher
        self._display_id = display_id or uuid.uuid4().hex
        self._lock = threading.Lock()
        self._status: Callable[[], str] = str
        self._started = self._shown_at = 0.0
        self._shown = ""
        self._text = ""
        self._markdown: Callable[[], str] | None = None
        self._displayed = self._finished = False
        self._ticker: Ticker | None = None

    def start(self, status: Callable[[], str]) -> None:
        """Show the display, and the current wait from then on."""
        self._status = status
        self._started = time.monotonic()
        # Made on the main thread: from another thread, only updates of an existing display find their cell.
        self._publish(*self._waiting("preparing", 0), status="preparing")
        self._ticker = Ticker(self._tick)
        self._ticker.start()

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Show the reply so far; `markdown` is called, throttled, for its Markdown."""
        with self._lock:
            first = self._markdown is None
            self._text, self._markdown = text, markdown
            if first or self._is_due():
                self._show()

    def finish(self, bundle: Mapping[str, Any], ending: str) -> None:
        """Replace the text with the finished answer."""
        if self._ticker:
            self._ticker.stop()
        with self._lock:
            self._finished = True
            self._publish_data(dict(bundle))

    def _tick(self) -> None:
        with self._lock:
            if self._finished:
                return
            if self._markdown is not None:
                if self._is_due():
                    self._show()
                return
            waited = time.monotonic() - self._started
            if waited > _QUIET_SECONDS:
                status = self._status()
                self._publish(*self._waiting(status, waited), status=status)

    def _is_due(self) -> bool:
        pause = max(_INTERVAL, len(self._text) / _CHARACTERS_PER_SECOND)
        return time.monotonic() - self._shown_at >= pause

    def _waiting(self, status: str, waited: float) -> tuple[str, dict[str, Any]]:
        """The display before the first text, as Markdown and as MIME types."""
        line = status_line(status, waited)
        return line, self._data(line, line)

    def _data(self, markdown: str, plain: str) -> dict[str, Any]:
        return {"text/markdown": markdown, "text/plain": plain}

    def _show(self) -> None:
        assert self._markdown is not None
        markdown = self._markdown()
        self._publish(markdown, self._data(markdown, self._text))

    def _publish(self, shown: str, data: dict[str, Any], status: str = "") -> None:
        if shown != self._shown:
            self._shown, self._shown_at = shown, time.monotonic()
            self._publish_data(data, {STATUS_KEY: status} if status else {})

    def _publish_data(self, data: dict[str, Any], metadata: Mapping[str, Any] | None = None) -> None:
        self._publisher.publish(
            sendable(data),
            metadata=dict(metadata or {}),
            transient={"display_id": self._display_id},
            update=self._displayed,
        )
        self._displayed = True


class DrawnOutput(CellOutput):
    """A display that our JupyterLab half draws. It receives the text and draws only what is new of it.

    Args:
        draws: whether that half listens. It says hello a moment after the extension was loaded; until then
            the display is an ordinary one.
    """

    def __init__(self, publisher: Any, draws: Callable[[], bool]) -> None:
        super().__init__(publisher)
        self._asked = draws
        self._listens = False

    def finish(self, bundle: Mapping[str, Any], ending: str) -> None:
        """Replace the text with the finished answer, which carries the display's id."""
        data = dict(bundle)
        if REPLY_MIME in data:
            data[REPLY_MIME] = {**data[REPLY_MIME], "id": self._display_id}
        super().finish(data, ending)

    @property
    def _draws(self) -> bool:
        self._listens = self._listens or self._asked()
        return self._listens

    def _is_due(self) -> bool:
        return time.monotonic() - self._shown_at >= _INTERVAL if self._draws else super()._is_due()

    def _waiting(self, status: str, waited: float) -> tuple[str, dict[str, Any]]:
        if not self._draws:
            return super()._waiting(status, waited)
        line = status_line(status, waited)
        return line, self._arriving("", line, status, waited)

    def _show(self) -> None:
        if self._draws:
            self._publish(self._text, self._arriving(self._text, self._text, "", 0))
        else:
            super()._show()

    def _arriving(self, shown: str, plain: str, status: str, waited: float) -> dict[str, Any]:
        arriving = {"status": status, "waited": int(waited)}
        bundle = {"version": 1, "id": self._display_id, "shown": shown, "arriving": arriving}
        return {REPLY_MIME: bundle, "text/plain": plain}


class CapturedOutput:
    """The output under `%%capture`, which keeps only the finished answer."""

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher

    def start(self, status: Callable[[], str]) -> None:
        """Show nothing."""

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Show nothing."""

    def finish(self, bundle: Mapping[str, Any], ending: str) -> None:
        """Publish the finished answer."""
        self._publisher.publish(sendable(dict(bundle)), metadata={})


class TerminalOutput:
    """The reply as it arrives, on stdout; while waiting, a status line on a terminal."""

    def __init__(self) -> None:
        self._written = 0
        self._status_width = 0
        self._ticker: Ticker | None = None
        self._status: Callable[[], str] = str
        self._started = 0.0
        self._lock = threading.Lock()

    def start(self, status: Callable[[], str]) -> None:
        """Begin to show the current wait on a terminal."""
        self._status, self._started = status, time.monotonic()
        if sys.stderr.isatty():
            self._ticker = Ticker(self._tick)
            self._ticker.start()

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Print the new part of the text."""
        self._end_status()
        if len(text) < self._written:
            # The text printed so far was the model's thinking.
            print("\n\n", end="")
            self._written = 0
        print(printable(text[self._written :]), end="", flush=True)
        self._written = len(text)

    def finish(self, bundle: Mapping[str, Any], ending: str) -> None:
        """Print the ending behind the text."""
        self._end_status()
        print(("\n\n" if self._written else "") + printable(ending), flush=True)

    def _tick(self) -> None:
        with self._lock:
            waited = time.monotonic() - self._started
            if self._ticker and waited > _QUIET_SECONDS:
                line = f"{printable(self._status())} · {waited:.0f} s"
                print("\r" + line.ljust(self._status_width), end="", file=sys.stderr, flush=True)
                self._status_width = len(line)

    def _end_status(self) -> None:
        ticker, self._ticker = self._ticker, None
        if ticker:
            ticker.stop()
            with self._lock:
                print("\r" + " " * self._status_width + "\r", end="", file=sys.stderr, flush=True)


class TerminalLine:
    """One line that is overwritten, where stdout is a terminal; elsewhere only its last state."""

    def __init__(self) -> None:
        self._width = 0

    def start(self, status: Callable[[], str]) -> None:
        """Show nothing yet."""

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Overwrite the line, on a terminal only."""
        if sys.stdout.isatty():
            print("\r" + printable(text).ljust(self._width), end="", flush=True)
            self._width = len(text)

    def finish(self, bundle: Mapping[str, Any], ending: str) -> None:
        """Print the last state of the line and end it."""
        print(("\r" if self._width else "") + printable(ending).ljust(self._width), flush=True)


def printable(text: str) -> str:
    """Remove whatever would steer a terminal, or cannot be shown on it, from foreign text."""
    return writable(encodable(_CONTROL.sub("", text)), sys.stdout)


def publish_text(
    publisher: Any, markdown: str, plain: str, metadata: Mapping[str, Any] | None = None
) -> None:
    """Display a text once, as Markdown and as plain text for a terminal."""
    data = {"text/markdown": markdown, "text/plain": writable(plain, sys.stdout)}
    publisher.publish(sendable(data), metadata=dict(metadata or {}))


def status_line(status: str, waited: float) -> str:
    """The current wait as Markdown, with its duration from one second on."""
    seconds = f" · {waited:.0f} s" if waited >= 1 else ""
    return f"*{prose(status)} …{seconds}*"
