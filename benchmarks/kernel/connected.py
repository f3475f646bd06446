"""A real kernel that loaded the extension and asks a scripted server; shared by the measurements."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.support.jupyter.kernel import Kernel


@contextlib.contextmanager
def kernel(url: str) -> Iterator[Kernel]:
    """A kernel with the extension loaded and its host set to `url`."""
    started = Kernel()
    try:
        started.run("%load_ext jupyter_devstral")
        started.run(f"%config DevstralConfig.host = {url!r}")
        yield started
    finally:
        started.stop()
