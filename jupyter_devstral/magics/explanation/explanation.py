"""Explanation of one failed cell: question, answer, trial of the fix, one second attempt, finished card.

Runs on the calling thread; the caller decides whether that is the main one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...core.answering import Asking, Trying, answering, carry_out, repairing
from ...core.edits.edit import with_losses
from ...core.edits.rerun_plan import cells_to_run
from ...core.errors import DevstralError
from ...kernel.copy.main_thread import OnMain
from ..display.live_output import undisturbed
from ..display.reply_markdown import ReplyMarkdown
from . import fix_card
from .card_output import Screen
from .fix_card import FixCard, explanation_prose

if TYPE_CHECKING:
    from ...core.assistant import Assistant, Reply, ReplyStream
    from ...core.edits.edit import Edit
    from ...core.notebook.cells import Cell
    from ...core.request.command import Command
    from ...core.request.tasks import Request
    from ...kernel.trial.trial import Trial, Verdict
    from ..session import ShellSession
    from .failure_subject import Subject
    from .fix_panel import FixPanel

_STOPPED = "stopped; `%devstral explain` begins again"
# As in `kernel.trial.trial.Verdict.kind`, which is loaded with the first trial.
_CLEAN, _FAILS = "clean", "fails"
_TRYING = "trying the fix in a copy of the namespace"
_AGAIN = "the fix still fails; asking once more"


class Explanation:
    """The explanation of one failure; `stop` is for any thread.

    Attributes:
        card: the state on the screen.
        wanted: whether somebody asked for it, so that running another cell does not end it.
        on_main: the way to the thread that runs cells.
        panel: buttons below the card, where the front-end does not draw them itself.
        running: whether a thread is at work on it.
    """

    def __init__(
        self,
        session: ShellSession,
        subject: Subject,
        card: FixCard,
        screen: Screen,
        *,
        on_main: OnMain,
        command: Command | None = None,
    ) -> None:
        self.card = card
        self.subject = subject
        self.wanted = command is not None
        self.running = False
        self._session = session
        self._command = command
        self._screen = screen
        self.on_main = on_main
        self.panel: FixPanel | None = None
        self._stopped = threading.Event()
        self._dismissed = False
        self._stream: ReplyStream | None = None
        self._trial: Trial | None = None
        self._reply: Reply | None = None
        self._second: Reply | None = None
        self._host = ""
        # The outcome of running stale cells again; both False where that was not tried.
        self._cured = self._cure_is_wrong = False

    def begin(self) -> None:
        """Show that work has begun; on the thread that ran the cell."""
        self.card.state, self.running = fix_card.WORKING, True
        self._screen.start(self._status)
        if self.panel is not None:
            self.panel.reserve()

    def offer(self) -> None:
        """Show a line to ask for the explanation, instead of beginning."""
        self.card.state = fix_card.OFFER
        self._screen.offer()
        if self.panel is not None:
            self.panel.reserve()
            self.panel.show()

    @property
    def answered(self) -> bool:
        """Whether there is a reply."""
        return self._reply is not None

    @property
    def whole(self) -> bool:
        """Whether the answer came to its end. If not, the same error deserves another attempt."""
        reply = self._reply
        return reply is not None and reply.finished in ("stop", "length") and bool(reply.text.strip())

    def steps(self) -> tuple[Cell, ...]:
        """The cells to run for the fix, with their new sources."""
        return self._steps(self.card.edits)

    def run(self) -> None:
        """Ask, try and show. Errors of the model or a trial are shown, not raised."""
        self._session.track(self)
        try:
            self._explain()
        except KeyboardInterrupt:
            undisturbed(self.stop)
        except DevstralError as error:
            self.card.notes = [f"No explanation: {error}"]
        # Packages and the user's objects may raise anything, and a card that waits for ever tells nobody.
        except Exception as error:  # noqa: BLE001
            self.card.notes = [f"No explanation: {_unforeseen(error)}"]
        finally:
            self._session.untrack(self)
        undisturbed(self._show_finished)

    def run_more(self) -> None:
        """Ask for more detail, and show it below the explanation; where there is none yet, ask for that."""
        first = self._reply
        if first is None:
            return self.run()
        from ...core.prompt.prompt import wording

        card, before = self.card, self.card.prose
        self._session.track(self)
        try:
            reply = self._follow(lambda assistant: assistant.follow_up(first, wording("more")), before)
            more = explanation_prose(reply.text, "")
            card.prose = f"{before}\n\n{more}"
            self._remember(f"{card.said.rstrip()}\n\n{reply.text}", reply)
        except KeyboardInterrupt:
            undisturbed(self.stop)
        except DevstralError as error:
            card.notes = [f"Stopped: {error}"]
        except Exception as error:  # noqa: BLE001 - as in `run`
            card.notes = [f"Stopped: {_unforeseen(error)}"]
        finally:
            self._session.untrack(self)
        undisturbed(self._show_finished)
        return None

    def close(self) -> None:
        """Stop, as `%devstral stop` does to everything that runs."""
        self.stop()

    def stop(self) -> None:
        """End the work and keep what has arrived; safe to repeat."""
        self._stopped.set()
        stream, trial = self._stream, self._trial
        if stream is not None:
            stream.close()
        if trial is not None:
            trial.cancel()

    def dismiss(self) -> None:
        """Stop the work and remove the card from the screen."""
        self.stop()
        self._dismissed = True
        self.card.state = fix_card.DISMISSED
        if not self.running:
            self._close_screen()

    def show_again(self) -> None:
        """Show a finished card again, for a front-end that may have missed its end.

        A running one updates itself.
        """
        if self.card.state != fix_card.WORKING:
            self._screen.close()

    def resume(self) -> None:
        """Make a stopped or offered explanation ready to begin again."""
        self._stopped.clear()
        self.card.notes = []

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def _status(self) -> str:
        return (self._stream.phase if self._stream else "") or "looking at the error"

    def _explain(self) -> None:
        self._try_known_cure()
        answered = carry_out(answering(lambda first: repairing(first, self._repair)), self._do)
        if answered.note:
            self.card.notes = [answered.note]
        second = self._second
        if second is not None and second.finished == "stop" and not second.changes:
            self._add_words_of(second)

    def _do(self, step: object) -> Any:
        """Carry out a step of the answer."""
        if isinstance(step, Asking):
            return self._repaired(step.request) if step.request else self._first_reply()
        if isinstance(step, Trying):
            self._take_once(step.reply)
            if self._cured:
                return None
            verdict = self._try(self.card.edits)
            self._show_verdict(verdict)
            return verdict
        return None

    def _try_known_cure(self) -> None:
        """Run known stale cells again before any model is asked. Where that helps, it is the fix."""
        rerun = self.subject.failure.rerun
        if not rerun:
            return
        self.card.rerun = rerun
        verdict = self._try(())
        self._cured = verdict is not None and verdict.kind == _CLEAN
        self._cure_is_wrong = verdict is not None and verdict.kind == _FAILS
        if self._cured:
            self._show_verdict(verdict)

    def _first_reply(self) -> Reply:
        request = self.subject.request
        reply = self._follow(lambda assistant: assistant.reply(request))
        if not self.stopped or reply.text.strip():
            self._take_once(reply)
        return reply

    def _repaired(self, request: Request) -> Reply:
        """Run the one repair round. The first attempt stays where the round has nothing else to show."""
        from ...core.second_attempt import as_answer_to

        first = self._reply
        assert first is not None
        self._screen.aside(_AGAIN)
        second = self._follow(lambda assistant: assistant.reply(request), self.card.prose)
        self._second = as_answer_to(first, second)
        return self._second

    def _add_words_of(self, second: Reply) -> None:
        """Keep what a second attempt said that has nothing to try."""
        card = self.card
        words = explanation_prose(second.text, self.subject.request.notebook.language)
        if words:
            card.prose = f"{card.prose}\n\n{words}".lstrip()
            self._remember(f"{card.said.rstrip()}\n\n{second.text}", self._reply or second)

    def _take_once(self, reply: Reply) -> None:
        if reply is self._reply:
            return
        # Without the code of the first attempt, which could be mistaken for the one to apply.
        said = f"{self.card.prose}\n\n{reply.text}" if self._reply is not None else reply.text
        self._reply = reply
        self._take(reply, said)

    def _repair(self, verdict: Verdict | None) -> Asking | None:
        """The question for another attempt after a trial; None where there is nothing to repair."""
        from ...core.second_attempt import request_after

        steps = self._steps(self.card.edits)
        if self.stopped or verdict is None or verdict.kind != _FAILS or not self.card.edits:
            return None
        failed = steps[min(verdict.step, len(steps) - 1)]
        return Asking(
            request=request_after(
                self.subject.request,
                self.card.edits,
                failed,
                ename=verdict.ename,
                evalue=verdict.evalue,
                line=verdict.line,
            )
        )

    def _follow(self, start: Callable[[Assistant], ReplyStream], before: str = "") -> Reply:
        """Show a reply while it arrives, below the text already shown."""
        session = self._session
        model = session.model_for(self._command, background=not self.wanted)
        self._host = model.host
        stream = self._stream = start(session.assistant(model))
        if self.stopped:
            stream.close()
        shown = ReplyMarkdown()
        from ...core.assistant import Delta

        try:
            for event in stream:
                shown.add(event)
                if isinstance(event, Delta):
                    self._screen.aside("")
                    self._screen.write(shown.text, lambda: f"{before}\n\n{shown}".lstrip())
        except KeyboardInterrupt:
            # What has arrived is kept, as on any other stop.
            undisturbed(self.stop)
        return stream.result()

    def _take(self, reply: Reply, said: str) -> None:
        """Put a reply on the card."""
        card, request = self.card, self.subject.request
        card.edits = () if self._cured else tuple(e for e in reply.edits if e.source != e.before)
        language = request.notebook.language
        new = [edit.source for edit in card.edits]
        card.prose = explanation_prose(said, language, without_code=self._cured, shown=new)
        card.receipt = self._session.receipt(reply)
        plan = self._steps(card.edits) if card.edits else ()
        card.rerun = tuple(cell.key for cell in plan)
        rerun = () if self._cure_is_wrong else self.subject.failure.rerun
        if rerun:
            card.rerun = card.rerun or rerun
            names = [card.name_of(key) for key in rerun]
            card.advice = f"Run {', then '.join(names)} again."
        self._remember(said, reply)

    def _remember(self, said: str, reply: Reply) -> None:
        self.card.said = said
        self.card.reply = reply
        subject = self.subject
        entry = subject.entry if subject.entry and subject.entry.order == subject.order else None
        self._session.record_explanation(replace(reply, turn=replace(reply.turn, reply=said)), entry)

    def _steps(self, edits: tuple[Edit, ...]) -> tuple[Cell, ...]:
        """The cells that a trial, or "Apply and run", runs."""
        notebook, failing = self.subject.request.notebook, self.subject.request.target
        if failing is None:
            return ()
        if edits:
            return cells_to_run(notebook.cells, edits, failing, self.subject.executed)
        by_key = {cell.key: cell for cell in notebook.cells}
        return tuple(by_key[key] for key in self.card.rerun if key in by_key)

    def _try(self, edits: tuple[Edit, ...]) -> Verdict | None:
        """Run the proposal in a copy of the namespace; None where there is nothing to run."""
        steps = self._steps(edits)
        seconds = self._session.trial_seconds
        if not steps or not seconds or self.stopped:
            return None
        from ...core.model.kept_connections import kept_ports, port_of
        from ...kernel.trial.child import Step
        from ...kernel.trial.trial import NOT_TRIED, Trial, Verdict

        several = len(steps) > 1
        trial = self._trial = Trial(
            self._session.ip,
            [Step(cell.source, f"cell {cell.sign}" if several else "") for cell in steps],
            seconds=seconds,
            # Connections to a host configured earlier are still open.
            own_ports={port_of(self._host), *kept_ports()},
        )
        self._screen.aside(_TRYING)
        if not self.on_main(trial.start, self._stopped):
            return Verdict(NOT_TRIED, reason="another cell was running")
        if self._stopped.is_set():
            trial.cancel()
        verdict = trial.result()
        return None if self._stopped.is_set() else verdict

    def _show_verdict(self, verdict: Verdict | None) -> None:
        self.card.trial = with_losses(verdict.badge(), self.card.edits) if verdict else ""
        self.card.verdict = verdict.kind if verdict else ""

    def _show_finished(self) -> None:
        card = self.card
        self.running = False
        if self._dismissed:
            card.state = fix_card.DISMISSED
        elif not self.answered and not self._cured:
            # It can be asked for again: a model server that was missing may be there by now.
            card.state = fix_card.OFFER
            card.notes = [_STOPPED] if self.stopped else card.notes
        else:
            card.state = fix_card.DONE
        if card.hint and self.answered:
            card.notes, card.hint = [*card.notes, card.hint], ""
        self._close_screen()

    def _close_screen(self) -> None:
        self._screen.close()
        if self.panel is not None:
            self.panel.show()

    def __repr__(self) -> str:
        return f"<Explanation of {self.card.title!r}: {self.card.state}>"


def _unforeseen(error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return f"jupyter-devstral met an error of its own ({type(error).__name__}: {said})."
