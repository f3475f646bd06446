"""HTTP connections to servers of the OpenAI dialect, which can be closed at once from any thread.

Imports httpx (some 0.3 s), so it is itself imported only when a request is about to be made.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError, ModelError
from ...own_packages import own_module
from ..client_faults import trusted_certificates
from ..closable_transport import ClosableConnection, ClosableTransport
from ..kept_connections import KeptConnections

if TYPE_CHECKING:
    import httpx

    from .link import Link
else:
    httpx = own_module("httpx")

_CONNECT_SECONDS = 5.0
# Until the first token a server may queue, load and read for minutes.
STREAM_TIMEOUT = httpx.Timeout(None, connect=_CONNECT_SECONDS)
# What a request can raise that is no answer of the server's.
FAULTS = (httpx.HTTPError, httpx.StreamError)


class Connection(ClosableConnection):
    """An HTTP client for one link. No redirects: they would carry a prompt, or a key, to another machine."""

    def __init__(self, link: Link) -> None:
        """Make the client, without a connection yet; ConfigurationError where certificates cannot be read."""
        self.link = link
        try:
            super().__init__(ClosableTransport(_certificates(link), link.proxy or None))
        except (ValueError, ImportError) as error:
            raise ConfigurationError(f"The route {link.route}: its proxy cannot be used ({error}).") from None
        headers = dict(link.headers)
        if link.key:
            headers["authorization"] = f"Bearer {link.key}"
        self.http = httpx.Client(
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            headers={"user-agent": "jupyter-devstral", **headers},
            timeout=STREAM_TIMEOUT,
        )

    def json(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, *, timeout: float = 10
    ) -> Any:
        """The JSON answer of a small request; ModelError (translated) when there is none."""
        from .errors import not_the_api, refusal

        try:
            answer = self.http.request(method, url, json=body, timeout=timeout)
            if not answer.is_success:
                raise refusal(self.link, answer.status_code, answer.text)
            return answer.json()
        except (ValueError, RecursionError):
            raise not_the_api(self.link) from None
        except FAULTS as error:
            if was_closed_meanwhile(error, self):
                self.is_kept = False
                return self.json(method, url, body, timeout=timeout)
            raise translated(error, self.link, begun=False) from None


def translated(error: Exception, link: Link, *, begun: bool) -> ModelError:
    """A failure of the connection (httpx.HTTPError, ssl.SSLError) as advice; `begun`: text had arrived."""
    from .errors import lost, no_answer, proxy_refused, slow, untrusted

    words = _innermost(error)
    if "CERTIFICATE_VERIFY_FAILED" in words or isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(link, words)
    if isinstance(error, httpx.ProxyError):
        return proxy_refused(link, words)
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)):
        return no_answer(link, words)
    if isinstance(error, httpx.TimeoutException):
        return slow(link)
    return lost(link, begun=begun)


def _innermost(error: BaseException) -> str:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error)


def _certificates(link: Link) -> ssl.SSLContext | bool:
    # A client that never speaks TLS needs no certificates, whose loading costs 20 ms.
    if not (link.address.startswith("https:") or link.proxy.startswith("https:")):
        return False
    try:
        context = _trusted(link)
        if link.client_cert:
            # Without a question for its password, which nobody would see.
            context.load_cert_chain(link.client_cert[0], link.client_cert[-1], password="")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"The route {link.route}: ca_bundle or client_cert cannot be read ({error.strerror or error})."
        ) from None
    return context


def _trusted(link: Link) -> ssl.SSLContext:
    if not link.ca_bundle:
        return trusted_certificates(link.address)
    path = Path(link.ca_bundle).expanduser()
    if path.is_dir():
        return ssl.create_default_context(capath=str(path))
    return ssl.create_default_context(cafile=str(path))


def was_closed_meanwhile(error: Exception, connection: Connection) -> bool:
    """Whether a kept connection was found closed by its server, which then has read nothing of a request."""
    broken = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
    return connection.is_kept and isinstance(error, broken)


kept = KeptConnections(Connection, host_of=lambda link: link.proxy or link.address)
