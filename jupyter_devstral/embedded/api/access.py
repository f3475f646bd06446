"""Access rules of the server: Ollama's, against foreign web pages and DNS rebinding."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

_LOCAL_ENDINGS = (".localhost", ".local", ".internal")
_LOCAL_ORIGINS = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]")
_APP_SCHEMES = ("app", "file", "tauri", "vscode-webview", "vscode-file")
_ALLOWED_HEADERS = (
    "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,X-Stainless-Async,"
    "X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-Os,"
    "X-Stainless-Package-Version,X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,"
    "X-Stainless-Runtime-Version,X-Stainless-Timeout"
)
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
    "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
    "Access-Control-Max-Age": "43200",
    "Vary": "Access-Control-Request-Headers",
}


def host_allowed(host: str) -> bool:
    """Tell whether a Host header names this machine or its network.

    A foreign domain that resolves to it does not count.
    """
    name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    if name in ("", "localhost", socket.gethostname().lower()) or name.endswith(_LOCAL_ENDINGS):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def origin_allowed(origin: str, host: str) -> bool:
    """Tell whether a page of this origin may call. Without an Origin header there is no page."""
    if not origin or origin == f"http://{host}":
        return True
    parts = urlsplit(origin)
    if parts.scheme in _APP_SCHEMES:
        return True
    name = parts.netloc.rpartition("@")[2]
    bare = name if name.endswith("]") else name.rpartition(":")[0] or name
    return parts.scheme in ("http", "https") and bare in _LOCAL_ORIGINS
