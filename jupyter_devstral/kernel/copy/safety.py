"""Reasons why a forked copy of the kernel would not be sound now, by what the system knows of it.

Reads only; changes nothing in the kernel. Costs a few milliseconds. Must not know what the copy is for.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from .confinement import SEMAPHORE
from .hostile_libraries import hostile_library
from .threads import is_any_at_work

NO_FORK = "this platform has no sound fork"
_NATIVE_GPU = ("/dev/nvidia", "/dev/kfd", "/dev/dri/render")
_NOT_GPU = frozenset({"/dev/nvidiactl"})


def why_not(ip: Any, sources: Sequence[str] = (), *, own_ports: Collection[int] = ()) -> str:
    """Give the first reason not to fork this process to run `sources`; "" when there is none.

    Args:
        own_ports: remote ports of connections that are this project's own, as to the model's server.
    """
    return next(reasons(ip, sources, own_ports=own_ports), "")


def reasons(ip: Any, sources: Sequence[str] = (), *, own_ports: Collection[int] = ()) -> Iterator[str]:
    """List all reasons as phrases, the cheapest to find first."""
    if not sys.platform.startswith("linux") or not os.path.isdir("/proc/self/fd"):
        yield NO_FORK
        return
    if is_any_at_work(ip):
        yield "threads that the notebook's code started are running"
    links = _open_files()
    if _uses_gpu(links.values()):
        yield "a GPU is in use"
    if any(
        _users_socket(number, ip, own_ports) for number, link in links.items() if link.startswith("socket:")
    ):
        yield "connections that the notebook's code opened are in use"
    if _shares_memory():
        yield "memory is shared with a file or another process"
    library = hostile_library(ip.user_ns, sources)
    if library:
        yield f"{library} does not survive in a copy of the kernel"


def _open_files() -> dict[int, str]:
    links = {}
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            links[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return links


def _uses_gpu(paths: Iterable[str]) -> bool:
    if any(path.startswith(_NATIVE_GPU) and path not in _NOT_GPU for path in paths):
        return True
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    initialized = getattr(cuda, "is_initialized", None)
    return bool(initialized()) if callable(initialized) else False


def _users_socket(number: int, ip: Any, own_ports: Collection[int]) -> bool:
    try:
        with socket.socket(fileno=os.dup(number)) as copy:
            here, there = _address(copy.getsockname), _address(copy.getpeername)
            family = copy.family
    except OSError:
        return False
    if family == socket.AF_UNIX:
        # A pair without names is an event loop's or a library's way to wake itself.
        path = here or there
        return bool(path) and not _is_kernels_path(path, ip)
    if family not in (socket.AF_INET, socket.AF_INET6):
        return family != getattr(socket, "AF_NETLINK", None)
    local, remote = _port(here), _port(there)
    if local in _kernel_ports(ip) or (remote and (remote in own_ports or remote in _kernel_ports(ip))):
        return False
    return bool(local or remote)


def _address(ask: Any) -> Any:
    try:
        return ask()
    except OSError:
        return None


def _port(address: Any) -> int:
    return int(address[1]) if isinstance(address, tuple) and len(address) > 1 else 0


def _kernel_app(ip: Any) -> Any:
    kernel = getattr(ip, "kernel", None)
    return getattr(kernel, "parent", None)


def _kernel_ports(ip: Any) -> set[int]:
    app = _kernel_app(ip)
    names = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
    ports = [getattr(app, name, 0) for name in names]
    ports.append(getattr(getattr(app, "iopub_thread", None), "_pipe_port", 0))
    client = getattr(getattr(getattr(ip, "kernel", None), "debugger", None), "debugpy_client", None)
    ports.append(getattr(client, "debugpy_port", 0))
    return {port for port in ports if isinstance(port, int) and port > 0}


def _is_kernels_path(path: object, ip: Any) -> bool:
    """With the transport "ipc" the kernel's channels are sockets named `<ip>-<port>`."""
    app = _kernel_app(ip)
    prefix = getattr(app, "ip", "") if getattr(app, "transport", "") == "ipc" else ""
    text = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
    return bool(prefix) and text.startswith(f"{prefix}-")


def _shares_memory() -> bool:
    # Semaphores (tqdm makes one) the confined child makes its own.
    with open("/proc/self/maps") as maps:
        return any(" rw-s " in line and SEMAPHORE not in line for line in maps)
