"""A question from the browser on its way to the core and back: facts gathered, then records of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import ensure_async
from tornado.web import HTTPError

from ..core.answering import Answered, Asking, Status, Steps, answering
from ..core.errors import DevstralError, ModelError, NotSent, UsageError
from ..core.request.tasks import Attachment, Request, Task
from ..core.unit_tests.question import code_of
from ..core.wire import reply_bundle
from ..session.rules import RulesFile, rules_in_force
from .kernel_expression import evaluate
from .kernel_namespace import kernel_variables
from .preferences.rules import root_of, rules_of, rules_records
from .proving import Evaluating, Proven, Wanted, proof_of, wanted
from .records import sent_record
from .status import state_of
from .streaming import Record, threaded_records

if TYPE_CHECKING:
    from ..core.assistant import Assistant, Reply, ReplyStream
    from ..core.model.server import ModelServer
    from ..core.model.window import Window
    from ..core.prompt.prompt import Prompt
    from ..core.variables.namespace import Variable
    from ..session.permitted_server import PermittedServer
    from .question import Question
    from .session import ServerSession

_LONGEST_FILE = 200_000
MOST_FILES = 10
_CUT = "The tests are not proven: the answer did not come to its end."


@dataclass(frozen=True)
class Asked:
    """A question with everything that belongs to it; `notes` say what does not."""

    request: Request
    assistant: Assistant
    model: PermittedServer
    notes: tuple[str, ...]
    wanted: Wanted
    rules: tuple[RulesFile, ...] = ()


async def gather(session: ServerSession, question: Question, *, kernels: Any, contents: Any) -> Asked:
    """Ask kernel, contents and model server; raises DevstralError for what cannot be asked."""
    wishes = session.wishes(question.route, question.model, question.path)
    # None waits for another: every millisecond here is one before the first word.
    model, rules, (asked, variables, notes) = await asyncio.gather(
        asyncio.to_thread(session.model, wishes),
        asyncio.to_thread(rules_of, root_of(contents), question.path),
        _from_kernel(kernels, question),
    )
    question = asked.question
    attachments = [await file_of(contents, path) for path in question.files[:MOST_FILES]]
    can_see = bool(question.images) and await asyncio.to_thread(has_vision, model)
    if question.images and not can_see:
        notes.append(no_pictures(model))
    request = question.request(variables, attachments, with_images=can_see, scope=session.config.context)
    notes += [file.problem for file in rules if file.problem]
    assistant = session.assistant(model, question.path, rules_in_force(rules))
    return Asked(request, assistant, model, tuple(notes), asked, tuple(rules))


async def _from_kernel(kernels: Any, question: Question) -> tuple[Wanted, tuple[Variable, ...], list[str]]:
    """What the notebook's kernel knows of a question; its variables; sentences about what it did not say."""
    asked = await wanted(kernels, question)
    question = asked.question
    if not (question.is_python and question.kernel_id):
        return asked, (), []
    said = await kernel_variables(kernels, question.kernel_id, list(question.variables))
    return asked, said.variables, [said.note] if said.note else []


def preview(asked: Asked) -> Record:
    """What would be sent, word for word; blocking. Needs no model server, but uses what it says."""
    window = None
    # Without a server the window is the one that would be asked for.
    with suppress(DevstralError):
        window = asked.model.window()
    prompt = asked.assistant.prompt(asked.request, window=window)
    shown = window or asked.model.asked_window
    record = _sent(asked, prompt, shown, shown.reply_reserve(asked.assistant.config.max_reply_tokens))
    return {**record, "messages": _messages(prompt)}


async def answered(session: ServerSession, asked: Asked, kernels: Any) -> AsyncGenerator[Record, None]:
    """What the protocol says of an answer, from "sent" to "done" or "error"; tests are proven first."""
    is_test = asked.request.task is Task.TEST
    provable = is_test and not asked.wanted.problem
    check = proof_of(asked.wanted, seconds=session.trial_seconds) if provable else None
    driver = _Driver(session, asked, kernels)
    async with aclosing(driver.records(answering(check, whole_parts=code_of))) as records:
        async for record in records:
            yield record
    if driver.answered is None:
        return
    reply = driver.answered.reply
    bundle = reply_bundle(reply)
    if is_test:
        proven = driver.answered.checked or Proven(problem=asked.wanted.problem or _CUT)
        bundle["proof"] = {
            "markdown": proven.markdown or f"*{proven.problem}*",
            "strengthen": proven.strengthen,
            "key": proven.key,
        }
    yield {"type": "done", "bundle": bundle}


class _Driver:
    """Carries out the steps of an answer for one page.

    Attributes:
        answered: what the steps return; None until then, and where the question itself failed.
    """

    def __init__(self, session: ServerSession, asked: Asked, kernels: Any) -> None:
        self.answered: Answered[Proven] | None = None
        self._session = session
        self._asked = asked
        self._kernels = kernels
        self._last: Reply | None = None

    async def records(self, steps: Steps[Answered[Proven]]) -> AsyncGenerator[Record, None]:
        """What the protocol says while the steps are carried out."""
        go: Callable[[Any], Any] = steps.send
        value: Any = None
        while True:
            try:
                step = go(value)
            except StopIteration as end:
                self.answered = end.value
                return
            go, value = steps.send, None
            if isinstance(step, Evaluating):
                kernel_id = self._asked.wanted.question.kernel_id
                value = await evaluate(self._kernels, kernel_id, step.expression, patience=step.patience)
            elif isinstance(step, Status):
                yield {"type": "phase", "text": step.words}
            else:
                answer = self._ask(step)
                async with aclosing(self._told(answer)) as records:
                    async for record in records:
                        yield record
                if answer.reply is not None:
                    value = self._last = answer.reply
                elif self._last is None:
                    return
                else:
                    go, value = steps.throw, ModelError(answer.problem)

    def _ask(self, step: Asking) -> Answer:
        asked, last = self._asked, self._last
        if last is None:
            return Answer(self._session, asked, lambda: _start(self._session, asked))
        return Answer(
            self._session, asked, lambda: asked.assistant.follow_up(last, step.words, quotes_outputs=True)
        )

    async def _told(self, answer: Answer) -> AsyncGenerator[Record, None]:
        """The records of a reply; of a second one only what belongs behind the first."""
        is_first = self._last is None
        if not is_first:
            yield {"type": "text", "text": "\n\n"}
        async with aclosing(_tracked(self._session, answer)) as records:
            async for record in records:
                if is_first or record["type"] not in ("sent", "error"):
                    yield record


async def _tracked(session: ServerSession, answer: Answer) -> AsyncGenerator[Record, None]:
    session.track(answer)
    try:
        records = threaded_records(answer.records, close=answer.close, phase=answer.phase)
        async with aclosing(records):
            async for record in records:
                yield record
    finally:
        session.untrack(answer)


class Answer:
    """The records of one reply, all but its end; `records` blocks, `close` and `phase` are for any thread.

    Attributes:
        reply: once the records have ended; None where they end with an error.
        problem: that error in words.
    """

    def __init__(self, session: ServerSession, asked: Asked, start: Callable[[], ReplyStream]) -> None:
        self._session = session
        self.reply: Reply | None = None
        self.problem = "the answer was stopped"
        self._asked = asked
        self._start = start
        self._stream: ReplyStream | None = None
        self._closed = False

    def records(self) -> Iterator[Record]:
        """What the protocol says, from "sent" to the last text or "error"."""
        try:
            yield from self._records()
        except DevstralError as error:
            self.problem = str(error)
            yield {"type": "error", "message": str(error), "state": state_of(error)}

    def close(self) -> None:
        """Close the connection to the model at once."""
        self._closed = True
        if self._stream is not None:
            self._stream.close()

    def phase(self) -> str:
        return self._stream.phase if self._stream is not None else "preparing"

    def _records(self) -> Iterator[Record]:
        from ..core.reply_stream import Delta, Note, Retraction

        stream = self._stream = self._start()
        if self._closed:
            stream.close()
            return
        outgoing = stream.outgoing
        sent = _sent(self._asked, outgoing.prompt, outgoing.window, outgoing.num_predict)
        yield {"type": "sent", **sent, "messages": _messages(outgoing.prompt)}
        for event in stream:
            if isinstance(event, Delta):
                yield {"type": "text", "text": event.text}
            elif isinstance(event, Retraction):
                yield {"type": "retraction"}
            elif isinstance(event, Note):
                yield {"type": "note", "text": event.text}
        self.reply = stream.result()
        self._session.remember(self.reply)


def _start(session: ServerSession, asked: Asked) -> ReplyStream:
    """The answer's stream; one that was cut off goes on where it ended."""
    from ..core.answer import Reply
    from ..core.notebook.cells import Turn

    request, model, partial = asked.request, asked.model, asked.wanted.question.partial
    if not partial.strip():
        return asked.assistant.reply(request)
    window = model.window()
    prompt = asked.assistant.prompt(request, window=window)
    cut = Reply(
        request=request,
        prompt=prompt,
        text=partial,
        code=(),
        edits=(),
        notes=(),
        usage=None,
        finished="cut",
        window=window,
        model=model.name,
        host=model.host,
        first_token_seconds=None,
        turn=Turn(prompt.user_text, partial, prompt.described),
    )
    if not session.held.allows(cut.turn, asked.assistant.allowance.kinds):
        raise NotSent(f"That answer began elsewhere: ask the question itself at {model.host}.")
    return asked.assistant.continue_reply(cut)


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in prompt.messages]


def _sent(asked: Asked, prompt: Prompt, window: Window, reserve: int) -> Record:
    return sent_record(
        asked.request,
        prompt,
        window,
        reply_reserve=reserve,
        model=asked.model.name,
        place=asked.model.remote_place,
        route=asked.model.route,
        estimate=asked.assistant.estimate,
        notes=asked.notes,
        rules=rules_records(asked.rules),
    )


async def file_of(contents: Any, path: str) -> Attachment:
    """A text file of the workspace, as the user's own file browser may read it."""
    try:
        model = await ensure_async(contents.get(path, content=True, type="file", format="text"))
    except HTTPError as error:
        why = "it is no text file" if error.status_code == 400 else "it cannot be read"
        raise UsageError(f"{path} is not attached: {why}.") from None
    text = model.get("content")
    if not isinstance(text, str) or len(text) > _LONGEST_FILE:
        raise UsageError(f"{path} is too large to be sent: attach a part of it as a selection.")
    return Attachment("file", path, text)


def no_pictures(model: ModelServer) -> str:
    """Say that pictures stay here."""
    return f"{model.name} cannot look at pictures: they are not sent."


def has_vision(model: ModelServer) -> bool:
    """Whether the model can look at pictures."""
    try:
        return "vision" in model.details().capabilities
    except DevstralError:
        # The question itself will meet the same error, and say it.
        return False
