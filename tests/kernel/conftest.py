"""Shells and kernels for the tests of the kernel's half, and how long a copy of one takes here and now."""

import time

import pytest

from jupyter_devstral.kernel.proof.runs import run_in_copy
from tests.support.jupyter.shells import bare_ip, connected, ip, kernel, run, session, shared_kernel

__all__ = ["bare_ip", "connected", "ip", "kernel", "pace", "run", "session", "shared_kernel"]


@pytest.fixture
def pace(bare_ip):
    """Seconds that a copy with one test takes on a machine as busy as it is now; limits are made of it."""
    began = time.monotonic()
    run_in_copy(bare_ip, "def test_it():\n    pass\n", ["test_it"], seconds=120)
    return time.monotonic() - began
