"""Suggestions in terminal IPython: switched on and off, and what they are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.errors import DevstralError, UsageError
from ...core.text.typed import typed

if TYPE_CHECKING:
    from ..session import ShellSession
    from .suggester import Suggester

_ELSEWHERE = (
    "`%devstral complete` is for the prompt of terminal IPython. JupyterLab and Notebook have suggestions of "
    "their own: Settings → Settings Editor → Devstral → Ghost text."
)


class TerminalSuggestions:
    """The suggestions of one shell; where it is no terminal there are none."""

    def __init__(self, session: ShellSession) -> None:
        self._session = session
        self._suggester: Suggester | None = None
        self._before: Any = None

    def begin(self) -> None:
        """Take the place of the shell's own suggestions, where it has a prompt; they stay part of ours."""
        ip = self._session.ip
        if self._suggester is not None or getattr(ip, "pt_app", None) is None:
            return
        from .suggester import suggester

        self._before = getattr(ip, "auto_suggest", None)
        self._suggester = suggester(self._session)
        self._put(self._before, self._suggester)

    def end(self) -> None:
        """Give the shell its own suggestions back."""
        if self._suggester is not None:
            self._suggester.close()
            self._put(self._suggester, self._before)
            self._suggester = None

    def report(self, word: str) -> str:
        """Carry out `complete on | off | status`, and say how things are. Raises UsageError."""
        if word not in ("on", "off", "status", ""):
            raise UsageError(f"complete is on, off or status, not {word!r}.")
        if getattr(self._session.ip, "pt_app", None) is None:
            raise UsageError(_ELSEWHERE)
        if word in ("on", "off"):
            self._session.config.completion = word
            self.begin()
            if word == "off" and self._suggester is not None:
                self._suggester.close()
        return self._status()

    def _put(self, old: Any, new: Any) -> None:
        ip = self._session.ip
        if hasattr(old, "disconnect"):
            old.disconnect()
        ip.auto_suggest = ip.pt_app.auto_suggest = new
        if hasattr(new, "connect"):
            new.connect(ip.pt_app)

    def _status(self) -> str:
        config = self._session.config
        if config.completion != "on" or self._suggester is None:
            return "Suggestions are off: `%devstral complete on`."
        from ...session.suggestions.completion_model import State

        try:
            known = self._suggester.completer.model.known()
        except DevstralError as error:
            return f"Suggestions are on, but do not come: {error}"
        said = {
            State.READY: f"Suggestions are on: {known.model} is ready.",
            State.NO_MODEL: f"Suggestions: no model yet. `%devstral pull {typed(known.model)}`",
            State.NO_INSERT: f"Suggestions do not come: {known.model} cannot fill in the middle.",
            State.WAITING: f"Suggestions wait until {known.chat} is loaded, to take no memory from it.",
            State.NO_ROOM: f"Suggestions are off: there is no room for {known.model} beside {known.chat}.",
        }
        return said.get(known.state, f"Suggestions are on, but do not come: {known.problem}")
