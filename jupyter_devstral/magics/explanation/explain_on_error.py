"""Reactions to failed cells, and the explanations kept for later clicks and commands."""

from __future__ import annotations

import contextvars
import os
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...core.errors import DevstralError, UsageError
from ...core.failure.exception_facts import is_error
from ...core.request.tasks import Task
from ...core.settings.config import EXPLAIN_PLACE
from ...kernel.recursion import room_to_recurse
from ..notebook.front_end import cell_tags, is_watching, widgets_work
from .exception_watcher import ExceptionWatcher

if TYPE_CHECKING:
    from ...core.request.command import Command
    from ..session import ShellSession
    from .explanation import Explanation
    from .failure_subject import Subject

BACKGROUND, HERE, NOWHERE = "background", "here", "nowhere"
_LEFT_ALONE = frozenset({"raises-exception", "devstral-skip"})
_KEPT = 20
# Cells that only talk to Devstral leave an explanation running; a question to the model ends it.
_COMMAND = re.compile(
    r"\s*%devstral\s+(?:accept|auto|stop|status|last|help|models|route|doctor)\b[^\n]*\s*\Z|\s*%devstral\s*\Z"
)


class ExplainOnError:
    """The explanations of one shell.

    Attributes:
        place: where an automatic explanation runs, if that was set: BACKGROUND, HERE or NOWHERE; "" decides
            by what is known of the front-end.
    """

    def __init__(self, session: ShellSession) -> None:
        said = os.environ.get(EXPLAIN_PLACE, "")
        self.place = said if said in (BACKGROUND, HERE, NOWHERE) else ""
        self._session = session
        self._watcher = ExceptionWatcher(self._on_error)
        self._known: OrderedDict[str, Explanation] = OrderedDict()
        # The explanation of each error, by signature.
        self._explained: dict[tuple[str, ...], str] = {}
        self._current: Explanation | None = None
        self._failed: Subject | None = None
        self._last: Explanation | None = None
        # The kernel was started with a place for explanations, so the choice is made.
        self._told_how_to_change = bool(self.place)
        self._was_asked_for = False
        self._lock = threading.Lock()

    def pre_run_cell(self, info: Any) -> None:
        """End an explanation that nobody waits for when another cell runs."""
        self._watcher.pre_run_cell(info)
        current = self._current
        # Code that front-ends run silently (variable inspectors) is not a cell.
        is_cell = getattr(info, "cell_id", None) or info.store_history
        if current is not None and is_cell and not current.wanted and not _COMMAND.match(info.raw_cell or ""):
            self._current = None
            self._forget(current)
            current.stop()

    def post_run_cell(self, result: Any) -> None:
        """Forget a failure whose cell has succeeded since."""
        self._watcher.post_run_cell(result)
        failed = self._failed
        if failed is not None and result is not None and result.success:
            entry = self._session.transcript.entry_of(result.info)
            if entry is not None and entry is failed.entry:
                self._failed = None

    def close(self) -> None:
        """Stop all running explanations, for good."""
        self.place = NOWHERE
        for explanation in list(self._known.values()):
            explanation.stop()

    def was_told(self, mode: str) -> None:
        """Note that the user typed `%devstral auto`.

        It then holds in any shell, whatever is known of a front-end.
        """
        self._was_asked_for = mode != "off"

    def is_meant(self, command: Command) -> bool:
        """Tell whether a `fix` or `explain` is about the last failure.

        It is where there is one and nothing else is named.
        """
        task = command.task
        names_something = command.cell is not None or (
            task is Task.EXPLAIN and command.text.strip() in self._session.ip.user_ns
        )
        is_about_errors = task is not None and task.facts.explains_errors
        return is_about_errors and self._failed is not None and not names_something

    def subject(self, command: Command) -> Subject:
        """The failure that `explain_last` would explain."""
        from .failure_subject import asked_again

        assert self._failed is not None
        return asked_again(self._session, self._failed, command)

    def explain_last(self, command: Command) -> None:
        """Explain the last failure in the cell that runs now."""
        if self._current is not None:
            self._current.stop()
        self._last = explanation = self._new(self.subject(command), self._session.ip, command=command)
        explanation.begin()
        explanation.run()
        if command.output:
            self._session.ip.user_ns[command.output] = self._session.last

    @property
    def latest(self) -> Explanation | None:
        """The newest explanation, or None."""
        return self._last

    def last_fix(self) -> Explanation:
        """The explanation whose fix `accept` means. Raises UsageError when there is none."""
        last = self._last
        if last is not None and last.running:
            raise UsageError("The explanation is not finished yet; `%devstral accept` works when it is.")
        if last is None or not last.card.edits:
            raise UsageError(
                "There is no fix to accept. `%devstral fix` asks for one after a cell has failed."
            )
        return last

    def act(self, action: str, card_id: str) -> None:
        """Carry out an action from a front-end; on any thread."""
        if action == "hello":
            self._show_again()
        explanation = self._known.get(card_id)
        if explanation is None:
            return
        if action == "stop":
            explanation.stop()
        elif action == "dismiss":
            explanation.dismiss()
        elif action in ("explain", "more") and not explanation.running:
            explanation.wanted = True
            explanation.resume()
            self._last = explanation
            explanation.begin()
            self._in_background(explanation, explanation.run if action == "explain" else explanation.run_more)

    def _show_again(self) -> None:
        """Show finished cards again.

        A page loaded while an explanation ended has saved its card as it was before.
        """
        with self._lock:
            known = list(self._known.values())
        for explanation in known:
            explanation.show_again()

    def where(self) -> str:
        """The place where an automatic explanation runs."""
        session, ip = self._session, self._session.ip
        if self.place:
            return self.place
        if session.lab.connected or is_watching(ip):
            return BACKGROUND
        return HERE if _is_terminal(ip) or self._was_asked_for else NOWHERE

    def _on_error(self, error: BaseException, info: Any) -> None:
        session = self._session
        mode, where = session.config.auto_explain, self.where()
        entry = session.transcript.entry_of(info)
        if entry is None or is_error(error, DevstralError):
            return
        if cell_tags(session.ip, info) & _LEFT_ALONE:
            self._failed = None
            return
        # The failure is read even where nothing is explained: `%devstral fix` may be typed next.
        from .failure_subject import read_subject

        self._failed = subject = read_subject(session, error, entry)
        if subject is None or mode == "off" or where == NOWHERE:
            return
        self._react(subject, mode, where)

    def _react(self, subject: Subject, mode: str, where: str) -> None:
        explanation = self._new(subject, self._session.ip)
        signature = subject.failure.signature
        if signature in self._explained:
            explanation.card.notes = ["The same error again. `%devstral explain` explains it once more."]
            return explanation.offer()
        # A kernel started with explanations "here" was started to have them.
        if self.place != HERE and (place := self._place_that_asks_first()):
            explanation.card.notes = [
                f"`%devstral explain` has this explained at {place}, which is not this machine."
            ]
            return explanation.offer()
        if mode == "button":
            ename = subject.failure.ename
            explanation.card.notes = [f"`%devstral explain` says why this failed ({ename})."]
            return explanation.offer()
        self._explained[signature] = explanation.card.id
        self._current = self._last = explanation
        if not self._told_how_to_change:
            from .fix_card import HOW_TO_CHANGE

            explanation.card.hint = HOW_TO_CHANGE
        explanation.begin()
        if where == BACKGROUND:
            self._in_background(explanation, explanation.run)
        else:
            self._finish(explanation, explanation.run)
        return None

    def _place_that_asks_first(self) -> str:
        """The place that an unrequested explanation would send data to; "" where it may run."""
        try:
            model = self._session.model_for(start=False)
        except DevstralError:
            # The explanation meets the same error and reports it.
            return ""
        return model.remote_place if model.asks_first else ""

    def _new(self, subject: Subject, ip: Any, *, command: Command | None = None) -> Explanation:
        from ...kernel.copy.main_thread import MainLoop, directly
        from .card_output import screen_for
        from .explanation import Explanation
        from .fix_card import FixCard
        from .fix_panel import FixPanel

        # A notebook executed as a whole is read later, without this kernel.
        lab, unattended = self._session.lab.connected, self.place == HERE
        card = FixCard(
            id=uuid.uuid4().hex,
            title=subject.failure.title,
            cell_id=subject.failure.cell,
            notebook=subject.request.notebook,
            says_accept=not lab and not unattended,
        )
        in_background = command is None and self.where() == BACKGROUND
        explanation = Explanation(
            self._session,
            subject,
            card,
            screen_for(ip, card),
            on_main=MainLoop() if in_background else directly,
            command=command,
        )
        if widgets_work(ip) and not lab and not unattended:
            explanation.panel = FixPanel(ip, card, explanation.steps, self.act)
        with self._lock:
            self._known[card.id] = explanation
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return explanation

    def _in_background(self, explanation: Explanation, work: Callable[[], object]) -> None:
        # In this context, updates carry the header of the failed cell, whichever cell runs at the time.
        run = contextvars.copy_context().run
        threading.Thread(
            target=run, args=(self._finish, explanation, work), name="devstral-explain", daemon=True
        ).start()

    def _finish(self, explanation: Explanation, work: Callable[[], object]) -> None:
        with room_to_recurse():
            work()
        if self._current is explanation:
            self._current = None
        if explanation.answered:
            self._told_how_to_change = True
        if not explanation.whole:
            self._forget(explanation)

    def _forget(self, explanation: Explanation) -> None:
        """Forget an unfinished explanation, so that the same error gets another attempt."""
        signature = explanation.subject.failure.signature
        if self._explained.get(signature) == explanation.card.id:
            self._explained.pop(signature, None)


def _is_terminal(ip: Any) -> bool:
    # By name: importing the class would import the terminal's toolkit.
    return any(cls.__name__ == "TerminalInteractiveShell" for cls in type(ip).__mro__)
