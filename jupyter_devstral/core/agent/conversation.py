"""The messages of a run: they are only ever added to, so that each prompt begins with the one before.

Once, where the window fills up, results of earlier steps are left out in one go, and that is said. Roles stay
legal whatever happens: each call has one result, in order, and never do two users follow one another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..model.messages import Message, ToolCall

_STOPPED = "stopped by the user"


class Conversation:
    """The messages of one run.

    Args:
        opening: system message, and the user's first, which ends with the task.
        count: estimates tokens of a text.
    """

    def __init__(self, opening: Sequence[Message], count: Callable[[str], int]) -> None:
        self._opening = tuple(opening)
        self._count = count
        self._after: list[Message] = []
        self._numbered = 0
        self._digest: list[str] = []
        self.compacted = False

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages, the one to be answered last."""
        return (*self._opening, *self._after)

    @property
    def tokens(self) -> int:
        """Estimated tokens of all messages."""
        return sum(self._count(message.content) + self._of_calls(message) for message in self.messages)

    def begin_anew(self, opening: Sequence[Message]) -> bool:
        """Take another opening; False where something was said already."""
        if self._after or self.compacted:
            return False
        self._opening = tuple(opening)
        return True

    def numbered(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """Give each call an id of nine letters and digits, the same in every run of the same replies."""
        numbered = []
        for call in calls:
            self._numbered += 1
            numbered.append(replace(call, id=f"call{self._numbered:05d}"))
        return tuple(numbered)

    def add(self, text: str, calls: Sequence[tuple[ToolCall, str]], others: Sequence[str]) -> None:
        """Add a reply and what became of it.

        Args:
            text: of the reply, as it came.
            calls: those the server told apart, each with its result.
            others: results of what stood in the text itself.
        """
        self._after.append(
            Message("assistant", text if text.strip() or calls else "(nothing)", tool_calls=_of(calls))
        )
        if not calls:
            self._after.append(Message("user", "\n\n".join(others) or "Go on."))
        # A user's message must not stand directly behind a result: what else there is goes into the last one.
        for number, (call, result) in enumerate(calls, 1):
            content = "\n\n".join([*others, result]) if number == len(calls) else result
            self._after.append(Message("tool", content, answers=call))
        self._digest += [*others, *(result for _, result in calls)]

    def add_lost(self, what: str, advice: str) -> None:
        """Add a sentence about a reply of which nothing arrived."""
        self._after += [Message("assistant", f"({what})"), Message("user", advice)]

    def stop(
        self, text: str = "", calls: Sequence[tuple[ToolCall, str | None]] = (), words: str = "Stopped."
    ) -> None:
        """End it so that a user may speak next; a result of None is of a call that was not carried out."""
        if text.strip() or calls:
            self._after.append(Message("assistant", text, tool_calls=_of(calls)))
            for call, result in calls:
                self._after.append(Message("tool", _STOPPED if result is None else result, answers=call))
            if calls:
                self._after.append(Message("assistant", words))
        elif self.messages[-1].role != "assistant":
            self._after.append(Message("assistant", words))

    def compact(self) -> bool:
        """Leave out the results of earlier steps; False where that was done before, or there is nothing.

        The task, the words of the user and the last results stay; of earlier ones their first lines.
        """
        if self.compacted or len(self._after) < 2:
            return False
        self.compacted = True
        *opening, first = self._opening
        last = self._after[-1].content
        lines = [result.partition("\n")[0] for result in self._digest if result != last]
        before = "\n".join(f"- {line}" for line in lines)
        notice = (
            "Steps so far (to save room, what they showed is left out; read_cells and inspect show it again):"
        )
        self._opening = (
            *opening,
            replace(first, content=f"{first.content}\n\n{notice}\n{before}\n\n{last}"),
        )
        self._after = []
        return True

    def _of_calls(self, message: Message) -> int:
        return 4 + sum(self._count(f"{call.name}{dict(call.arguments)}") for call in message.tool_calls)


def _of(calls: Sequence[tuple[ToolCall, str | None]]) -> tuple[ToolCall, ...]:
    return tuple(call for call, _ in calls)
