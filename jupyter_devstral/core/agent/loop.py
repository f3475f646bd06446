"""The loop of a run: ask, read the actions, carry them out, tell the model; without any I/O of its own.

A generator of the steps in `steps`: what goes out is carried out by a front-end, what comes back is sent in.
Who may do what is decided here and by the user alone, from the action and its effect; no word of a model or
of an output allows anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from ..edits.versions.likeness import likeness
from ..errors import DevstralError, ModelError, NotLogged, NotSupported, WindowExceeded
from ..model.messages import Message
from ..model.token_estimate import estimate_tokens
from ..notebook.cells import Cell
from .action import WRITE, Action, Said
from .conversation import Conversation
from .draft import Draft, DraftCell
from .gate import Gate
from .outcome import Ended, How, Limits
from .reading import ActionReader
from .results import correction_text, failed_text, no_tool_text, once_more_text, ran_text
from .rules import findings
from .steps import ActionBegins, ActionEnds, AskModel, Heard, LookAtNotebook, Ran, Say
from .tool import Tool, all_tools, schema_of_a_call

Steps: TypeAlias = Generator[Any, Any, Any]

_COMPACT_AT = 0.7
_REPEATS = 3
_MALFORMED_IN_A_ROW = 2
_MOST_ACTIONS = 12
# Likeness from which on a block without a name is the cell that failed just now, mended.
_ANEW = 0.75
_ENDLESS = "it writes the same line again and again"
# A step of a plan that is not ticked.
_BOX = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+\[ \]\s", re.MULTILINE)


class AgentRun:
    """One run.

    Args:
        opening: its first messages; see `opening`.
        native: whether the model can call tools by itself.
        in_words: the opening for a model that turns out to have no tools; () where that is known.
        restore: puts secrets back into the source of a cell.
        safe: takes secrets and control tokens out of what goes to the model.
        count: estimates tokens.
        rules: the static rules.

    Attributes:
        draft: the notebook of the run.
        ended: how it ended; while it runs, how far it is.
    """

    def __init__(
        self,
        draft: Draft,
        opening: Sequence[Message],
        *,
        plan: bool = False,
        native: bool = True,
        in_words: Sequence[Message] = (),
        limits: Limits | None = None,
        restore: Callable[[str], str] = str,
        safe: Callable[[str], str] = str,
        count: Callable[[str], int] = estimate_tokens,
        rules: Callable[[str, str], tuple[str, ...]] = findings,
    ) -> None:
        self.draft = draft
        self._plan = plan
        self._limits = limits or Limits()
        self._restore, self._safe = restore, safe
        self._gate = Gate(draft, rules)
        self._tools: dict[str, Tool] = {tool.name: tool for tool in all_tools(reading=plan)}
        self._wire = tuple(tool.wire() for tool in self._tools.values()) if native else ()
        self._in_words = tuple(in_words)
        self._takes_schema = True
        self._conversation = Conversation(opening, count)
        self.ended = Ended("done", draft, refused=self._gate.refused)
        self._seen: Counter[str] = Counter()
        self._malformed = 0
        # Whether the last replies that did nothing have been asked for once more.
        self._is_over = self._lost = self._asked_again = False
        self._window = 0
        self._latest: DraftCell | None = None
        self._open: tuple[Said, dict[int, str]] | None = None
        # Of the action that is carried out: what became of it, the cell it is about, the model's reason.
        self._became = self._about = self._why = ""

    def steps(self) -> Generator[Any, Any, Ended]:
        """Yield the steps, to the end of the run; an interrupt that is thrown in ends it as "stopped"."""
        try:
            yield from self._steps()
            # However it ended, a user may speak next.
            self._conversation.stop()
        except KeyboardInterrupt:
            self._stop("stopped")
        except ModelError:
            self._stop("gave up")
            raise
        finally:
            self.ended.messages = self._conversation.messages
        return self.ended

    def end(self, how: str, words: str) -> None:
        """End the run behind this reply."""
        self._is_over = True
        self.ended.summary = words or self.ended.summary

    def rehearse(self, cell: DraftCell) -> Generator[Any, Any, str]:
        """Run a cell in the copy; returns what the model is told."""
        ran: Ran = yield from self._gate.run(cell, self._why)
        self._latest = cell
        if ran.lost:
            self._give_up(ran.problem)
        return ran_text(self.draft, cell, ran)

    def _steps(self) -> Steps:
        for number in range(1, self._limits.steps + 1):
            self.ended.steps = number
            if not (yield from self._fits()):
                return self._give_up("the window is too small for another step")
            heard = yield from self._ask(number)
            if heard is None:
                continue
            self.ended.reply_tokens += heard.reply_tokens
            said = self._read(heard)
            if said.repeats:
                yield Say("The model wrote the same line again and again; its reply was ended there.")
            if not said.actions:
                if (yield from self._without_action(said, heard)):
                    return None
                continue
            yield from self._carry_out_all(said)
            if self._is_over:
                return None
            if self.ended.reply_tokens >= self._limits.reply_tokens:
                return self._give_up("it has written all that a run may write")
        return self._give_up(f"it took {self._limits.steps} steps")

    def _give_up(self, reason: str) -> None:
        self.ended.how, self.ended.reason = "gave up", reason
        self._is_over = True

    def _stop(self, how: How) -> None:
        said, results = self._open or (Said("", "", ()), {})
        calls = [(a.call, results.get(at)) for at, a in enumerate(said.actions) if a.call is not None]
        self._conversation.stop(said.text, calls)
        self.ended.how = how

    def _fits(self) -> Generator[Any, Any, bool]:
        """Whether the next step fits the window, after making room where it is nearly full."""
        if not self._window:
            return True
        if self._conversation.tokens > _COMPACT_AT * self._window:
            yield from self._compact()
        return self._conversation.tokens + min(self._limits.reserve, self._window // 4) <= self._window

    def _compact(self) -> Generator[Any, Any, bool]:
        done = self._conversation.compact()
        if done:
            yield Say("The window is nearly full: results of earlier steps are left out from here on.")
        return done

    def _ask(self, number: int) -> Generator[Any, Any, Heard | None]:
        """Ask the model; None where nothing arrived that can be read, and it was told so."""
        schema = None
        if self._malformed >= _MALFORMED_IN_A_ROW and self._takes_schema:
            schema = schema_of_a_call(tuple(self._tools.values()))
        tools = () if schema else self._wire
        try:
            heard: Heard = yield AskModel(self._conversation.messages, tools, schema, number)
        except WindowExceeded as error:
            self._window = error.window or self._window
            if (yield from self._compact()):
                return None
            raise
        except NotSupported:
            if not self._does_without(has_schema=schema is not None):
                raise
            return None
        except ModelError as error:
            name = _unknown_tool(str(error))
            if not name or self._lost:
                raise
            self._lost = True
            self._conversation.add_lost(
                f"A call of {name!r} did not arrive.", no_tool_text(name, self._tools)
            )
            return None
        self._window = heard.window or self._window
        return heard

    def _does_without(self, *, has_schema: bool) -> bool:
        """Go on without what the server has refused; False where nothing can be left out."""
        if has_schema:
            self._takes_schema = False
            return True
        if not (self._wire and self._in_words and self._conversation.begin_anew(self._in_words)):
            return False
        self._wire = ()
        return True

    def _read(self, heard: Heard) -> Said:
        reader = ActionReader(self._tools, self.draft.language, writes=not self._plan)
        reader.feed(heard.text)
        for call in self._conversation.numbered(heard.calls):
            reader.call(call)
        said = reader.close(cut=heard.finished != "stop")
        kept, dropped = said.actions[:_MOST_ACTIONS], said.actions[_MOST_ACTIONS:]
        late = tuple(
            Action(one.name, problem="malformed", why="too many at once", call=one.call) for one in dropped
        )
        return replace(said, actions=(*kept, *late))

    def _without_action(self, said: Said, heard: Heard) -> Generator[Any, Any, bool]:
        """Take a reply that does nothing: the end of the run, or one that is asked for once more."""
        if said.text.strip() or said.repeats:
            if not self._asked_again and (yield from self._asks_again(said)):
                return False
            self.ended.summary = said.prose
            self._conversation.stop(said.text)
            if reason := self._not_done(said, heard):
                self._give_up(reason)
            return True
        if self._lost or not heard.reply_tokens:
            self._give_up("its answer was empty")
            return True
        self._lost = True
        yield Say("A call of the model was lost on its way; it is asked once more.")
        self._conversation.add_lost(
            "My call did not arrive.",
            "Your call did not arrive: it was not well formed. Write code as a block, or the call as JSON: "
            '{"name": …, "arguments": {…}}.',
        )
        return False

    def _asks_again(self, said: Said) -> Generator[Any, Any, bool]:
        """Ask in other words where a reply has lost its way, or would end what is not done."""
        advice = once_more_text(self.draft.language, repeats=bool(said.repeats), plan=self._plan)
        if not said.repeats and self._failed is not None:
            yield Say("The model would end with a cell that fails; it is asked to mend it.")
            advice = failed_text(self.draft, self._failed)
        elif not said.repeats and self._is_only_planned(said):
            yield Say("The model wrote a plan and no cell; it is asked for the first one.")
        elif not said.repeats:
            return False
        self._asked_again = True
        self._conversation.add(said.text, [], [advice])
        return True

    def _not_done(self, said: Said, heard: Heard) -> str:
        """Why a reply that does nothing is no end that was meant, or no good one; "" where it is."""
        if said.repeats:
            return _ENDLESS
        if heard.finished == "length":
            return "its last answer was cut at its limit"
        if heard.finished == "cut":
            return "its answer broke off before its end"
        if self._latest is not None and self._failed is self._latest:
            return "its last cell failed"
        return "it wrote a plan and no cell" if self._is_only_planned(said) else ""

    @property
    def _failed(self) -> DraftCell | None:
        """A cell of the run that fails as it stands, the one that was run last before others."""
        failed = [cell for cell in self.draft.touched if _has_failed(cell)]
        return self._latest if self._latest in failed else failed[0] if failed else None

    def _mended(self, source: str) -> DraftCell | None:
        """The cell that failed just now, where a block without a name is all of it, mended.

        Small models are told to name it, and do not; beside the new one it would fail for ever.
        """
        cell = self._failed
        if cell is None or cell is not self._latest or cell.before is not None:
            return None
        return cell if likeness(source, cell.source) >= _ANEW else None

    def _is_only_planned(self, said: Said) -> bool:
        return not self._plan and not self.draft.touched and _BOX.search(said.prose) is not None

    def _carry_out_all(self, said: Said) -> Steps:
        results: dict[int, str] = {}
        self._open = (said, results)
        added = yield from self._look()
        for at, action in enumerate(said.actions):
            if self._is_over:
                results[at] = "not carried out: the run has ended"
                continue
            self._why = _reason(action, said)
            results[at] = self._safe((yield from self._logged(action)))
            self._watch(action, results, at)
        if added:
            results[len(said.actions) - 1] += f"\n{added}"
        is_bad = all(action.problem for action in said.actions)
        self._malformed = self._malformed + 1 if is_bad else 0
        if is_bad and said.repeats and self._asked_again:
            self._give_up(_ENDLESS)
        is_bad = is_bad or self._failed is not None
        self._asked_again = is_bad and bool(said.repeats or self._asked_again)
        self.ended.summary = self.ended.summary if not said.prose or self._is_over else said.prose
        self._conversation.add(
            said.text,
            [(a.call, results[at]) for at, a in enumerate(said.actions) if a.call is not None],
            [results[at] for at, a in enumerate(said.actions) if a.call is None],
        )
        self._open = None
        if self._is_over:
            self._conversation.stop(words="Done." if self.ended.how == "done" else "Stopped.")

    def _look(self) -> Generator[Any, Any, str]:
        """Take over what the user has typed since the last step; gives what is told of cells he has added."""
        now: Sequence[Cell] | None = yield LookAtNotebook()
        added = self.draft.follow(now) if now else []
        names = ", ".join(map(self.draft.short, added))
        return f"The user has added cells meanwhile: {names}." if names else ""

    def _watch(self, action: Action, results: dict[int, str], at: int) -> None:
        """Count what is done again with the same result: the third time ends the run."""
        # Written in Python's way, a call can hold what JSON cannot.
        done = sorted((str(key), repr(value)) for key, value in action.arguments.items() if key != "why")
        key = f"{action.name}\n{done}\n{results[at]}"
        self._seen[key] += 1
        if self._seen[key] >= _REPEATS:
            self._give_up("it repeats itself")
        elif self._seen[key] > 1:
            results[at] += "\n(The same as before: do something else, or end.)"

    def _logged(self, action: Action) -> Generator[Any, Any, str]:
        """Carry out an action between the two steps by which it is logged."""
        self._became, self._about = action.problem or "done", self._named_cell(action)
        yield ActionBegins("" if action.problem == "unknown" else action.name, self._about)
        result = yield from self._carry_out(action)
        yield ActionEnds(self._became, self._about)
        return result

    def _named_cell(self, action: Action) -> str:
        """The id of the cell that an action names; "" where it names none that there is."""
        try:
            return self.draft.find(str(action.arguments.get("cell") or "")).id
        except DevstralError:
            return ""

    def _carry_out(self, action: Action) -> Generator[Any, Any, str]:
        if action.problem:
            return correction_text(action, self._tools)
        try:
            if action.name == WRITE:
                return (yield from self._write(action.arguments))
            told = self._tools[action.name].perform(self, action.arguments)
            return told if isinstance(told, str) else (yield from told)
        except DevstralError as error:
            if isinstance(error, (ModelError, NotLogged)):
                raise
            self._became = "not done"
            return f"{action.name}: {error}"

    def _write(self, arguments: Mapping[str, Any]) -> Generator[Any, Any, str]:
        name, source = str(arguments["cell"]), self._restore(str(arguments["source"]))
        cell = self.draft.find(name) if name else self.draft.same(source) or self._mended(source)
        if cell is not None and cell.source != cell.shown:
            cell.shown = cell.source
            self._became = "not done"
            return (
                f"cell {self.draft.short(cell)}: not changed: the user has changed it since. Now it is:\n"
                f"{cell.source}\nWrite it again if it still has to change."
            )
        kind = str(arguments["kind"])
        if name and cell is not None and cell.kind != kind:
            self._became = "not done"
            return (
                f"cell {self.draft.short(cell)}: not changed: it is a {cell.kind} cell, and this is {kind}."
            )
        cell = self.draft.write(cell, source, cell.kind if cell is not None else kind)
        self._about = cell.id
        if cell.kind == "code":
            return (yield from self.rehearse(cell))
        yield from self._gate.show(cell)
        return f"cell {self.draft.short(cell)}: written"


def _has_failed(cell: DraftCell) -> bool:
    return cell.ran is not None and bool(cell.ran.error) and not cell.ran.refused and not cell.deleted


def _reason(action: Action, said: Said) -> str:
    """Give the model's reason for an action: its own for this one, else the words around it."""
    why = action.arguments.get("why")
    return (why if isinstance(why, str) and why.strip() else said.prose).strip()


def _unknown_tool(text: str) -> str:
    """Find the name in what Ollama says of a call of a tool that it was not told of; "" for other errors."""
    found = re.search(r"tool '([^'\n]{1,100})' not found", text)
    return found[1] if found else ""
