"""A reply as it arrives, read into actions: native calls, fences that become cells, calls leaked as text."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..model.messages import ToolCall
from ..reply.parser import Code, ReplyParser
from ..reply.repetition import RepetitionWatch
from .action import WRITE, Action, Said
from .calls_in_text import normal_name, split_calls
from .loose_json import read_value

_MARKDOWN = frozenset({"markdown", "md"})
_PYTHON = frozenset({"python", "py", "ipython", "python3"})


class ActionReader:
    """Reads one reply; what it says does not depend on how the reply was split.

    Args:
        tools: the names of the tools.
        language: of the notebook: which fences become cells.
        writes: whether fences do at all.
    """

    def __init__(self, tools: Iterable[str], language: str = "python", *, writes: bool = True) -> None:
        self._tools = tuple(tools)
        self._language = language
        self._writes = writes
        self._parts: list[str] = []
        self._calls: list[ToolCall] = []
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def feed(self, piece: str | bytes) -> None:
        """Take the next piece, of any length; bytes are UTF-8."""
        self._parts.append(self._decode(piece) if isinstance(piece, bytes) else piece)

    def call(self, call: ToolCall) -> None:
        """Take a call that the server told apart from the text."""
        self._calls.append(call)

    def close(self, *, cut: bool = False) -> Said:
        """End the reply; `cut`: it hit its limit, so that what is open was not meant so."""
        watch = RepetitionWatch()
        is_endless = watch.feed("".join([*self._parts, self._decode(b"", final=True)]))
        text, cut = watch.kept, cut or is_endless
        prose: list[str] = []
        actions: list[Action] = []
        for part in split_calls(text, self._tools):
            if isinstance(part, Action):
                actions.append(part)
            else:
                actions += self._cells(part, prose, cut=cut)
        actions += [self._native(call, cut=cut) for call in self._calls]
        if is_endless:
            actions = [replace(one, problem="endless") if one.problem == "cut" else one for one in actions]
        return Said(text, "".join(prose).strip(), tuple(actions), watch.repeated)

    def _native(self, call: ToolCall, *, cut: bool) -> Action:
        name = normal_name(call.name, self._tools)
        if call.unread:
            try:
                arguments, _ = read_value(call.unread, 0)
            except ValueError:
                arguments = None
            if not isinstance(arguments, dict):
                return Action(name or call.name, problem="cut" if cut else "malformed", call=call)
            call = replace(call, arguments=arguments, unread="")
        if name:
            return Action(name, call.arguments, call=call)
        return Action(call.name, call.arguments, problem="unknown", call=call)

    def _cells(self, text: str, prose: list[str], *, cut: bool) -> Iterator[Action]:
        parser = ReplyParser(self._language)
        for event in (*parser.feed(text), *parser.close()):
            action = self._cell(event, cut=cut) if isinstance(event, Code) and self._writes else None
            if action is None:
                prose.append(event.raw if isinstance(event, Code) else event.text)
            else:
                yield action

    def _cell(self, code: Code, *, cut: bool) -> Action | None:
        """Read a fence; None for one that is only shown."""
        tag = code.language.lower()
        is_markdown = tag in _MARKDOWN and bool(code.source.strip())
        action = Action(
            WRITE,
            {"cell": code.cell, "source": code.source, "kind": "markdown" if is_markdown else "code"},
        )
        if code.verdict == "cell" or is_markdown:
            return replace(action, problem="cut") if cut and not code.closed else action
        if code.verdict == "lazy" or code.verdict.startswith("does not parse"):
            if cut and not code.closed:
                return replace(action, problem="cut")
            if code.cell or tag in _PYTHON or tag == self._language:
                return replace(action, problem="malformed", why=code.verdict)
        return None
