"""Tab completion of the magic line: subcommands, tasks, options and their values, variables, model names."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

if TYPE_CHECKING:
    from .session import ShellSession

# Tab must answer at once: a slower server's answer still arrives, and serves the next Tab.
_PATIENCE = 0.3
_FRESH_SECONDS = 30.0

_LINE = re.compile(r"\s*(?:[^\W\d]\w*\s*=\s*)?%%?devstral(?P<rest>\s.*)$", re.DOTALL)
_AT = re.compile(r"(?<![\w@.+-])@(?P<name>\w*)$")


class MagicCompleter:
    """An IPython matcher for `%devstral` lines, and for `@name` in the body of a `%%devstral` cell."""

    def __init__(self, session: ShellSession) -> None:
        self._session = session
        self._models = RemoteNames(lambda: [info.name for info in session.model().models()])
        # The matcher that IPython calls. It must take an attribute, which a bound method does not.
        self.matcher = context_matcher(identifier="jupyter_devstral")(lambda context: self.match(context))

    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Complete the text at the cursor."""
        line = context.text_until_cursor
        on_line = _LINE.match(line)
        if on_line:
            fragment, words = self._on_line(on_line["rest"])
        elif context.full_text.lstrip().startswith("%%devstral") and context.cursor_line > 0:
            fragment, words = self._in_text(line)
        else:
            return _offer("", ())
        return _offer(fragment, words)

    def _on_line(self, rest: str) -> tuple[str, Iterable[str]]:
        from ..core.request.command import OPTIONS, SUBCOMMANDS, TASKS

        words = rest.split()
        fragment = words.pop() if words and not rest[-1].isspace() else ""
        if fragment.startswith("@"):
            return self._in_text(fragment)
        flags = {flag: option for option in OPTIONS for flag in option.flags}
        flag, equals, value = fragment.partition("=")
        if equals and flag in flags:
            return value, self._values(flags[flag].name, flags[flag].choices)
        if words and words[-1] in flags and flags[words[-1]].takes_value:
            return fragment, self._values(flags[words[-1]].name, flags[words[-1]].choices)
        if fragment.startswith("-"):
            return fragment, sorted(flags, key=lambda flag: (not flag.startswith("--"), flag))
        if words and words[0] in ("model", "pull"):
            return fragment, self._models() if len(words) == 1 else ()
        if words and words[0] == "route":
            return fragment, self._routes() if len(words) == 1 else ()
        if words and words[0] == "auto":
            return fragment, ("on", "button", "off") if len(words) == 1 else ()
        if words and words[0] == "rules":
            return fragment, ("on", "off") if len(words) == 1 else ()
        if words and words[0] == "complete":
            return fragment, ("on", "off", "status") if len(words) == 1 else ()
        if words and words[0] == "explain":
            return fragment, self._variables()
        return fragment, () if words else [*TASKS, *SUBCOMMANDS]

    def _values(self, name: str, choices: Iterable[str]) -> Iterable[str]:
        if name == "model":
            return self._models()
        if name == "route":
            return self._routes()
        return self._variables() if name == "variables" else choices

    def _in_text(self, text: str) -> tuple[str, Iterable[str]]:
        at = _AT.search(text)
        return (at["name"], self._variables()) if at else ("", ())

    def _routes(self) -> list[str]:
        return ["local", *self._session.config.routes]

    def _variables(self) -> list[str]:
        hidden = self._session.ip.user_ns_hidden
        return sorted(
            name for name in self._session.ip.user_ns if not name.startswith("_") and name not in hidden
        )


def _offer(fragment: str, words: Iterable[str]) -> SimpleMatcherResult:
    """The words that begin with the fragment. Where there are any, other matchers are suppressed."""
    found = [SimpleCompletion(text=word, type="magic") for word in words if word.startswith(fragment)]
    return SimpleMatcherResult(
        completions=found,
        suppress=bool(found),
        do_not_suppress=set(),
        matched_fragment=fragment,
        ordered=True,
    )


class RemoteNames:
    """Names from a server, fetched on a separate thread and kept for a while."""

    def __init__(self, fetch: Callable[[], list[str]]) -> None:
        self._fetch = fetch
        self._names: list[str] = []
        self._until = 0.0
        self._running: threading.Thread | None = None

    def __call__(self) -> list[str]:
        if time.monotonic() >= self._until:
            if self._running is None or not self._running.is_alive():
                self._running = threading.Thread(target=self._refresh, daemon=True)
                self._running.start()
            self._running.join(_PATIENCE)
        return self._names

    def _refresh(self) -> None:
        from ..core.errors import DevstralError

        try:
            self._names = self._fetch()
        except DevstralError:
            self._names = []
        self._until = time.monotonic() + _FRESH_SECONDS
