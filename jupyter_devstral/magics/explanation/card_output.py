"""The screens of an explanation: its card, updated in place, or plain text in a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from ..display.live_output import CellOutput, TerminalOutput, output_for, printable, status_line
from .fix_card import FixCard


class Screen(Protocol):
    """A place that shows one explanation.

    `offer`, or `start` before anything else, belongs to the thread that ran the cell.
    """

    def offer(self) -> None:
        """Show the card as it is; `start` may follow."""
        ...

    def start(self, status: Callable[[], str]) -> None:
        """Begin to show progress; `status` tells, in words, what the wait is for."""
        ...

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Show the text so far; `markdown` is called for its Markdown."""
        ...

    def aside(self, status: str) -> None:
        """Show the current step behind the text; "" removes it."""
        ...

    def close(self) -> None:
        """Show the card as it is now; `start` may follow again."""
        ...


def screen_for(ip: Any, card: FixCard) -> Screen:
    """Choose the kind of screen that this shell has."""
    output = output_for(ip)
    return CardScreen(ip.display_pub, card) if isinstance(output, CellOutput) else TerminalScreen(card)


class CardScreen:
    """A single display for the whole life of a card. Every showing after the first is an update."""

    def __init__(self, publisher: Any, card: FixCard) -> None:
        self._publisher = publisher
        self._card = card
        self._shown = False
        self._output: _CardOutput | None = None

    def offer(self) -> None:
        """Show the card."""
        self._new_output().finish(self._card.bundle(), "")

    def start(self, status: Callable[[], str]) -> None:
        """Show progress in place of the card."""
        self._new_output().start(status)

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Show the text so far in the card."""
        if self._output is not None:
            self._output.write(text, markdown)

    def aside(self, status: str) -> None:
        """Show the current step behind the text of the card."""
        if self._output is not None:
            self._output.aside(status)

    def close(self) -> None:
        """Show the card in its present state."""
        (self._output or self._new_output()).finish(self._card.bundle(), "")

    def _new_output(self) -> _CardOutput:
        self._output = _CardOutput(self._publisher, self._card, displayed=self._shown)
        self._shown = True
        return self._output


class _CardOutput(CellOutput):
    def __init__(self, publisher: Any, card: FixCard, *, displayed: bool) -> None:
        super().__init__(publisher, display_id=card.id)
        self._card = card
        self._displayed = displayed
        self._aside: tuple[str, float] | None = None

    def aside(self, status: str) -> None:
        """Show the current step behind the text; "" removes it."""
        if not status and self._aside is None:
            return
        with self._lock:
            self._aside = (status, time.monotonic()) if status else None
            self._show_now()

    def _show(self) -> None:
        if self._aside is None:
            super()._show()
        else:
            self._show_now()

    def _show_now(self) -> None:
        text = self._markdown() if self._markdown else ""
        if self._aside is None:
            self._publish(text, self._data(text, text))
            return
        status, since = self._aside
        waited = time.monotonic() - since
        shown = f"{text}\n\n{status_line(status, waited)}"
        self._publish(shown, self._card.bundle(text, status, shown, waited=waited))

    def _waiting(self, status: str, waited: float) -> tuple[str, dict[str, Any]]:
        line = status_line(status, waited)
        return line, self._card.bundle("", status, line, waited=waited)

    def _data(self, markdown: str, plain: str) -> dict[str, Any]:
        return self._card.bundle(markdown, "", markdown)


class TerminalScreen:
    """A screen that prints text as it arrives, then the rest of the card."""

    def __init__(self, card: FixCard) -> None:
        self._card = card
        self._output = TerminalOutput()

    def offer(self) -> None:
        """Print the card."""
        self.close()

    def start(self, status: Callable[[], str]) -> None:
        """Show progress on a new line."""
        self._output = TerminalOutput()
        self._output.start(status)

    def write(self, text: str, markdown: Callable[[], str]) -> None:
        """Print what is new of the text."""
        self._output.write(text, markdown)

    def aside(self, status: str) -> None:
        """Print the current step on a line of its own."""
        if status:
            print(printable(f"\n[{status} …]"), flush=True)
            # The next text is a separate one.
            self._output = TerminalOutput()

    def close(self) -> None:
        """Print the end of the card."""
        self._output.finish({}, self._card.ending())
