"""A reply while it arrives: restored, parsed into events, and turned into a `Reply` however it ends.

Independent of prompt building and HTTP: it takes what to send and a model that streams.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from .answer import Finished, Outgoing, Reply
from .errors import ModelError, WindowExceeded
from .model.messages import Usage
from .model.server import ModelServer
from .notebook.cells import Turn

if TYPE_CHECKING:
    # At run time the parser is imported after the first token, which it would delay by tens of ms.
    from .reply.parser import Code, Prose, ReplyParser
    from .reply.thinking import ThinkingFilter

_ENDINGS = {
    "cut": "The answer was cut off before its end",
    "length": "The answer hit its length",
    "interrupted": "Interrupted",
}
_REPEATED_ITSELF = "The model repeated itself, so its server ended the answer"
# As the servers count: so many equal pieces in a row.
_REPETITION = re.compile(r"(?:(\S{1,30}?)(?:\s*\1){29}|\s{30})\s*\Z")
_ALL_THINKING = "The answer was all thinking. Ask again, or with a larger `max_reply_tokens`."
_ONLY_REPEATED = "What came only repeated the answer: nothing was added."
_NOTHING_CAME = "Nothing more came: the model takes the answer for complete."
CONTINUE = "`%devstral continue` goes on"


@dataclass(frozen=True)
class Delta:
    """Text as it arrives, secrets restored; the deltas of a reply concatenate to its text."""

    text: str


@dataclass(frozen=True)
class Note:
    """A sentence of ours about the reply."""

    text: str


@dataclass(frozen=True)
class Retraction:
    """A step that turns all text so far into the model's thinking.

    The display begins anew, and deltas count from here.
    """


Event: TypeAlias = "Delta | Retraction | Prose | Code | Note"


class TextFilter(Protocol):
    """Protocol of a filter for streamed text. It holds back what is undecided."""

    def feed(self, text: str) -> str:
        """Take the next piece and return what is decided."""
        ...

    def close(self) -> str:
        """Return what was held back."""
        ...


class ReplyStream:
    """The events of one reply. Iterate once, in one thread; `close`, `phase` and `text` are for any thread.

    Yields Delta, Prose, Code and Note. A failure before any text raises ModelError; after it, the reply ends
    as "cut" and a Note says why. A continued reply begins with what was there.

    Args:
        filters: the filters of incoming text, in order.
        repack: finds, after WindowExceeded, a smaller prompt to send and a sentence about it, or None.
        learn: takes the counters of a complete answer; returns a sentence for the user, or "".
        announce: called with the outgoing data, just before it goes out.
        how_to_continue: the way to continue an incomplete answer, for the user; "" where there is none.
    """

    def __init__(
        self,
        model: ModelServer,
        outgoing: Outgoing,
        *,
        filters: Sequence[TextFilter] = (),
        repack: Callable[[Outgoing, WindowExceeded], tuple[Outgoing, str] | None],
        learn: Callable[[Outgoing, Usage], str],
        how_to_continue: str = CONTINUE,
        announce: Callable[[Outgoing], None] | None = None,
    ) -> None:
        self._announce = announce
        self._how_to_continue = how_to_continue
        self._model = model
        self._outgoing = outgoing
        self._filters = filters
        self._repack = repack
        self._learn = learn
        self._parser: ReplyParser | None = None
        self._thinking: ThinkingFilter | None = None
        # The thinking that the server itself separated from the answer.
        self._thoughts: list[str] = []
        self._parts: list[str] = []
        self._parsed: list[Prose | Code] = []
        self._notes: list[str] = []
        self._usage: Usage | None = None
        self._asked_at = time.perf_counter()
        self._first_token_seconds: float | None = None
        self._running = self._answered = self._closed = self._flushed = False
        self._reply: Reply | None = None
        self._iterator = self._events()

    @property
    def phase(self) -> str:
        """The current wait, for a status line; "" when there is none."""
        if not self._running:
            return ""
        is_thinking = self._thinking is not None and self._thinking.open
        return "thinking" if is_thinking or (self._thoughts and not self._parts) else self._model.phase()

    @property
    def outgoing(self) -> Outgoing:
        """The prompt and window that are sent. After a refusal as too long, the smaller ones."""
        return self._outgoing

    @property
    def text(self) -> str:
        """The text so far, secrets restored."""
        return "".join(self._parts)

    def close(self) -> None:
        """Close the connection at once and keep the text so far. Iteration then ends; safe to repeat."""
        if not self._answered:
            self._closed = True
        if self._running:
            self._model.close()

    def __enter__(self) -> ReplyStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        return self._iterator

    def result(self) -> Reply:
        """The reply: complete after iteration, before that the text so far ("interrupted").

        Call it from the iterating thread; it closes a connection that is still open.
        """
        if self._reply is None:
            self.close()
            self._iterator.close()
            for _ in self._flush():
                pass
            self._reply = self._finish()
        return self._reply

    def _events(self) -> Generator[Event, None, None]:
        try:
            yield from self._take(self._outgoing.partial)
            yield from self._answer()
            self._answered = True
        except ModelError as error:
            if self.text == self._outgoing.partial:
                raise
            self._answered = True
            yield self._note(str(error))
        yield from self._flush()
        said = len(self._notes)
        self._reply = self._finish()
        yield from map(Note, self._reply.notes[said:])

    def _answer(self) -> Iterator[Event]:
        try:
            yield from self._attempt()
            return
        except WindowExceeded as refused:
            smaller = self._repack(self._outgoing, refused)
            if smaller is None:
                raise
        self._outgoing, sentence = smaller
        yield self._note(sentence)
        yield from self._attempt()

    def _attempt(self) -> Iterator[Event]:
        outgoing = self._outgoing
        self._running = True
        try:
            if self._announce is not None:
                self._announce(outgoing)
            chunks = self._model.chat(
                outgoing.prompt.messages, num_predict=outgoing.num_predict, window=outgoing.window
            )
            # A `close` from before the model knew of this request did not reach it.
            if self._closed:
                self._model.close()
            for chunk in chunks:
                if chunk.text and self._first_token_seconds is None:
                    self._first_token_seconds = time.perf_counter() - self._asked_at
                if chunk.thinking:
                    self._thoughts.append(chunk.thinking)
                yield from self._arrived(chunk.text)
                if chunk.usage is not None:
                    self._usage = chunk.usage
        finally:
            self._running = False
        if self._usage is not None and (sentence := self._learn(outgoing, self._usage)):
            yield self._note(sentence)

    def _arrived(self, text: str) -> Iterator[Event]:
        """Pass new text through the filters, without the model's thinking."""
        if not text:
            return
        if self._thinking is None:
            from .reply.thinking import ThinkingFilter

            self._thinking = ThinkingFilter()
        text = self._thinking.feed(text)
        yield from self._retracted(self._thinking)
        for one in self._filters:
            text = one.feed(text)
        yield from self._take(text)

    def _retracted(self, thinking: ThinkingFilter) -> Iterator[Event]:
        """Begin anew where the closing mark alone shows that all before it was thinking."""
        if not thinking.take_retraction() or self.text == self._outgoing.partial:
            return
        for one in self._filters:
            one.close()
        self._parts, self._parsed, self._parser = [], [], None
        yield Retraction()
        yield from self._take(self._outgoing.partial)

    def _take(self, text: str) -> Iterator[Event]:
        if not text:
            return
        self._parts.append(text)
        yield Delta(text)
        if self._parser is None:
            from .reply.parser import ReplyParser

            self._parser = ReplyParser(self._outgoing.request.notebook.language)
        for event in self._parser.feed(text):
            self._parsed.append(event)
            yield event

    def _flush(self) -> Iterator[Event]:
        """Pass on the text that filters and parser still hold. A second call finds none."""
        if self._flushed:
            return
        self._flushed = True
        held = self._thinking.close() if self._thinking else ""
        if self._thinking is not None:
            yield from self._retracted(self._thinking)
        for one in self._filters:
            held = one.feed(held) + one.close()
        yield from self._take(held)
        for event in self._parser.close() if self._parser else ():
            self._parsed.append(event)
            yield event

    def _note(self, sentence: str) -> Note:
        self._notes.append(sentence)
        return Note(sentence)

    def _finished(self) -> Finished:
        if self._usage is not None:
            return self._usage.done_reason
        return "cut" if self._answered and not self._closed else "interrupted"

    def _ending(self, finished: Finished) -> str:
        how, said = self._how_to_continue, _ENDINGS[finished]
        if finished == "cut" and _REPETITION.search(self.text[-1000:]):
            said = _REPEATED_ITSELF
        return f"{said}: {how}." if how else f"{said}."

    def _finish(self) -> Reply:
        from .offered_edits import offered_edits
        from .reply.parser import Code

        outgoing, text, finished = self._outgoing, self.text, self._finished()
        request = outgoing.request
        edits, unused = offered_edits(outgoing, self._parsed, finished)
        thinking = self._thinking.text if self._thinking else ""
        thinking = "".join(self._thoughts).strip() or thinking
        if thinking and not text.strip() and finished in ("stop", "length"):
            unused = (_ALL_THINKING, *unused)
        elif finished == "stop" and not text.strip():
            unused = ("The answer is empty. Ask again, or in other words.", *unused)
        elif outgoing.partial and finished in ("stop", "length") and text.strip() == outgoing.partial.strip():
            unused = (_NOTHING_CAME if self._first_token_seconds is None else _ONLY_REPEATED, *unused)
        ending = (self._ending(finished),) if finished in _ENDINGS else ()
        first_prompt = outgoing.first_prompt or outgoing.prompt
        return Reply(
            request=request,
            prompt=outgoing.prompt,
            text=text,
            code=tuple(event for event in self._parsed if isinstance(event, Code)),
            edits=edits,
            notes=(*self._notes, *unused, *ending),
            usage=self._usage,
            finished=finished,
            window=outgoing.window,
            model=self._model.name,
            host=self._model.host,
            first_token_seconds=self._first_token_seconds,
            turn=Turn(first_prompt.user_text, text, first_prompt.described),
            remote=self._model.remote_place,
            first_prompt=outgoing.first_prompt,
            thinking=thinking,
            # For a continued reply `text` is all of it; its parts and the request to go on are not turns.
            after=outgoing.after[:-2] if outgoing.partial else outgoing.after,
        )
