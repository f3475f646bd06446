"""HTTP connections to the model server: the `ollama` package's client, which can be closed at once.

Imports httpx and ollama (some 0.3 s), so it is itself imported only when a request is about to be made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from ...errors import ModelError
from ...importing import collector_paused, random_state_kept
from ...own_packages import own_module, own_module_without_package
from ..client_faults import advice_on_faults, key_from_environment, trusted_certificates
from ..closable_transport import ClosableConnection, ClosableTransport
from ..kept_connections import KeptConnections
from ..quiet_logs import is_ours, quiet

if TYPE_CHECKING:
    import httpx
    import ollama
else:
    with advice_on_faults(""), collector_paused(), random_state_kept():
        httpx = own_module("httpx")
        # The package itself opens a client when it is imported, which fails where the environment names a
        # proxy or a certificate that cannot be used.
        ollama = own_module_without_package("ollama._client")

from .json_lines import with_safe_lines

_CONNECT_SECONDS = 5.0
# Ollama sends no header before the first token: after queue, load and reading, which may take minutes.
_STREAM_TIMEOUT = httpx.Timeout(None, connect=_CONNECT_SECONDS)


class RefusedAnswer(Exception):
    """An HTTP answer that is not 2xx, with its body, which `ollama.ResponseError` would take apart."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class OllamaTransport(ClosableTransport):
    """One connection; adds what `ollama.Client.chat` cannot send, and raises RefusedAnswer."""

    def __init__(self, host: str) -> None:
        # A client that never speaks TLS needs no certificates, whose loading costs 20 ms.
        super().__init__(trusted_certificates(host) if host.startswith("https:") else False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; RefusedAnswer where the answer is not 2xx."""
        response = super().handle_request(_complete(request))
        # httpx logs the request that it made, not the completed one.
        is_ours(request.url)
        if not response.is_success:
            response.read()
            raise RefusedAnswer(response.status_code, response.text)
        return with_safe_lines(response)


class Connection(ClosableConnection):
    """An `ollama.Client` and a plain HTTP client over one transport to one host.

    No proxies, no redirects: both would carry a prompt to a machine that nobody named.
    """

    def __init__(self, host: str) -> None:
        """Make both clients, without a connection yet; ConfigurationError where they cannot be made."""
        self.host = host
        with advice_on_faults(host), quiet():
            key = key_from_environment()
            super().__init__(OllamaTransport(host))
            self.ollama = ollama.Client(
                host,
                transport=self._transport,
                timeout=_STREAM_TIMEOUT,
                trust_env=False,
                follow_redirects=False,
            )
            self._http = httpx.Client(
                base_url=host,
                transport=self._transport,
                trust_env=False,
                headers={"authorization": f"Bearer {key}"} if key else None,
            )

    def json(
        self, method: str, path: str, body: object = None, *, model: str = "", timeout: float = 10
    ) -> Any:
        """Ask for the JSON answer of a small request; ModelError (translated) when there is none."""
        try:
            return self._http.request(method, path, json=body, timeout=timeout).json()
        except STREAM_ERRORS as error:
            raise translated(error, host=self.host, model=model, begun=False) from None

    def lines(self, path: str, body: object) -> Iterator[Any]:
        """Yield the JSON values of a streamed answer; leaving early closes it. Raises STREAM_ERRORS."""
        with self._http.stream("POST", path, json=body, timeout=_STREAM_TIMEOUT) as response:
            for line in response.iter_lines():
                yield json.loads(line)


kept = KeptConnections(Connection, host_of=str)


# What a request through the package can raise: its own errors, the connection's, and what a line that is not
# Ollama's makes of json.loads, pydantic and `.get` (ValueError, AttributeError, TypeError, RecursionError).
STREAM_ERRORS = (
    RefusedAnswer,
    ollama.ResponseError,
    httpx.HTTPError,
    httpx.StreamError,
    ValueError,
    AttributeError,
    TypeError,
    RecursionError,
)


def is_lost(error: Exception) -> bool:
    """Tell whether a connection that had been made broke off."""
    return isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError))


def _failed(error: Exception) -> Literal["refused", "slow", "lost"]:
    """How a connection failed: none could be made, no answer came in time, or it broke off."""
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return "refused"
    return "slow" if isinstance(error, httpx.TimeoutException) else "lost"


def server_words(error: Exception) -> str:
    """Find what the server itself said: an `{"error": …}` line inside a stream, or a refusal; else ""."""
    if isinstance(error, RefusedAnswer):
        return error.body
    if not isinstance(error, ollama.ResponseError):
        return ""
    return error.error if isinstance(error.error, str) else json.dumps(error.error)


def translated(error: Exception, *, host: str, model: str, begun: bool) -> ModelError:
    """One of STREAM_ERRORS as advice; `begun`: part of an answer had arrived."""
    from .errors import connection_error, not_ollama, refusal, stream_error, unreadable_line

    if isinstance(error, RefusedAnswer):
        return refusal(error.status, error.body, host=host, model=model)
    if words := server_words(error):
        return stream_error(words, model=model, begun=begun)
    if isinstance(error, httpx.HTTPError):
        return connection_error(str(error), _failed(error), host=host, begun=begun)
    return unreadable_line(host) if begun else not_ollama(host)


def _complete(request: httpx.Request) -> httpx.Request:
    """The request with `truncate: false`: without it Ollama cuts a long prompt in silence."""
    if request.method != "POST" or not request.url.path.endswith("/api/chat"):
        return request
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"content-length"]
    body = request.read().rstrip()[:-1] + b',"truncate":false}'
    return httpx.Request("POST", request.url, headers=headers, content=body, extensions=request.extensions)
