"""A run played without a model, a kernel or a user: replies, results and answers are what a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_devstral.core.agent.draft import Draft
from jupyter_devstral.core.agent.loop import AgentRun
from jupyter_devstral.core.agent.opening import opening_messages
from jupyter_devstral.core.agent.outcome import Ended
from jupyter_devstral.core.agent.steps import (
    ActionBegins,
    ActionEnds,
    AskModel,
    DescribeVariables,
    Heard,
    LookAtNotebook,
    Question,
    Ran,
    RunCell,
    Say,
)
from jupyter_devstral.core.agent.tool import all_tools
from jupyter_devstral.core.errors import DevstralError
from jupyter_devstral.core.model.messages import Message
from jupyter_devstral.core.notebook.cells import Cell, Notebook
from jupyter_devstral.core.prompt.prompt import build_prompt
from jupyter_devstral.core.request.tasks import Request, Task

NOTEBOOK = Notebook(
    (
        Cell("a1b2c3d4", 0, "code", "import pandas as pd"),
        Cell("c3d4e5f6", 1, "code", "df = pd.DataFrame({'a': [1, 2]})"),
    )
)


@dataclass
class Play:
    """A run and everything that happened in it.

    Attributes:
        replies: what the model says in turn: a text, a Heard, or an exception.
        ran: what becomes of a cell, by its source.
        says_yes: whether the user allows what is asked.
        now: the notebook's cells as the user has made them, by step.
    """

    replies: Sequence[Any]
    ran: Callable[[RunCell], Ran] = lambda step: Ran()
    says_yes: Callable[[Question], bool] = lambda question: False
    now: Callable[[int], Sequence[Cell] | None] = lambda step: None
    plan: bool = False
    native: bool = True
    notebook: Notebook = NOTEBOOK
    asked: list[AskModel] = field(default_factory=list)
    run_cells: list[RunCell] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    logged: list[ActionBegins | ActionEnds] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    def play(self) -> Ended:
        """Run it to its end."""
        run = self.agent()
        steps = run.steps()
        replies = iter(self.replies)
        send: Callable[..., Any] = steps.send
        value: Any = None
        while True:
            try:
                step = send(value)
            except StopIteration as end:
                ended: Ended = end.value
                return ended
            try:
                send, value = steps.send, self._do(step, replies)
            except (DevstralError, KeyboardInterrupt) as error:
                send, value = steps.throw, error

    def agent(self) -> AgentRun:
        """The run, not begun."""
        draft = Draft(self.notebook)
        return AgentRun(draft, opening(draft, self.notebook, plan=self.plan), plan=self.plan, **self.options)

    def _do(self, step: Any, replies: Iterator[Any]) -> Any:
        if isinstance(step, AskModel):
            self.asked.append(step)
            reply = next(replies)
            if isinstance(reply, BaseException):
                raise reply
            return reply if isinstance(reply, Heard) else Heard(reply, reply_tokens=10)
        if isinstance(step, RunCell):
            self.run_cells.append(step)
            return self.ran(step)
        if isinstance(step, Question):
            self.questions.append(step)
            return self.says_yes(step)
        if isinstance(step, DescribeVariables):
            return f"described: {', '.join(step.names)}"
        if isinstance(step, LookAtNotebook):
            return self.now(len(self.asked))
        if isinstance(step, (ActionBegins, ActionEnds)):
            self.logged.append(step)
            return None
        assert isinstance(step, Say)
        self.said.append(step.words)
        return None


def opening(draft: Draft, notebook: Notebook, *, plan: bool = False) -> tuple[Message, ...]:
    """The first messages of a run about this notebook."""
    prompt = build_prompt(Request(Task.CHAT, "", notebook))
    return opening_messages(prompt, draft, "Count the rows.", all_tools(reading=plan), plan=plan, native=True)
