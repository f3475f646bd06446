"""A question's way from a cell to its answer in that cell: request, stream, receipt, new cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.answering import Answered, Asking, Status, Steps, answering, carry_out
from ..core.assistant import Assistant, Delta, Reply, ReplyStream
from ..core.errors import UsageError
from ..core.request.tasks import Task
from .display.live_output import Output, output_for, undisturbed
from .display.reply_markdown import ReplyMarkdown

if TYPE_CHECKING:
    from ..core.request.command import Command
    from ..core.request.tasks import Request
    from ..kernel.proof.proof import Proof
    from ..kernel.proof.targets import Target
    from .session import ShellSession


UNPROVEN = "The tests are not proven: the answer did not come to its end."


def ask(session: ShellSession, command: Command) -> None:
    """Send a question, show its answer while it arrives, and hand over its code.

    Raises `UsageError` and `NotebookError` before anything is sent, `ModelError` when there was no answer.
    """
    request, targets = request_of(session, command)
    check = None
    if command.task is Task.TEST:
        from ..core.unit_tests.question import form_of
        from .proving import proof_of

        check = proof_of(session, targets, form=form_of(command))
    _answer(session, command, lambda assistant: assistant.reply(request), check)


def request_of(session: ShellSession, command: Command) -> tuple[Request, tuple[Target, ...]]:
    """Make the request of a question, and the definitions its tests are for. Raises as `ask` does."""
    scope = command.context or session.config.context
    if command.task is not Task.TEST:
        return session.context.request(command, scope=scope), ()
    from .tests_asked import request_for_tests

    return request_for_tests(session, command, scope)


def strengthen(session: ShellSession, command: Command) -> None:
    """Ask for tests that find what the last ones missed. Raises UsageError where nothing is left."""
    from ..kernel.proof.targets import definition_source
    from .proving import proof_of

    if session.proven is None or not session.proven[1].alive:
        raise UsageError("There is no fault that tests did not notice: `%devstral test NAME` comes first.")
    last, proof = session.proven
    for target in proof.targets:
        if definition_source(session.ip.user_ns.get(target.name)) != target.source:
            raise UsageError(f"`{target.name}` is not what was tested: `%devstral test {target.name}` again.")
    _answer(
        session,
        command,
        lambda assistant: assistant.follow_up(last, proof.strengthening()),
        proof_of(session, proof.targets, mutants=proof.alive),
    )


def continue_last(session: ShellSession, command: Command) -> None:
    """Continue the last answer where it ended."""
    last = session.last
    if last is None:
        raise UsageError("There is no answer to continue in this session.")
    if last.finished == "stop" and last.text.strip():
        raise UsageError("Nothing is left to continue: the last answer came to its end.")
    _answer(session, command, lambda assistant: assistant.continue_reply(last))


def _answer(
    session: ShellSession,
    command: Command,
    start: Callable[[Assistant], ReplyStream],
    check: Callable[[Reply], Steps[Answered[Proof]]] | None = None,
) -> None:
    """Show an answer: `start` asks, `check` sees a finished reply before its code is handed over."""
    output = output_for(session.ip, draws=lambda: session.lab.runs_here)
    status = _Status()
    shown = ReplyMarkdown()
    conversation = _Conversation(session, command, start, shown, output, status)
    try:
        output.start(status)
        answered = carry_out(answering(check, whole_parts=_whole_tests), conversation.do)
    except KeyboardInterrupt:
        # An interrupt here is an error only because no stream existed yet: nothing was sent.
        return undisturbed(
            lambda: output.finish(_plain_bundle("*interrupted before anything was sent*"), "interrupted")
        )
    except BaseException:
        undisturbed(lambda: _finish_without_answer(status.stream, shown, output))
        raise
    reply, proof = answered.reply, answered.checked
    if check is not None and proof is None:
        reply = replace(reply, notes=(*reply.notes, UNPROVEN))
    return undisturbed(lambda: _finish(session, command, reply, shown, output, proof))


def _whole_tests(reply: Reply) -> list[str]:
    from ..core.unit_tests.question import code_of

    return code_of(reply)


class _Conversation:
    """The driver of an answer's steps in the cell that asks."""

    def __init__(
        self,
        session: ShellSession,
        command: Command,
        start: Callable[[Assistant], ReplyStream],
        shown: ReplyMarkdown,
        output: Output,
        status: _Status,
    ) -> None:
        self._session = session
        self._command = command
        self._start = start
        self._shown = shown
        self._output = output
        self._status = status
        self._assistant: Assistant | None = None
        self._last: Reply | None = None

    def do(self, step: object) -> Reply | None:
        """Carry out one step: show a status, send a question or run a check. Returns the reply."""
        if isinstance(step, Status):
            self._status.say(step.words)
        elif isinstance(step, Asking):
            self._last = self._reply(step.words)
            return self._last
        return None

    def _reply(self, words: str) -> Reply:
        session = self._session
        if self._assistant is None:
            self._assistant = session.assistant(session.model_for(self._command))
        if self._last is None:
            stream = self._start(self._assistant)
        else:
            # A proof asks again with the output of the tests.
            stream = self._assistant.follow_up(self._last, words, quotes_outputs=True)
        self._status.stream = stream
        _follow(session, stream, self._shown, self._output)
        return stream.result()


class _Status:
    """The current wait, in words. It is safe to read from another thread."""

    def __init__(self) -> None:
        self.stream: ReplyStream | None = None
        self._said = ""

    def say(self, words: str) -> None:
        """Set the words for work that no stream knows of."""
        self._said = words

    def __call__(self) -> str:
        return self._said or (self.stream.phase if self.stream else "") or "preparing"


def _follow(session: ShellSession, stream: ReplyStream, shown: ReplyMarkdown, output: Output) -> None:
    """Show everything that arrives. An interrupt closes the connection and keeps what is there."""
    session.track(stream)
    try:
        for event in stream:
            shown.add(event)
            # The continued reply was shown before; until more text arrives, the status is shown.
            if isinstance(event, Delta) and len(stream.text) > len(stream.outgoing.partial):
                output.write(shown.text, shown.__str__)
    except KeyboardInterrupt:
        stream.close()
    finally:
        session.untrack(stream)


def _finish(
    session: ShellSession,
    command: Command,
    reply: Reply,
    shown: ReplyMarkdown,
    output: Output,
    proof: Proof | None = None,
) -> None:
    from ..core.unit_tests.docstrings import docstring_edits
    from ..core.wire import MIME, reply_bundle
    from .display.insertion import diff_markdown, insert

    if proof is not None:
        sources = {target.name: target.source for target in proof.targets}
        rewritten, notes = docstring_edits(proof.docstrings, sources, reply.request.notebook)
        proof.notes += notes
        reply = replace(reply, edits=(*proof.edits(_anchor(reply)), *rewritten))
        session.proven = (reply, proof)
    diff = diff_markdown(reply.edits, reply.request.notebook.called)
    proven = proof.markdown() if proof is not None else ""
    receipt = session.receipt(reply)
    ending = "\n\n".join(part for part in (diff, proven, receipt) if part)
    output.finish(
        {
            MIME: {**reply_bundle(reply), "shown": shown.text, "proof": {"markdown": proven}},
            "text/markdown": f"{str(shown).rstrip()}\n\n{ending}".lstrip(),
            "text/plain": f"{reply.text.rstrip()}\n\n{ending}".lstrip(),
        },
        ending,
    )
    session.record(reply, continued=command.task is None)
    if command.output:
        session.ip.user_ns[command.output] = reply
    if command.insert == "below" and session.lab.runs_here:
        # Rewrites wait on the card for the user's click.
        session.lab.apply([edit for edit in reply.edits if edit.op == "insert"])
    else:
        insert(session.ip, reply.edits, command.insert)


def _anchor(reply: Reply) -> str:
    """The cell below which new ones go, "" for the asking one."""
    return next((edit.cell_id for edit in reply.edits if edit.op == "insert"), "")


def _finish_without_answer(stream: ReplyStream | None, shown: ReplyMarkdown, output: Output) -> None:
    """Keep the text that arrived before a failure on the screen. IPython shows the error itself."""
    if stream is not None:
        stream.close()
    text = str(shown).rstrip()
    output.finish(_plain_bundle(f"{text}\n\n*the answer ends here*" if text else "*no answer*"), "no answer")


def _plain_bundle(markdown: str) -> dict[str, Any]:
    return {"text/markdown": markdown, "text/plain": markdown}
