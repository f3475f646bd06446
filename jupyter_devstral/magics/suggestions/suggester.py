"""The suggester of a prompt: what was typed before first, then the model, asked while nobody types.

Imports IPython's terminal, so it is itself imported only in one.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

from IPython.terminal.shortcuts.auto_suggest import NavigableAutoSuggestFromHistory
from prompt_toolkit.auto_suggest import Suggestion

from ...core.completion.place import Place
from ...core.completion.variable_log import VariableLog
from ...core.notebook.cells import Cell, Notebook
from ...core.variables.namespace import describe_namespace
from ...session.suggestions.completer import Asking, Completer, Cursor
from ...session.suggestions.completion_model import completion_model
from ..notebook.shell_context import hidden_names

if TYPE_CHECKING:
    from ..session import ShellSession

_WAIT_SECONDS, _LOOK_SECONDS = 0.12, 0.01
_DESCRIPTION_SECONDS = 0.3


class Suggester(NavigableAutoSuggestFromHistory):  # type: ignore[misc, unused-ignore]
    """What prompt_toolkit asks at every key that inserts something; one question runs at a time."""

    def __init__(self, session: ShellSession) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self._session = session
        self._asking: Asking | None = None
        self._last = ("", "")
        self._log = VariableLog()
        self._told_at = ""

    @cached_property
    def completer(self) -> Completer:
        """Made when it is first needed. Raises ConfigurationError."""
        return Completer(completion_model(self._session.config))

    def close(self) -> None:
        """Close the connection of a question that is on its way."""
        if self._asking is not None:
            self._asking.close()

    async def get_suggestion_async(self, buffer: Any, document: Any) -> Any:
        """A line typed before, what is left of the last suggestion, or a new one; None for nothing."""
        before = self.get_suggestion(buffer, document)
        if before is not None or self._session.config.completion != "on" or not _is_at_end(document):
            return before
        rest = self._rest_of_last(document.text)
        if rest:
            return Suggestion(rest)
        if not await self._is_still(buffer, document, _WAIT_SECONDS):
            return None
        text = await self._asked(buffer, document)
        if text:
            self._last = (document.text, text)
        return Suggestion(text) if text else None

    def _rest_of_last(self, text: str) -> str:
        """What is left of the last suggestion where the text agrees with it."""
        asked, suggested = self._last
        typed = text[len(asked) :]
        agrees = suggested and text.startswith(asked) and suggested.startswith(typed)
        return suggested[len(typed) :] if agrees else ""

    async def _asked(self, buffer: Any, document: Any) -> str:
        asking = self._asking = Asking()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, self._complete, document.text, document.cursor_position, asking)
        while not work.done():
            await asyncio.wait([work], timeout=_LOOK_SECONDS)
            if buffer.document != document:
                # prompt_toolkit asks again by itself.
                asking.close()
                return ""
        return work.result()

    async def _is_still(self, buffer: Any, document: Any, seconds: float) -> bool:
        """Whether nothing was typed meanwhile."""
        ends = asyncio.get_running_loop().time() + seconds
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, _LOOK_SECONDS))
            if buffer.document != document:
                return False
        return True

    def _complete(self, text: str, offset: int, asking: Asking) -> str:
        """Ask, on a thread of its own; a server that is not there is no matter for a prompt."""
        from ...core.errors import DevstralError

        session = self._session
        earlier = session.context.notebook().cells
        cell = Cell("prompt", len(earlier), "code", text)
        notebook = Notebook((*earlier, cell))
        self._look_at_variables(notebook)
        cursor = Cursor(notebook, cell, Place(text, offset), self._log.remarks())
        try:
            redactor = session.redactor if session.redacts else None
            return self.completer.complete(cursor, redactor, asking).text
        except DevstralError:
            return ""

    def _look_at_variables(self, notebook: Notebook) -> None:
        """Describe the namespace once after each run."""
        latest = f"{len(notebook.cells)} {self._session.transcript.latest_key}"
        if latest == self._told_at:
            return
        self._told_at = latest
        ip = self._session.ip
        found = describe_namespace(ip.user_ns, hidden=hidden_names(ip), deadline_seconds=_DESCRIPTION_SECONDS)
        ran = notebook.cells[-2].key if len(notebook.cells) > 1 else ""
        self._log.update(found, notebook, ran=ran)


def suggester(session: ShellSession) -> Suggester:
    """The suggester of a shell."""
    return Suggester(session)


def _is_at_end(document: Any) -> bool:
    return bool(document.text.strip()) and not document.text_after_cursor.strip()
