"""Completions under a policy: asked of this machine's engine only, and logged like any other send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..core.errors import DevstralError, NotSent
from ..core.model.messages import Message
from ..core.settings.permission import refuse_source
from ..core.settings.policy_files import policy
from .audit.send_log import SendLog
from .permitted_server import PermittedServer

if TYPE_CHECKING:
    from ..core.model.completion import CompletionChunk, CompletionRequest, CompletionStream


class PermittedCompletingServer(PermittedServer):
    """A permitted server that can also be asked at the cursor."""

    def show(self, *, timeout: float = 10) -> Any:
        """What the server says of this model, as it says it."""
        self.permit()
        server: Any = self._server
        return server.show(timeout=timeout)

    def completion(self, request: CompletionRequest) -> PermittedCompletion:
        """A completion, sent when its chunks are asked for."""
        server: Any = self._server
        return PermittedCompletion(self, server.completion(request), request)

    def permit_completion(self) -> None:
        """Raise PolicyRefused, and NotSent where a completion, which nobody asks for, would leave."""
        self._refuse()
        if "source" not in self.may_receive:
            refuse_source(policy(), self.route)
        if self.asks_first:
            raise NotSent(
                f"Suggestions at the cursor are not asked for at {self.remote_place}, which is not this "
                "machine.",
                "Choose a model of this machine for them (`DevstralConfig.completion_model`), or switch "
                "them off.",
            )

    def log(self) -> SendLog:
        """The log of one send."""
        return SendLog(policy(), self, self._wishes)


class PermittedCompletion:
    """One completion on its way; `close` is for any thread."""

    def __init__(
        self, server: PermittedCompletingServer, stream: CompletionStream, request: CompletionRequest
    ) -> None:
        self._server = server
        self._stream = stream
        self._request = request

    def chunks(self) -> Iterator[CompletionChunk]:
        """The answer as it arrives; raises ModelError, PolicyRefused, NotLogged."""
        if not self._request.prompt:
            # What unloads a model holds nothing.
            self._server.permit()
            yield from self._stream.chunks()
            return
        self._server.permit_completion()
        log = self._server.log()
        log.begin([Message("user", f"{self._request.prompt}{self._request.suffix or ''}")], None)
        try:
            for chunk in self._stream.chunks():
                log.saw(chunk)
                yield chunk
        except DevstralError as error:
            log.failed(error)
            raise
        finally:
            log.end()

    def close(self) -> None:
        """Close the connection at once."""
        self._stream.close()
