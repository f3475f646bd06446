"""What a connection to a route is made with: address, key, headers, certificates, proxy."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from ...errors import ConfigurationError
from ...settings.routes import Route
from ...settings.user_name import user_name


@dataclass(frozen=True)
class Link:
    """Everything of a route that a connection depends on; two that are equal may share one.

    Attributes:
        route: its name, for sentences.
        address: URL of the API, without a slash at its end.
        key: goes to `address` alone, as a bearer token; "" for none.
        key_env: where the key came from, for sentences.
        headers: sent with each request, beside the key.
        ca_bundle, client_cert: see `Route`.
        proxy: URL of the proxy on the way; "" for none.
    """

    route: str
    address: str
    key: str = field(default="", repr=False)
    key_env: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    ca_bundle: str = ""
    client_cert: tuple[str, ...] = ()
    proxy: str = ""

    @property
    def origin(self) -> str:
        """The address without its path: what is beside `/v1` on some servers."""
        url = urlsplit(self.address)
        return f"{url.scheme}://{url.netloc}"


def link_of(route: Route, session: str) -> Link:
    """The link of a route, its key read from the environment now; ConfigurationError where that has none."""
    headers = tuple((name, value.replace("{user}", _user())) for name, value in route.headers)
    if session and route.session_header:
        headers = (*headers, (route.session_header, session))
    return Link(
        route.name,
        route.address,
        _key(route),
        route.key_env,
        headers,
        route.ca_bundle,
        route.client_cert,
        proxy_of(route),
    )


def _key(route: Route) -> str:
    if not route.key_env:
        return ""
    key = os.environ.get(route.key_env, "").strip()
    if not key:
        raise ConfigurationError(
            f"The route {route.name} takes its key from the environment variable {route.key_env}, which "
            "is not set here. Set it before Jupyter starts, and start Jupyter again."
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigurationError(
            f"The environment variable {route.key_env} holds something that is no key: it has blanks, line "
            "breaks or letters outside of ASCII."
        )
    return key


def proxy_of(route: Route) -> str:
    """The URL of the proxy on the way: the route's, else the environment's for its host; "" for none.

    There is never one on the way to this machine.
    """
    if route.proxy:
        return route.proxy
    url = urlsplit(route.address)
    if route.is_here or proxy_bypass_environment(url.hostname or ""):
        return ""
    proxies = getproxies_environment()
    proxy = proxies.get(url.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def _user() -> str:
    """The user's name, fit for a header."""
    return "".join(character for character in user_name() if character.isascii() and character.isprintable())
