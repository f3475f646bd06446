"""One run on this server: carried out on a thread, told to pages as records, and asked by none but the user.

It goes on, and is kept, whether or not a page listens; only a question waits for one.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.agent.outcome import Ended, Limits
from ...core.agent.rules import findings
from ...core.agent.steps import AskModel, Heard, Question, Ran, RunCell
from ...core.errors import DevstralError
from ...core.python.harmless import is_harmless
from ...core.settings.policy_files import policy
from ...core.variables.namespace import Variable
from ...session.agent.driver import AgentDriver, Audience
from ...session.agent.run_record import RunRecord
from ..answers import GRACE_SECONDS
from ..asking import has_vision, no_pictures
from ..kernel_expression import Evaluated
from ..question import without
from ..status import state_of
from .cell_record import cell_records
from .consequence import STOPPED, asked_in_words, consequence, in_words
from .run_log import RunLog
from .stage import KernelStage

if TYPE_CHECKING:
    from ...core.agent.loop import AgentRun
    from ...core.model.server import Wishes
    from ...core.notebook.cells import Cell
    from ...core.request.tasks import Attachment, Rules
    from ..question import Question as Asked
    from ..session import ServerSession
    from ..streaming import Record

_log = logging.getLogger(__name__)
_LONGEST_REASON = 600
_LOOK_SECONDS = 1.0
_NOBODY = "Stopped: its question was not answered, and no page shows it any more."
_NO_KERNEL = "Stopped: the kernel ended while its question waited for an answer."
_NOT_FOR_REAL = "A policy lets no cell of a run run for real: what it does outside is refused."


@dataclass(frozen=True)
class Reply:
    """The user's answer to a question.

    Attributes:
        allowed: this once.
        ran: what became of the cells that a yes has run for real, by their ids.
        changes: of the notebook by that, as the page needs them for an undo; kept as they are.
        remembers: harmless cells of this run need not be asked about any more.
    """

    allowed: bool
    ran: Mapping[str, Ran]
    changes: Sequence[Any] = ()
    remembers: bool = False


class ServerRun:
    """One run.

    Args:
        asked: the task as a question about the notebook.
        wishes: of the model.
        evaluate: evaluates an expression in the notebook's kernel, from any thread.
        has_kernel: whether there still is the kernel that it began with, if any; from any thread.
        records: the folder of the records of runs.
        attachments: files that the task names.
        rules: of the project.

    Attributes:
        path: of the notebook.
        state: "waiting", "running", then "review".
    """

    def __init__(
        self,
        id: str,
        session: ServerSession,
        asked: Asked,
        wishes: Wishes,
        *,
        plan: bool,
        evaluate: Callable[[str, float], Evaluated],
        records: Path,
        has_kernel: Callable[[], bool] = lambda: True,
        attachments: Sequence[Attachment] = (),
        rules: tuple[Rules, ...] = (),
    ) -> None:
        self.id, self.path, self.state = id, asked.path, "waiting"
        self.log = RunLog()
        self._session = session
        self._asked = asked
        self._wishes = wishes
        self._plan = plan
        self._folder = records
        self._has_kernel = has_kernel
        self._attachments = attachments
        self._rules = rules
        self._loop = asyncio.get_running_loop()
        self.stopped = threading.Event()
        self._answered = threading.Condition()
        self._open = ""
        self._reply: Reply | None = None
        self._now: Sequence[Cell] | None = None
        self._driver: AgentDriver | None = None
        self._run: AgentRun | None = None
        self._told: dict[str, dict[str, Any]] = {}
        self._ran_for_real: dict[str, str] = {}
        self._remembers = False
        self._why = self._given_up = ""
        self._prompt_tokens = self._memory = 0
        self._numbers = 0
        self.stage = KernelStage(
            id,
            evaluate,
            say=self._say,
            stopped=self.stopped,
            without=self._without_copy,
            hidden=frozenset(key.removeprefix("variable:") for key in asked.excluded),
        )
        self.log.add({"type": "run", "id": id, "task": asked.text, "plan": plan, "steps": Limits().steps})

    def stop(self) -> None:
        """End it, from any thread: the model's connection is closed before anything else."""
        self.stopped.set()
        if self._driver is not None:
            self._driver.stop()
        with self._answered:
            self._answered.notify_all()

    close = stop

    def answer(self, question: str, reply: Reply) -> bool:
        """Answer the open question; False where it is another one, or none."""
        with self._answered:
            if not question or question != self._open:
                return False
            self._open, self._reply = "", reply
            self._answered.notify_all()
        return True

    def take_cells(self, now: Sequence[Cell]) -> None:
        """Take the notebook's cells as they are in the page; what was taken out of the question stays out."""
        self._now = [without(cell, self._asked.excluded) for cell in now]

    @property
    def cell_ids(self) -> frozenset[str]:
        """The ids of the notebook's cells: those of its begin, and those that the page told of last."""
        return frozenset(cell.id for cell in [*self._asked.notebook.cells, *(self._now or ())])

    def revoke(self) -> None:
        """Ask about every cell again."""
        self._remembers = False
        self._tell({"type": "remembered", "on": False})

    def carry_out(self) -> None:
        """Carry it out to its end; blocking, for a thread."""
        began = time.monotonic()
        self.state = "running"
        record = RunRecord(self._folder)
        try:
            ended = self._carried_out(record)
            self._sync()
            self._tell(self._end_record(ended, time.monotonic() - began))
        except DevstralError as error:
            self._sync()
            failed = {"type": "failed", "message": str(error), "state": state_of(error)}
            self._tell({**failed, **self._facts(time.monotonic() - began)})
        except KeyboardInterrupt:
            stopped = {"type": "ended", "how": "stopped", "words": self._given_up or STOPPED}
            self._tell({**stopped, **self._facts(time.monotonic() - began)})
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the page must hear of an end
            _log.exception("A run ended with %s", type(error).__name__)
            failed = {"type": "failed", "message": "The run was cut off by an error.", "state": "trouble"}
            self._tell({**failed, **self._facts(time.monotonic() - began)})
        finally:
            record.close()
            self.state = "review"

    def _carried_out(self, record: RunRecord) -> Ended:
        asked, session = self._asked, self._session
        model = session.model(self._wishes)
        audience = Audience(
            say=self._say_unless_step,
            text=lambda text: self._tell({"type": "text", "text": text}),
            answer=self._answer,
            cell=self._on_cell,
            step=self._on_step,
            heard=self._on_heard,
            retract=lambda: self._tell({"type": "retraction"}),
            look=lambda: self._now,
        )
        driver = AgentDriver(
            session, model, session.redactor(asked.path), self.stage, audience, record, plan=self._plan
        )
        self._driver = driver
        if self.stopped.is_set():
            raise KeyboardInterrupt
        self._say("Makes a copy of the kernel…")
        self._begin_stage()
        variables = [Variable(*one) for one in self.stage.described()]
        can_see = bool(asked.images) and has_vision(model)
        request = asked.request(variables, self._attachments, with_images=can_see)
        run = driver.prepare(
            asked.notebook,
            asked.text,
            request.variables,
            seed=self.id,
            attachments=request.attachments,
            images=request.images,
            rules=self._rules,
        )
        self._run = run
        place = {"model": model.name, "place": model.remote_place}
        why = self.stage.problem
        said = (
            f"No rehearsal: {why}. Cells are written, and each is asked about before it runs." if why else ""
        )
        self._tell({"type": "started", **place, "problem": said, "may_run": self._may_run})
        if asked.images and not can_see:
            self._say(no_pictures(model))
        return driver.carry_out(run)

    def _begin_stage(self) -> None:
        if not self._asked.is_python:
            self.stage.problem = f"the notebook runs {self._asked.notebook.language}"
        elif not self._asked.kernel_id:
            self.stage.problem = "the notebook has no kernel"
        elif not self._session.trial_seconds:
            self.stage.problem = "copies are switched off"
        else:
            self.stage.begin()

    def _on_step(self, step: Any) -> None:
        self._sync()
        if isinstance(step, AskModel):
            tokens = {"prompt_tokens": self._prompt_tokens, "reply_tokens": self._reply_tokens}
            self._tell({"type": "step", "step": step.step, **tokens})
        elif isinstance(step, RunCell):
            self._why = step.why
            self._tell({"type": "running", "cell": step.cell, "source": step.source})
            self._say(f"Rehearses cell {self._name_of(step.cell)}…")

    def _on_heard(self, heard: Heard) -> None:
        self._prompt_tokens += heard.prompt_tokens

    def _on_cell(self, cell: str, ran: Ran) -> None:
        self._memory = max(self._memory, ran.memory)
        self._tell({"type": "ran", "cell": cell})

    def _sync(self) -> None:
        """Tell of every cell that is not as it was told last."""
        if self._run is None:
            return
        now = cell_records(self._run.draft)
        for id in self._told.keys() - now.keys():
            now[id] = {**self._told[id], "state": "as it was"}
        for id, record in now.items():
            if self._told.get(id) != record:
                self._tell({"type": "cell", "cell": record})
        self._told = now

    def _answer(self, question: Question) -> bool:
        if question.for_real and not self._may_run:
            self._say(_NOT_FOR_REAL)
            return False
        before = [id for id in question.before if self._ran_for_real.get(id) != self._source_of(id)]
        facts = {"kind": question.kind, "cell": question.cell, "effect": question.effect}
        more = {"source": question.source, "before": before, "for_real": question.for_real}
        reply = self._ask({**facts, **more})
        self._take_ran(question, reply)
        return reply.allowed

    def _take_ran(self, question: Question, reply: Reply) -> None:
        """Take what ran for real, be it in part; what only reads or shows something may do so in the copy."""
        for id in reply.ran:
            self._ran_for_real[id] = self._source_of(id)
        ran = reply.ran.get(question.cell)
        if ran is not None:
            self._ran_for_real[question.cell] = question.source
            self.stage.take_real(question.source, ran)

    def _without_copy(self, source: str) -> Ran:
        """Ask about a cell where there is no copy: the page runs it for real, or nobody does.

        A harmless one is carried out by the page at once where the user has said so of this run.
        """
        assert self._run is not None
        cell = next((one for one in self._run.draft.touched if one.source == source), None)
        if cell is None or not self._asked.is_python or not self._asked.kernel_id or not self._may_run:
            return Ran(problem=f"not run: there is no copy of this kernel ({self.stage.problem})")
        found = findings(source)
        facts = {"kind": "run", "cell": cell.id, "effect": "; ".join(found), "source": source, "before": []}
        facts["why"] = self._why[:_LONGEST_REASON]
        may_remember = not found and is_harmless(source) and policy().agent_remember
        agreed = may_remember and self._remembers
        more = {"for_real": True, "may_remember": may_remember, "agreed": agreed}
        reply = self._ask({**facts, **more})
        # What was agreed to before may have been taken back meanwhile: only a click says it anew.
        if may_remember and not agreed and reply.allowed and reply.remembers != self._remembers:
            self._remembers = reply.remembers
            self._tell({"type": "remembered", "on": self._remembers})
        if reply.allowed and cell.id in reply.ran:
            self._ran_for_real[cell.id] = source
            return reply.ran[cell.id]
        return Ran(problem="not run: the user did not let it run; it stays as it is")

    @property
    def _may_run(self) -> bool:
        """Whether a policy lets cells of a run run for real."""
        return policy().agent == "run"

    def _ask(self, facts: Mapping[str, Any]) -> Reply:
        """Ask, and wait as long as a page shows it; no answer but the page's allows anything."""
        self._sync()
        self._numbers += 1
        name = f"q{self._numbers}"
        order = [self._name_of(id) for id in (*facts["before"], facts["cell"])]
        means = consequence(facts["kind"], facts["effect"], order, for_real=facts["for_real"])
        with self._answered:
            self._open, self._reply = name, None
        asks = asked_in_words(facts["kind"], facts["effect"])
        self._tell({"type": "question", "question": name, **facts, "asks": asks, "means": means})
        reply = self._reply_of_user()
        if reply is None:
            raise KeyboardInterrupt
        told = {"question": name, "allowed": reply.allowed, "changes": list(reply.changes)}
        self._tell({"type": "answered", **told})
        return reply

    def _reply_of_user(self) -> Reply | None:
        with self._answered:
            while not self._answered.wait_for(
                lambda: self._reply is not None or self.stopped.is_set(), _LOOK_SECONDS
            ):
                # Other runs wait for the end of this one.
                is_alone = self.log.seconds_alone > GRACE_SECONDS
                self._given_up = _NOBODY if is_alone else "" if self._has_kernel() else _NO_KERNEL
                if self._given_up:
                    self.stopped.set()
            reply, self._open, self._reply = self._reply, "", None
        return reply

    def _end_record(self, ended: Ended, seconds: float) -> Record:
        return {
            "type": "ended",
            "how": ended.how,
            "reason": ended.reason,
            "words": self._given_up or in_words(ended.how, ended.reason),
            "summary": ended.summary,
            "changes": self.stage.changes(),
            "refused": [f"{self._name_of(cell)}: {effect}" for cell, effect in ended.refused],
            **self._facts(seconds),
        }

    def _facts(self, seconds: float) -> dict[str, Any]:
        return {
            "taken": self._run.ended.steps if self._run else 0,
            "prompt_tokens": self._prompt_tokens,
            "reply_tokens": self._reply_tokens,
            "seconds": round(seconds, 1),
            "real": sorted(self._ran_for_real),
            "memory": self._memory,
        }

    @property
    def _reply_tokens(self) -> int:
        return self._run.ended.reply_tokens if self._run else 0

    def _name_of(self, id: str) -> str:
        assert self._run is not None
        draft = self._run.draft
        return next((draft.short(cell) for cell in draft.cells if cell.id == id), id)

    def _source_of(self, id: str) -> str:
        assert self._run is not None
        return next((cell.source for cell in self._run.draft.cells if cell.id == id), "")

    def _say(self, words: str) -> None:
        self._tell({"type": "say", "text": words})

    def _say_unless_step(self, words: str) -> None:
        # The number of a step is told with its tokens.
        if not words.startswith("step "):
            self._say(words)

    def _tell(self, record: Record) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.log.add, record)


def read_reply(data: Mapping[str, Any]) -> Reply:
    """Read a page's answer; only a real yes is one."""
    listed = data.get("ran")
    ran = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("cell"), str):
            outputs = one.get("outputs")
            error = one.get("error")
            ran[one["cell"]] = Ran(
                outputs=tuple(each for each in outputs if isinstance(each, Mapping))
                if isinstance(outputs, list)
                else (),
                error=error if isinstance(error, str) else "",
            )
    changes = data.get("changes")
    return Reply(
        data.get("allowed") is True,
        ran,
        changes if isinstance(changes, list) else (),
        data.get("remembers") is True,
    )
