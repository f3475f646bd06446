"""One request to `/chat/completions` from its first byte to its last: streamed, repeated, closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...settings.routes import place_of
from ..closable_request import ClosableRequest
from ..messages import Chunk
from .chat_body import may_do_without
from .errors import Busy, not_the_api, refusal, stream_error, unreadable_event
from .reply import DONE, Failed, ReplyReader, Unreadable
from .turns import turns_at
from .waiting import Waiting, pause_before

if TYPE_CHECKING:
    from .connection import Connection
    from .link import Link

# From the last event to the end of the body, which follows at once where a server is well.
_END_SECONDS = 0.5


class _Stale(Exception):
    """A kept connection was closed by the server before this request."""


class ChatRequest(ClosableRequest):
    """One request on one link."""

    def __init__(
        self, link: Link, body: Mapping[str, Any], *, parallel: int = 1, background: bool = False
    ) -> None:
        super().__init__()
        self.background = background
        self._parallel = parallel
        self._link = link
        self._body = body
        self._retry_after = ""
        # Whether the head of an answer has come.
        self._answering = False
        self.waiting = Waiting(place_of(link.address))

    def chunks(self) -> Iterator[Chunk]:
        """The reply as it arrives. Raises ModelError; a stream that just ends yields no chunk with usage."""
        turns = turns_at(self._link.address)
        attempt = 0
        try:
            if not turns.enter(self, self._parallel):
                return
            while not self._closed.is_set():
                attempt += 1
                try:
                    yield from self._stream()
                    return
                except _Stale:
                    # Not one that the server has closed while nobody used it.
                    attempt -= 1
                    continue
                except Busy as busy:
                    pause = pause_before(attempt, busy, self._retry_after)
                    if pause is None:
                        raise
                    self.waiting.refused(busy, pause)
                if self._closed.wait(pause):
                    return
        finally:
            turns.leave(self)
            self.waiting.ended()

    def queued(self) -> None:
        """Say that another request of this user goes first."""
        self.waiting.queued()

    def _stream(self) -> Iterator[Chunk]:
        from .connection import FAULTS, kept, translated, was_closed_meanwhile

        reader = ReplyReader()
        with self._on(kept, self._link) as (connection, streaming):
            if self.is_closed:
                return
            self.waiting.sent()
            try:
                yield from self._read(connection, reader)
                streaming.whole = reader.complete
            except FAULTS as error:
                if not self._answering and was_closed_meanwhile(error, connection):
                    raise _Stale from None
                streaming.saw(reader.begun, reader.complete)
                if self._is_missing(streaming):
                    if (cut := reader.ending()) is not None:
                        yield cut
                    raise translated(error, self._link, begun=reader.begun) from None
        if (ending := reader.ending()) is not None:
            yield ending

    def _read(self, connection: Connection, reader: ReplyReader) -> Iterator[Chunk]:
        url = f"{self._link.address}/chat/completions"
        self._answering = False
        with connection.http.stream("POST", url, json=self._body, headers=self._headers) as answer:
            self._answering = True
            if not answer.is_success:
                answer.read()
                self._retry_after = answer.headers.get("retry-after", "")
                raise refusal(
                    self._link,
                    answer.status_code,
                    answer.text,
                    model=self._model,
                    may_do_without=may_do_without(self._body),
                )
            if answer.headers.get("content-type", "").startswith("application/json"):
                answer.read()
                yield from self._whole_answer(answer.text, reader)
                return
            yield from self._events(connection, answer.iter_bytes(), reader)

    def _events(self, connection: Connection, data: Iterator[bytes], reader: ReplyReader) -> Iterator[Chunk]:
        from .events import TooLong, events

        seen = 0
        try:
            for event in events(data):
                if event.strip() == DONE:
                    return self._drain(connection, data)
                if self._closed.is_set():
                    return
                text = reader.read(event)
                seen += 1
                if reader.begun:
                    self.waiting.answered()
                if text:
                    yield Chunk(text)
        except Failed as failed:
            raise stream_error(self._link, str(failed), model=self._model, begun=reader.begun) from None
        except (Unreadable, TooLong):
            raise (unreadable_event(self._link) if seen else not_the_api(self._link)) from None
        if not seen and not self._closed.is_set():
            raise not_the_api(self._link)

    def _drain(self, connection: Connection, data: Iterator[bytes]) -> None:
        """Read the end of a body, without which the connection cannot be kept, but never wait for it long."""
        impatient = threading.Timer(_END_SECONDS, connection.abort)
        impatient.daemon = True
        impatient.start()
        try:
            for _ in data:
                pass
        finally:
            impatient.cancel()

    def _whole_answer(self, text: str, reader: ReplyReader) -> Iterator[Chunk]:
        """An answer that was not streamed, from a server that does not know how."""
        try:
            said = reader.read(text)
        except Failed as failed:
            raise stream_error(self._link, str(failed), model=self._model, begun=False) from None
        except Unreadable:
            raise not_the_api(self._link) from None
        if not reader.complete:
            raise not_the_api(self._link)
        self.waiting.answered()
        yield Chunk(said)

    @property
    def _headers(self) -> Mapping[str, str]:
        # RFC 9218: for a proxy that serves what somebody waits for first.
        return {"priority": "u=7"} if self.background else {}

    @property
    def _model(self) -> str:
        return str(self._body.get("model", ""))
