"""One suggestion from the place of the cursor to what is offered, for every front-end; chats go first.

Asks at most one at a time: a new question closes the one before it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...core.completion.asking import Prepared, holds_secret, prepare, why_not_asked
from ...core.completion.confidence import is_sure, smallest
from ...core.completion.families import Inserting
from ...core.completion.place import Place
from ...core.completion.trimming import is_another_word, is_over, offer
from ...core.errors import DevstralError, ModelMissing, NotSent, PolicyRefused
from ...core.model.precedence.right_of_way import a_chat_streams, told_of_chats
from ...core.notebook.cells import Cell, Notebook
from ...core.redaction.redactor import Redactor
from ...core.text.typed import typed
from .completion_model import CompletionModel, State, state_of

if TYPE_CHECKING:
    from ...core.model.completion import CompletionStream, Token
# How often chats of other processes are looked for while an answer streams.
_LOOK_SECONDS = 0.01
_PATIENCE_SECONDS = 0.2
# In characters; more than a model writes that keeps to the number of tokens it was asked for.
_LONGEST_REPLY = 4_000
PUSHED_OUT = "{model} pushed the chat model out of memory: it was unloaded, and keeps off the graphics card"
CHAT_GOES_FIRST = "a chat answers: suggestions wait"


@dataclass(frozen=True)
class Cursor:
    """A question: the cursor in a notebook.

    Attributes:
        cell: the one with the cursor, as it stands in `notebook`.
        remarks: comment lines about variables, by the key of the cell behind which they stand.
        by_hand: asked for; the place of the cursor and doubt do not stop it.
        regardless: asked for by somebody who wants to see what comes: room and chats do not stop it either.
    """

    notebook: Notebook
    cell: Cell
    place: Place
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_hand: bool = False
    regardless: bool = False


@dataclass(frozen=True)
class Completion:
    """What came of it.

    Attributes:
        text: what is offered, "" for nothing; `dropped` then says why.
        reply: the model's text as it came.
        request: the body that was sent; None where nothing was.
        notes: what would have stopped it, had it not been asked for by hand.
        state: of the model, for a status line.
        is_paused: a chat answers.
        is_final: asked again, it would come again; else something else stood in the way.
    """

    text: str = ""
    reply: str = ""
    request: dict[str, Any] | None = None
    model: str = ""
    dropped: str = ""
    notes: tuple[str, ...] = ()
    state: State = State.READY
    is_paused: bool = False
    is_final: bool = False


class Completer:
    """Suggestions of one model; methods are for any thread, and wait for the model server."""

    def __init__(self, model: CompletionModel) -> None:
        self.model = model
        self.last: Completion | None = None
        self._lock = threading.Lock()
        self._running: Asking | None = None

    def complete(self, cursor: Cursor, redactor: Redactor | None, asking: Asking | None = None) -> Completion:
        """Suggest at the cursor, or say why not; `asking` is what somebody else may close meanwhile.

        Raises ModelError, but only for `regardless` questions.
        """
        running = asking or Asking()
        self._begin(running)
        try:
            completion = self._complete(cursor, redactor, running)
        finally:
            running.ended.set()
        if completion.request is not None:
            self.last = completion
        return completion

    def _begin(self, running: Asking) -> None:
        with self._lock:
            before, self._running = self._running, running
        if before is not None and not before.ended.is_set():
            before.close("a newer one was asked for")
            before.ended.wait(_PATIENCE_SECONDS)

    def _complete(self, cursor: Cursor, redactor: Redactor | None, running: Asking) -> Completion:
        name, notes = self.model.model.name, []
        stopped = _stopped(cursor)
        if stopped and not cursor.by_hand:
            return Completion(model=name, dropped=stopped, is_final=True)
        notes += [stopped] if stopped else []
        if cursor.place.is_in_a_long_line:
            return Completion(model=name, dropped="the cursor's line is too long", is_final=True)
        server = self.model.model
        if redactor is None and server.redacts:
            redactor = Redactor()
        try:
            server.permit_completion()
        except (PolicyRefused, NotSent) as refused:
            self.model.failed(refused)
            return Completion(model=name, dropped=str(refused), state=state_of(refused))
        if redactor is not None and holds_secret(cursor.place):
            return Completion(model=name, dropped="the cursor is in a secret", is_final=True)
        if a_chat_streams():
            if not cursor.regardless:
                return Completion(model=name, dropped=CHAT_GOES_FIRST, is_paused=True)
            notes.append(CHAT_GOES_FIRST)
        known = self.model.known()
        if known.problem is not None and cursor.regardless:
            raise known.problem
        if known.state is State.NO_MODEL and cursor.regardless:
            pull = f"Pull it: `jupyter devstral pull {typed(name)}`."
            raise ModelMissing(f"The server does not have the model {name} yet.", pull, model=name)
        if known.state is not State.READY:
            why = str(known.problem or _WHY[known.state].format(chat=known.chat, model=name))
            if known.inserting is None or not cursor.regardless:
                return Completion(model=name, dropped=why, state=known.state)
            notes.append(why)

        def prepared(*, whole_words: bool) -> Prepared:
            return prepare(
                cursor.notebook,
                cursor.cell,
                cursor.place,
                known.inserting or Inserting(None),
                model=name,
                redactor=redactor,
                remarks=cursor.remarks if "schemas" in server.may_receive else {},
                window=known.window,
                on_cpu=known.on_cpu,
                whole_words=whole_words,
                keep_alive=self.model.config.keep_alive,
            )

        first = self._asked(cursor, prepared(whole_words=True), running, notes)
        # Another word than the one that is being typed: the typed part is shown after all.
        return (
            first
            or self._asked(cursor, prepared(whole_words=False), running, notes)
            or Completion(model=name, dropped="it begins with another word", is_final=True)
        )

    def _asked(
        self, cursor: Cursor, prepared: Prepared, running: Asking, notes: list[str]
    ) -> Completion | None:
        """What comes of one request; None where it begins with another word than the one being typed."""
        body, name = prepared.request.body(), prepared.request.model
        try:
            call = self.model.model.completion(prepared.request)
            running.take(call)
            reply, tokens = _read(call, prepared, running, yields=not cursor.regardless)
        except DevstralError as error:
            self.model.failed(error)
            if cursor.regardless:
                raise
            return Completion(request=body, model=name, dropped=str(error), state=self.model.known().state)
        if running.why:
            paused = running.why == CHAT_GOES_FIRST
            return Completion(reply=reply, request=body, model=name, dropped=running.why, is_paused=paused)
        if prepared.word and is_another_word(reply, prepared.word):
            return None
        if self.model.pushed_chat_out():
            notes.append(PUSHED_OUT.format(model=name))
        return _offered(cursor, prepared, reply, tokens, notes)


_WHY = {
    State.NO_SERVER: "no model server answers",
    State.NO_MODEL: "the server does not have {model} yet",
    State.NO_INSERT: "{model} cannot fill in the middle",
    State.WAITING: "{chat} is not loaded: {model} waits, so that it takes no memory from it",
    State.NO_ROOM: "there is no room for {model} beside {chat}",
    State.UNAVAILABLE: "this model server cannot be asked for suggestions",
    State.REFUSED: "a policy does not allow it",
    State.TROUBLE: "the model server is in trouble",
}


class Asking:
    """One question on its way; `close` is for any thread.

    Attributes:
        ended: set once nothing is asked any more.
        why: why it was closed; "" where it was not.
    """

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.why = ""
        self._call: CompletionStream | None = None

    def take(self, call: CompletionStream) -> None:
        """The call that `close` closes, at once where it was closed before."""
        self._call = call
        if self.why:
            call.close()

    def close(self, why: str = "nobody waits for it any more") -> None:
        """Close the connection to the model at once; safe to repeat, and before or after the request."""
        self.why = self.why or why
        if self._call is not None:
            self._call.close()


def _stopped(cursor: Cursor) -> str:
    return why_not_asked(cursor.place, cursor.notebook, cursor.cell)


def _read(
    call: CompletionStream, prepared: Prepared, running: Asking, *, yields: bool
) -> tuple[str, list[Token]]:
    """The reply as far as it is needed, closed when a chat begins if it `yields`."""
    reply = ""
    tokens: list[Token] = []
    with told_of_chats(lambda: running.close(CHAT_GOES_FIRST) if yields else None):
        watch = _Watch(running) if yields else None
        try:
            with closing(call.chunks()) as chunks:  # type: ignore[type-var]
                for chunk in chunks:
                    reply += chunk.text
                    tokens += chunk.tokens
                    if is_another_word(reply, prepared.word):
                        break
                    if _is_enough(reply, prepared):
                        break
        finally:
            if watch is not None:
                watch.stop()
    return reply, tokens


def _is_enough(reply: str, prepared: Prepared) -> bool:
    """Whether nothing that may still come would be offered; not every server knows where to stop."""
    if len(reply) > _LONGEST_REPLY:
        return True
    if prepared.block:
        return is_over(reply, prepared.place, prepared.taken, prepared.word)
    return "\n" in reply


class _Watch:
    """Looks for chats of other processes while an answer streams."""

    def __init__(self, running: Asking) -> None:
        self._running = running
        self._stopped = threading.Event()
        threading.Thread(target=self._look, name="devstral-right-of-way", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _look(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            if a_chat_streams():
                self._running.close(CHAT_GOES_FIRST)
                return


def _offered(
    cursor: Cursor, prepared: Prepared, reply: str, tokens: list[Token], notes: list[str]
) -> Completion:
    taken, word, block = prepared.taken, prepared.word, prepared.block
    offered = offer(reply, cursor.place, taken=taken, word=word, block=block)
    text, dropped = offered.text, offered.dropped
    least = smallest(tokens, reply, text, skip=len(word)) if text else None
    if text and not is_sure(least):
        doubt = f"the model is not sure (log-probability {least:.2f})"
        if cursor.by_hand:
            notes.append(doubt)
        else:
            text, dropped = "", doubt
    return Completion(
        text,
        reply,
        prepared.request.body(),
        prepared.request.model,
        dropped,
        tuple(notes),
        is_final=True,
    )
