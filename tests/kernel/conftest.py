"""Shells and kernels for the tests of the kernel's half."""

from tests.support.jupyter.shells import bare_ip, connected, ip, kernel, run, session, shared_kernel

__all__ = ["bare_ip", "connected", "ip", "kernel", "run", "session", "shared_kernel"]
