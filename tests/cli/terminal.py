"""A command whose standard error is a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from types import TracebackType


class OnTerminal:
    """`with OnTerminal("run", …) as command:`; the terminal got `shown`, `end()` gives standard output."""

    def __init__(self, *arguments: object) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        command = [sys.executable, "-m", "jupyter_devstral.cli", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, text=True)
        os.close(follower)
        self.shown = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()
        self._reader.join(5)
        os.close(self._leader)

    def wait_for(self, text: str, timeout: float = 20) -> bool:
        """Whether the terminal shows `text` in time."""
        deadline = time.monotonic() + timeout
        while text not in self.shown and time.monotonic() < deadline:
            time.sleep(0.02)
        return text in self.shown

    def end(self, timeout: float = 60) -> str:
        """Standard output, once the command has ended."""
        out, _ = self.process.communicate(timeout=timeout)
        self._reader.join(5)
        return out

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._leader, 4096)
            except OSError:  # the other side is closed
                return
            self.shown += piece.decode(errors="replace")
