"""Which connections of this process are ours: a copy of the kernel may be made beside them.

Opens and closes none; each client of a model server says here what it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_sources: list[Callable[[], Iterable[str]]] = []


def add_source(hosts: Callable[[], Iterable[str]]) -> None:
    """Count the connections to the hosts that `hosts` returns, whenever somebody asks."""
    _sources.append(hosts)


def kept_ports() -> frozenset[int]:
    """The servers' ports of the connections that are kept for later requests."""
    return frozenset(port_of(host) for source in _sources for host in source())


def port_of(host: str) -> int:
    """The port that a host's address names or means."""
    url = urlsplit(host)
    return url.port or _PORTS.get(url.scheme, 0)
