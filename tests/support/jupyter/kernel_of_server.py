"""Cells run in a kernel that a Jupyter server has started, by its connection file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient


@contextmanager
def executing(connection_file: Path, source: str, cell: str = "") -> Iterator[Callable[[], None]]:
    """The source is being executed, as the cell of this id; the function it gives waits for its end."""
    client = BlockingKernelClient(connection_file=str(connection_file))
    client.load_connection_file()
    # On a busy machine a heartbeat comes late, and a kernel without one counts as dead.
    client.start_channels(hb=False)
    try:
        client.wait_for_ready(120)
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}}
        request = client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        client.shell_channel.send(request)
        asked = request["header"]["msg_id"]
        # Only now is the kernel at it.
        while client.get_iopub_msg(timeout=120)["msg_type"] != "execute_input":
            pass

        def wait() -> None:
            while client.get_shell_msg(timeout=120)["parent_header"].get("msg_id") != asked:
                pass

        yield wait
    finally:
        client.stop_channels()


@contextmanager
def busy(connection_file: Path, released: Path) -> Iterator[None]:
    """The kernel is at a cell that ends with the block: when the file `released` is there."""
    source = f"import os, time\nwhile not os.path.exists({str(released)!r}):\n    time.sleep(0.05)"
    with executing(connection_file, source):
        try:
            yield
        finally:
            released.touch()
