"""The driver of a run that every front-end shares: it asks the model, and hands all else to who can do it.

What runs cells and who is asked come from the front-end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ...core.agent.draft import Draft
from ...core.agent.loop import AgentRun
from ...core.agent.opening import opening_messages
from ...core.agent.outcome import Ended, Limits
from ...core.agent.results import read_outputs
from ...core.agent.steps import (
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
from ...core.agent.tool import all_tools
from ...core.answer import Finished, Outgoing
from ...core.answering import carry_out
from ...core.errors import ModelError, RemoteRefused
from ...core.model.messages import ToolCall
from ...core.model.token_estimate import estimate_tokens
from ...core.model.window import needed_tokens
from ...core.notebook.cells import Cell
from ...core.prompt.named_outputs import named_outputs
from ...core.prompt.safe_request import shown_cell
from ...core.request.tasks import Attachment, Request, Rules, Task
from ...core.text.control_tokens import broken_up, mended
from .run_record import RunRecord

if TYPE_CHECKING:
    from ...core.model.window import Window
    from ...core.notebook.cells import Notebook
    from ...core.redaction.redactor import Redactor
    from ...core.variables.namespace import Variable
    from ..permitted_server import PermittedServer
    from ..session import Session


# What the steps of a run hold, by the names that routes and policies give them.
_SENT = ("source", "schemas", "outputs")


class Stage(Protocol):
    """What runs cells without any effect on the user's."""

    def run(self, source: str, allowed: Sequence[str]) -> Ran:
        """Run a cell in the copy."""
        ...

    def describe(self, names: Sequence[str]) -> str:
        """Describe variables of the copy."""
        ...


@dataclass(frozen=True)
class Audience:
    """Who a run is for.

    Attributes:
        say: told in a sentence what is being done.
        text: told the text of replies as it arrives.
        answer: answers a question; True allows what is asked, once.
        cell: told of each cell that was run: its id, and what became of it.
        step: told of each step before it is carried out.
        heard: told of each reply when it is whole.
        retract: told that the text of this reply so far was none of it.
        look: gives the notebook's cells as they are now, in order; None where nobody writes them.
    """

    say: Callable[[str], None] = lambda words: None
    text: Callable[[str], None] = lambda text: None
    answer: Callable[[Question], bool] = lambda question: False
    cell: Callable[[str, Ran], None] = lambda cell, ran: None
    step: Callable[[Any], None] = lambda step: None
    heard: Callable[[Heard], None] = lambda heard: None
    retract: Callable[[], None] = lambda: None
    look: Callable[[], Sequence[Cell] | None] = lambda: None


class AgentDriver:
    """The driver of one run.

    Args:
        plan: nothing is changed or run; the plan is the result.
    """

    def __init__(
        self,
        session: Session,
        model: PermittedServer,
        redactor: Redactor,
        stage: Stage,
        audience: Audience,
        record: RunRecord,
        *,
        plan: bool = False,
    ) -> None:
        self._session = session
        self._model = model
        self._redactor = redactor if session.config.redact or model.redacts else None
        self._stage = stage
        self._audience = audience
        self._record = record
        self._plan = plan
        self._actions = model.action_log(record.id)
        self._outgoing: Outgoing | None = None
        self._window: Window | None = None
        self._reserve = 0
        self._stopped = False

    def prepare(
        self,
        notebook: Notebook,
        task: str,
        variables: Sequence[Variable] = (),
        *,
        seed: str = "",
        attachments: Sequence[Attachment] = (),
        images: Sequence[str] = (),
        rules: tuple[Rules, ...] | None = None,
    ) -> AgentRun:
        """Make the run; nothing is asked of the model yet.

        Args:
            attachments: files and what is selected, as far as the task names them.
            images: pictures beside the task, base64; for a model that can look at them.
            rules: of the project; None for those of the session.

        Raises ModelError where its server fails, RemoteRefused where the route may not receive what a run
        sends, PolicyRefused where there may be no such run.
        """
        self._permit()
        self._refuse_narrow()
        config = self._session.config
        request = Request(
            Task.CHAT,
            "",
            notebook,
            scope="notebook",
            variables=tuple(variables),
            attachments=tuple(attachments),
            images=tuple(images),
        )
        redactor = self._redactor or _no_redactor()
        assistant = self._session.assistant_for(self._model, redactor, rules=rules)
        need = needed_tokens(assistant.prompt(request).tokens, config.max_reply_tokens)
        self._window = self._model.window(need)
        self._reserve = self._window.reply_reserve(config.max_reply_tokens)
        prompt = assistant.prompt(request, window=self._window)
        self._outgoing = Outgoing(request, prompt, self._window, self._reserve)
        native = self._has_tools()
        draft = Draft(notebook, seed=seed)
        safe_task, tools = self._safe(task), all_tools(reading=self._plan)
        in_words = opening_messages(prompt, draft, safe_task, tools, plan=self._plan, native=False)
        opening = opening_messages(prompt, draft, safe_task, tools, plan=self._plan, native=True)
        self._record.add("task", task=task, model=self._model.name, plan=self._plan)
        return AgentRun(
            draft,
            opening if native else in_words,
            plan=self._plan,
            native=native,
            in_words=in_words if native else (),
            limits=Limits(reserve=self._reserve),
            restore=self._restored,
            safe=self._safe,
            count=assistant.estimate,
        )

    def carry_out(self, run: AgentRun) -> Ended:
        """Carry out the run to its end; raises ModelError where the model fails, and the draft is kept."""
        try:
            ended = carry_out(run.steps(), self._do)
        except BaseException as error:
            self._record.add("error", error=str(error))
            self._actions.failed(error)
            raise
        finally:
            self._actions.end("interrupted")
        self._record.add("end", how=ended.how, reason=ended.reason, summary=ended.summary)
        return ended

    def stop(self) -> None:
        """End the run, from any thread: the model's connection is closed at once.

        What else the run waits for must end by itself, with a KeyboardInterrupt.
        """
        self._stopped = True
        self._model.close()

    def _do(self, step: Any) -> Any:
        if self._stopped:
            raise KeyboardInterrupt
        self._audience.step(step)
        if isinstance(step, AskModel):
            return self._heard(step)
        if isinstance(step, RunCell):
            ran = self._stage.run(step.source, step.allowed)
            self._learn(step, ran)
            self._record.add("cell", cell=step.cell, source=step.source, allowed=list(step.allowed), ran=ran)
            self._actions.ran(ran)
            self._audience.cell(step.cell, ran)
            return ran
        if isinstance(step, Question):
            allowed = self._audience.answer(step)
            self._record.add("question", question=step, allowed=allowed, by="the user" if allowed else "")
            self._actions.answered(step, allowed=allowed)
            return allowed
        if isinstance(step, DescribeVariables):
            return self._stage.describe(step.names)
        if isinstance(step, ActionBegins):
            return self._actions.begin(step.tool, step.cell)
        if isinstance(step, ActionEnds):
            return self._actions.end(step.outcome, step.cell)
        if isinstance(step, LookAtNotebook):
            return self._audience.look()
        assert isinstance(step, Say)
        self._record.add("said", words=step.words)
        self._audience.say(step.words)
        return None

    def _heard(self, step: AskModel) -> Heard:
        """Ask the model and listen; an interrupt closes its connection at once."""
        from ...core.reply.repetition import RepetitionWatch
        from ...core.reply.thinking import ThinkingFilter

        self._audience.say(f"step {step.step}")
        self._permit()
        self._actions.asked(step.step)
        if self._outgoing is not None:
            self._model.announce(self._outgoing, run=self._record.id, step=step.step)
        thinking, parts, watch = ThinkingFilter(), list[str](), RepetitionWatch()
        calls: list[ToolCall] = []
        usage = None
        try:
            for chunk in self._model.chat(
                step.messages,
                num_predict=self._reserve,
                window=self._window,
                tools=step.tools,
                schema=step.schema,
            ):
                if self._stopped:
                    break
                text = thinking.feed(chunk.text)
                if self._add(text, thinking, parts):
                    watch = RepetitionWatch()
                calls += chunk.tool_calls
                usage = chunk.usage or usage
                if watch.feed(text) and usage is None:
                    self._model.close()
                    break
        except KeyboardInterrupt:
            self._model.close()
            raise
        except ModelError as error:
            if not self._stopped:
                if not parts and not calls:
                    raise
                self._record.add("cut", step=step.step, error=str(error))
                self._audience.say(str(error))
        if self._stopped:
            # Said by the flag, whatever the closed connection looked like.
            raise KeyboardInterrupt
        self._add(thinking.close(), thinking, parts)
        finished: Finished = usage.done_reason if usage else "cut"
        text = "".join(parts)
        heard = Heard(
            text,
            tuple(calls),
            finished,
            usage.prompt_tokens if usage else 0,
            # What was ended early is not counted by the server.
            usage.reply_tokens if usage else estimate_tokens(text),
            self._window.tokens if self._window else 0,
        )
        facts = {"prompt_tokens": heard.prompt_tokens, "reply_tokens": heard.reply_tokens}
        ended = {"ended": f"it repeats {watch.repeated!r}"} if watch.repeated else {}
        self._record.add(
            "reply", step=step.step, text=text, calls=[vars(call) for call in calls], **facts, **ended
        )
        self._audience.heard(heard)
        return heard

    def _add(self, text: str, thinking: Any, parts: list[str]) -> bool:
        """Take the next text of a reply; True where what came before it was none of it."""
        is_anew = bool(thinking.take_retraction())
        if is_anew:
            parts.clear()
            self._audience.retract()
        if text:
            parts.append(text)
            self._audience.text(text)
        return is_anew

    def _permit(self) -> None:
        self._model.permit_agent("plan" if self._plan else "rehearse")

    def _refuse_narrow(self) -> None:
        """Refuse a route that may not receive what every step of a run sends."""
        missing = [kind for kind in _SENT if kind not in self._model.may_receive]
        if missing:
            raise RemoteRefused(
                f"A run sends {', '.join(_SENT)} with its steps, and {self._model.route} may not receive "
                f"{' and '.join(missing)}. Nothing was sent.",
                "Take a route that may, such as a model on this machine.",
            )

    def _has_tools(self) -> bool:
        """Whether the model has tools, or may have: a server that does not say refuses them, and is heard."""
        capabilities = self._model.details().capabilities
        return not capabilities or "tools" in capabilities

    def _learn(self, step: RunCell, ran: Ran) -> None:
        """Let the redactor know the secrets in outputs that only the source above them tells."""
        if self._redactor is not None:
            shown = Cell(step.cell, 0, "code", step.source, outputs=read_outputs(ran.outputs))
            self._redactor.redact([named_outputs(shown_cell(shown))])

    def _safe(self, text: str) -> str:
        redacted = self._redactor.redact([text])[0] if self._redactor else text
        return broken_up(redacted)

    def _restored(self, text: str) -> str:
        text = mended(text)
        return self._redactor.restore(text) if self._redactor else text


def _no_redactor() -> Redactor:
    from ...core.redaction.redactor import Redactor

    return Redactor()
