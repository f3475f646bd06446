"""An HTTP connection that can be closed at once from any thread, for whichever server it leads to.

Imports httpx, so it is itself imported only when a request is about to be made.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..importing import collector_paused, random_state_kept
from ..own_packages import own_module
from .client_faults import advice_on_faults
from .quiet_logs import is_ours, quiet, quieten_logs, quietly

if TYPE_CHECKING:
    import httpx
else:
    with advice_on_faults(""), collector_paused(), random_state_kept():
        # First what httpx would import only when it is used.
        own_module("httpcore")
        httpx = own_module("httpx")

quieten_logs()


class ConnectionClosed(Exception):
    """The connection was closed from this side while something was waiting for it."""


class ClosableTransport(httpx.BaseTransport):
    """One connection, kept alive between requests.

    Args:
        verify: the certificates to trust; False for a client that never speaks TLS, which need not load any.
        proxy: URL of the proxy on the way; None for none, whatever the environment says.
    """

    def __init__(self, verify: ssl.SSLContext | bool, proxy: str | None = None) -> None:
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=60)
        self._inner = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits, proxy=proxy)
        self._stream: Any = None
        self.aborted = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on the connection."""
        is_ours(request.url)
        request.extensions = {**request.extensions, "trace": self._trace}
        with quiet():
            response = self._inner.handle_request(request)
        response.stream = QuietBody(response.stream)
        return response

    def close(self) -> None:
        """Give the socket back."""
        with quiet():
            self._inner.close()

    def abort(self) -> None:
        """Close the TCP connection now, from any thread; whoever is reading from it wakes with an error."""
        self.aborted = True
        if self._stream is not None:
            sock = self._stream.get_extra_info("socket")
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown, which takes the TLS state away from under the reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
        # Only before the request is sent: later the reader wakes by itself, and closing must not fail.
        if self.aborted and event.endswith(("connect_tcp.complete", "send_request_headers.started")):
            raise ConnectionClosed


class ClosableConnection:
    """Clients over one transport.

    Attributes:
        is_kept: whether a request ended on it before: its server may have closed it since.
    """

    def __init__(self, transport: ClosableTransport) -> None:
        self._transport = transport
        self.is_kept = False

    @property
    def aborted(self) -> bool:
        """Whether `abort` was called; such a connection is not used again."""
        return self._transport.aborted

    def abort(self) -> None:
        """Close the connection at once, from any thread."""
        self._transport.abort()

    def close(self) -> None:
        """Give the socket back."""
        self._transport.close()


class QuietBody(httpx.SyncByteStream):
    """A body that is read and closed without a line in the user's log."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return quietly(self._stream)

    def close(self) -> None:
        """Close the body."""
        with quiet():
            self._stream.close()
