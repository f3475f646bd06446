"""Watches which connections Python opens, here and in every Python process that the tests start.

Python imports a module of this name at its start where its folder is on PYTHONPATH. What leads elsewhere
is written to the file that GUARD names, and does not happen.
"""

import ipaddress
import os
import socket
import sys

GUARD = "DEVSTRAL_TESTS_GUARD"


def watch():
    """Refuse what leaves this machine, and append a line about each attempt to the file of GUARD.

    The file is looked up with each attempt: a process of a parallel run begins with that of another one.
    """
    own = {"localhost", socket.gethostname(), ""}
    process = os.getpid()

    def hook(event, arguments):
        # A copy of a process refuses the network itself, and files as well: a report would be one.
        if os.getpid() != process:
            return
        if event == "socket.connect":
            address = arguments[1]
            host = address[0] if isinstance(address, tuple) else ""
        elif event == "socket.getaddrinfo":
            host = arguments[0]
        else:
            return
        if not is_here(host, own):
            with open(os.environ[GUARD], "a", encoding="utf-8") as file:
                file.write(f"{event} {host!r} in {sys.argv[:3]}\n")
            raise PermissionError(f"{event} {host!r}: the tests talk to this machine alone")

    sys.addaudithook(hook)


def is_here(host, own):
    """Whether a host is this machine by its text alone; an address of another kind of socket is."""
    if host is None or not isinstance(host, (str, bytes)):
        return True
    # urllib looks up the whole of "user:password@host".
    name = (
        (host.decode(errors="replace") if isinstance(host, bytes) else host)
        .rpartition("@")[2]
        .strip("[]")
        .partition("%")[0]
    )
    if name in own:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def unguarded():
    """The environment of a command that has to reach a package index."""
    return {name: value for name, value in os.environ.items() if name != GUARD}


if os.environ.get(GUARD):
    watch()
