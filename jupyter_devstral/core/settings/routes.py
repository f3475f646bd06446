"""Routes: named ways to a model server beside the Ollama there is, read from the trait `routes`.

A route names the *environment variable* that holds its key, never the key. Opens no connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..text.lazy_pattern import LazyPattern
from .hosts import is_loopback, parse_host
from .policy import LOCAL, SENDABLE, Sendable

# What speaks to a route, by the module that connects to it; each has `connect(config, wishes, *, start)`.
DIALECTS = {
    "openai": "jupyter_devstral.core.model.openai.engine",
    "ollama": "jupyter_devstral.core.model.ollama.engine",
}
# What may leave the machine where nobody said more.
_SOURCE_AND_SCHEMAS: tuple[Sendable, ...] = ("source", "schemas")
_NAME = LazyPattern(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_VARIABLE = LazyPattern(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = LazyPattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What only the client itself may say.
_RESERVED = frozenset(
    {"authorization", "host", "cookie", "content-length", "transfer-encoding", "connection"}
)


@dataclass(frozen=True)
class Route:
    """One way to a model server.

    Attributes:
        name: what users choose it by.
        address: a URL with scheme, host and port; for the OpenAI dialect up to `/v1`.
        dialect: "openai" or "ollama", what is spoken there.
        model: its model's name; "" for the first one that the server lists.
        key_env: the environment variable that holds its key; "" for none.
        window: in tokens, where the server does not say; None: what the settings say.
        send: what may go there; None: everything on this machine, else source and schemas.
        parallel: how many requests of this user may run there at once, from all notebooks.
        background: whether explanations may ask it before anybody asked for them.
        ca_bundle: a file or folder of certificates to trust, instead of the system's.
        client_cert: the file of a certificate of ours, and of its key where that is another file.
        proxy: URL of the proxy on the way; "" for the environment's.
        headers: sent with each request; "{user}" in one stands for the user's name.
        session_header: carries a random id, the same for a notebook, by which a replica is chosen; or "".
    """

    name: str
    address: str = ""
    dialect: str = "openai"
    model: str = ""
    key_env: str = ""
    window: int | None = None
    send: tuple[Sendable, ...] | None = None
    parallel: int = 1
    background: bool = False
    ca_bundle: str = ""
    client_cert: tuple[str, ...] = ()
    proxy: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    session_header: str = "X-Session-Id"

    @property
    def is_here(self) -> bool:
        """Whether it ends on this machine, by its address alone."""
        return is_loopback(self.address)

    @property
    def place(self) -> str:
        """Its host, and the port where that is not the usual one, as sentences name it."""
        return place_of(self.address)

    @property
    def may_send(self) -> tuple[Sendable, ...]:
        """What may go there by the settings; a policy may say less."""
        if self.send is not None:
            return self.send
        return SENDABLE if self.is_here else _SOURCE_AND_SCHEMAS


def place_of(address: str) -> str:
    """The host of a URL, with its port where that is not the scheme's own."""
    url = urlsplit(address)
    usual = {"http": 80, "https": 443}.get(url.scheme)
    host = url.hostname or address
    return host if url.port in (None, usual) else f"{host}:{url.port}"


def read_routes(data: Mapping[str, Any]) -> dict[str, Route]:
    """The routes that a configuration names; ConfigurationError says which one is wrong, and why."""
    return {str(name): _read(str(name), fields) for name, fields in data.items()}


def _read(name: str, fields: Any) -> Route:
    if name == LOCAL:
        raise ConfigurationError(
            "A route cannot be called 'local': that is the Ollama there is (DevstralConfig.host)."
        )
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"A route's name is letters, digits, '-', '_' and '.', not {name!r}.")
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"The route {name!r} is a dictionary with an address, not {fields!r}.")
    route = Route(name)
    for key, value in fields.items():
        if key not in _READERS:
            raise ConfigurationError(
                f"The route {name!r} has no setting {key!r}. There are: {', '.join(_READERS)}."
            )
        try:
            read: dict[str, Any] = {key: _READERS[key](value)}
        except ConfigurationError as error:
            raise ConfigurationError(f"The route {name!r}: {key} {error}") from None
        route = replace(route, **read)
    return _whole(route)


def _whole(route: Route) -> Route:
    """The route, once its parts fit each other."""
    if not route.address:
        raise ConfigurationError(
            f"The route {route.name!r} needs an address, such as 'https://llm.example/v1'."
        )
    if route.dialect == "ollama" and (route.key_env or route.headers or route.client_cert or route.proxy):
        raise ConfigurationError(
            f"The route {route.name!r}: key_env, headers, client_cert and proxy go with the dialect 'openai'."
        )
    if route.key_env and not route.is_here and route.address.startswith("http:"):
        raise ConfigurationError(
            f"The route {route.name!r} would send its key unencrypted to {route.place}: its address must "
            "begin with https://."
        )
    if route.proxy and route.is_here:
        raise ConfigurationError(f"The route {route.name!r} ends on this machine and takes no proxy.")
    return route


def _address(value: Any) -> str:
    text = _text(value).strip()
    url = urlsplit(text)
    if url.scheme.lower() not in ("http", "https") or url.query or url.fragment or "@" in url.netloc:
        # Not quoted: what stands before an "@" may be a password.
        raise ConfigurationError("is a URL such as 'https://llm.example/v1', without a key or a query in it.")
    try:
        return parse_host(text)
    except ConfigurationError:
        raise ConfigurationError(f"is a URL such as 'https://llm.example/v1', not {text!r}.") from None


def _dialect(value: Any) -> str:
    if value not in DIALECTS:
        raise ConfigurationError(f"is one of {', '.join(map(repr, DIALECTS))}, not {value!r}.")
    return str(value)


def _variable(value: Any) -> str:
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        # Not quoted: whoever took the field for the key itself must not find it in a log.
        raise ConfigurationError(
            "is the name of an environment variable, such as 'LLM_KEY', not the key itself."
        )
    return value


def _window(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 256:
        raise ConfigurationError(f"is a number of tokens, 256 or more, not {value!r}.")
    return value


def _parallel(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"is a number of requests, 1 or more, not {value!r}.")
    return value


def _send(value: Any) -> tuple[Sendable, ...]:
    if not isinstance(value, (list, tuple)) or any(one not in SENDABLE for one in value):
        raise ConfigurationError(f"is a list of {', '.join(map(repr, SENDABLE))}, not {value!r}.")
    return tuple(kind for kind in SENDABLE if kind in value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"is True or False, not {value!r}.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"is a text, not {value!r}.")
    return value


def _files(value: Any) -> tuple[str, ...]:
    files = (value,) if isinstance(value, str) else value
    if not isinstance(files, (list, tuple)) or not 1 <= len(files) <= 2 or not all(map(_is_text, files)):
        raise ConfigurationError("is a file, or a list of two: the certificate and its key.")
    return tuple(files)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise ConfigurationError("is a dictionary of headers.")
    for name, text in value.items():
        _header(name)
        if name.lower() in _RESERVED:
            raise ConfigurationError(f"cannot have {name!r}; a key is named by key_env.")
        if not isinstance(text, str) or not text.isascii() or not text.isprintable():
            raise ConfigurationError(f"has a value for {name!r} that no header can have.")
    return tuple(value.items())


def _header(value: Any) -> str:
    if not isinstance(value, str) or (value and not _HEADER.fullmatch(value)):
        raise ConfigurationError(f"is the name of a header, not {value!r}.")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "dialect": _dialect,
    "address": _address,
    "model": _text,
    "key_env": _variable,
    "window": _window,
    "send": _send,
    "parallel": _parallel,
    "background": _flag,
    "ca_bundle": _text,
    "client_cert": _files,
    "proxy": _text,
    "headers": _headers,
    "session_header": _header,
}
