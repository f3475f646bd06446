"""Addresses of a model server: the forms of OLLAMA_HOST that Ollama accepts, and which stay on this machine.

Opens no connection and looks up no name: what this module calls "loopback" is so by its text alone.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from ..errors import ConfigurationError

DEFAULT_HOST = "http://127.0.0.1:11434"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
# "127.1" and its like, which the C library reads as addresses.
_SHORT_ADDRESS = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){1,3}")
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")


def parse_host(text: str) -> str:
    """The server's address as a URL with scheme, host and port: `""` gives "http://127.0.0.1:11434".

    Reads what Ollama reads from OLLAMA_HOST: no scheme means port 11434, `http://h` port 80, `https://h`
    port 443; a path is kept; quotes and blanks around are dropped. Addresses a server binds to but nobody
    can connect to (`0.0.0.0`, `::`) become loopback. Raises ConfigurationError; where Ollama would fall back
    to its default port in silence, this says so instead.
    """
    trimmed = text.strip().strip("\"'").strip()
    scheme, separator, rest = trimmed.partition("://")
    if not separator:
        scheme, rest, default_port = "http", trimmed, 11434
    elif scheme.lower() in _DEFAULT_PORTS:
        scheme = scheme.lower()
        default_port = _DEFAULT_PORTS[scheme]
    else:
        raise ConfigurationError(
            f"The Ollama host {text!r} begins with {scheme!r}; write it as host:port, http://… or https://…."
        )
    address, _, path = rest.partition("/")
    name, port = _split_port(address, text)
    path = path.strip("/")
    if not _PATH.fullmatch(path):
        raise ConfigurationError(f"The Ollama host {text!r} has a path that is not part of a plain URL.")
    return f"{scheme}://{_connectable(name, text)}:{port or default_port}" + (f"/{path}" if path else "")


def is_loopback(url: str) -> bool:
    """Tell whether `url`, in any form that `parse_host` reads, means this machine and nothing else.

    Only "localhost", 127.0.0.0/8 and ::1 count; other names may resolve to anything and are never looked up.
    """
    address = parse_host(url).partition("://")[2].partition("/")[0]
    name = address.rpartition(":")[0].strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _split_port(address: str, text: str) -> tuple[str, int]:
    """Host and port (0 where none is given) of "host", "host:port", ":port", "[v6]:port" or a bare IPv6."""
    if address.startswith("["):
        name, _, rest = address[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else rest
    elif address.count(":") > 1:
        return address, 0
    else:
        name, _, port = address.partition(":")
    if not port:
        return name, 0
    if not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        raise ConfigurationError(
            f"The Ollama host {text!r} has the port {port!r}; a port is a number from 1 to 65535. "
            "Set OLLAMA_HOST or DevstralConfig.host to something like 127.0.0.1:11434."
        )
    return name, int(port)


def _whole_address(name: str) -> str:
    """A short or octal IPv4 address written out; any other name as it is. Looks nothing up."""
    try:
        return socket.inet_ntoa(socket.inet_aton(name)) if _SHORT_ADDRESS.fullmatch(name) else name
    except OSError:
        return name


def _connectable(name: str, text: str) -> str:
    if not name:
        return "127.0.0.1"
    try:
        ip = ipaddress.ip_address(_whole_address(name))
    except ValueError:
        if _HOSTNAME.fullmatch(name):
            return name.lower()
        raise ConfigurationError(
            f"The Ollama host {text!r} is not an address. Set OLLAMA_HOST or DevstralConfig.host to "
            "something like 127.0.0.1:11434 or http://gpu-box:11434."
        ) from None
    if ip.is_unspecified:
        return "127.0.0.1" if ip.version == 4 else "[::1]"
    return str(ip) if ip.version == 4 else f"[{ip}]"
