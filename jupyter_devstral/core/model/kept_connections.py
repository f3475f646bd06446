"""Connections that are kept for later requests, and which ports of this process are therefore ours.

A copy of the kernel may be made beside them; a forked copy itself never uses one of its parent's.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_IDLE_LIMIT = 4


class Connection(Protocol):
    """A connection, as far as keeping it goes.

    Attributes:
        is_kept: whether a request ended on it before: its server may have closed it since.
    """

    is_kept: bool

    @property
    def aborted(self) -> bool:
        """Whether `abort` was called; such a connection is not used again."""
        ...

    def abort(self) -> None:
        """Close the connection at once, from any thread."""
        ...

    def close(self) -> None:
        """Give the socket back."""
        ...


Place = TypeVar("Place", bound=Hashable)
C = TypeVar("C", bound=Connection)


class KeptConnections(Generic[Place, C]):
    """The connections of one kind of client, by where they lead; all methods are for any thread.

    Args:
        connect: makes a connection.
        host_of: the address that the socket of a connection leads to.
    """

    def __init__(self, connect: Callable[[Place], C], host_of: Callable[[Place], str]) -> None:
        self._connect = connect
        self._host_of = host_of
        # By process: a forked child must not speak on its parent's sockets.
        self._idle: dict[tuple[int, Place], list[C]] = {}
        self._lock = threading.Lock()
        _all.append(self._ports)
        atexit.register(self.close)

    def take(self, place: Place) -> C:
        """A connection to a place, one kept alive from an earlier request where there is one."""
        with self._lock:
            idle = self._idle.get((os.getpid(), place))
            if idle:
                return idle.pop()
        return self._connect(place)

    def give_back(self, place: Place, connection: C) -> None:
        """Keep a connection for the next request, or drop it if it was aborted."""
        with self._lock:
            idle = self._idle.setdefault((os.getpid(), place), [])
            if not connection.aborted and len(idle) < _IDLE_LIMIT:
                connection.is_kept = True
                idle.append(connection)
                return
        connection.close()

    @contextmanager
    def borrowed(self, place: Place) -> Iterator[C]:
        """A connection for the length of a block."""
        connection = self.take(place)
        try:
            yield connection
        finally:
            self.give_back(place, connection)

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            kept = [
                one for (process, _), idle in self._idle.items() if process == os.getpid() for one in idle
            ]
            self._idle.clear()
        for connection in kept:
            connection.close()

    def _ports(self) -> list[int]:
        with self._lock:
            places = [
                place for (process, place), idle in self._idle.items() if process == os.getpid() and idle
            ]
        return [port_of(self._host_of(place)) for place in places]


_all: list[Callable[[], list[int]]] = []


def kept_ports() -> frozenset[int]:
    """The servers' ports of the connections that are kept for later requests."""
    return frozenset(port for ports in _all for port in ports())


def port_of(host: str) -> int:
    """The port that a host's address names or means."""
    url = urlsplit(host)
    return url.port or _PORTS.get(url.scheme, 0)
