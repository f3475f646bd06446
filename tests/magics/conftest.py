"""Shells and kernels for the tests of magics."""

from tests.support.jupyter.shells import bare_ip, connected, ip, kernel, run, session, shared_kernel

__all__ = ["bare_ip", "connected", "ip", "kernel", "run", "session", "shared_kernel"]
