"""A real Jupyter server in a process of its own: JupyterLab and Notebook 7 with the built JupyterLab half."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from jupyter_devstral import _jupyter_labextension_paths

PACKAGE = Path(__file__).parents[3] / "jupyter_devstral"
SECONDS_TO_START = 60

CONFIG = """
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = {port}
c.ServerApp.port_retries = 0
c.ServerApp.allow_root = True
c.ServerApp.open_browser = False
c.ServerApp.root_dir = {root!r}
c.ServerApp.base_url = {base_url!r}
c.IdentityProvider.token = {token!r}
for app in (c.LabApp, c.JupyterNotebookApp):
    app.expose_app_in_browser = True
    app.extra_labextensions_path = [{extensions!r}]
"""

SETTINGS = {
    # News are fetched from the internet; everything here stays on this machine.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # A notebook that was saved by a test must not ask for trust or for a kernel.
    "docmanager-extension/plugin": {"autosave": False},
}


def labextension() -> Path | None:
    """The built half, None when it was not built."""
    [entry] = _jupyter_labextension_paths()
    folder = PACKAGE / entry["src"]
    return folder if (folder / "static" / "style.js").is_file() else None


class JupyterServer:
    """`with JupyterServer(folder) as server`: everything it writes is in the folder.

    `extra_config` is appended to its configuration file; `app` is the module to run, "jupyterlab" or
    "jupyter_server" alone; all its addresses are below `base_url`.
    """

    def __init__(
        self, folder: Path, extra_config: str = "", *, app: str = "jupyterlab", base_url: str = "/"
    ) -> None:
        self.folder = folder
        self._extra_config = extra_config
        self._app = app
        self.notebooks = folder / "notebooks"
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._base_url = base_url
        self.url = f"http://127.0.0.1:{self.port}{base_url.rstrip('/')}"

    def __enter__(self) -> JupyterServer:
        extensions = self.folder / "labextensions"
        built = labextension()
        assert built is not None or self._app == "jupyter_server"
        extensions.mkdir()
        self.notebooks.mkdir()
        if built is not None:
            (extensions / "jupyter-devstral").symlink_to(built)
        config = self.folder / "config.py"
        config.write_text(
            CONFIG.format(
                port=self.port,
                root=str(self.notebooks),
                token=self.token,
                extensions=str(extensions),
                base_url=self._base_url,
            )
            + self._extra_config
        )
        for name, settings in SETTINGS.items():
            file = self.folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings))
        self.start_again()
        return self

    def start_again(self) -> None:
        """Start it, also after `kill`."""
        self._log = (self.folder / "server.log").open("a")
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._app, f"--config={self.folder / 'config.py'}"],
            env=self._environment(),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        self._wait()

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._process.kill()
        self._process.wait(10)
        self._log.close()

    def __exit__(self, *_: object) -> None:
        # The server shuts its kernels down.
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._log.close()

    def write(self, name: str, cells: list[dict[str, Any]]) -> Path:
        """A notebook file with these cells."""
        path = self.notebooks / name
        path.write_text(json.dumps(notebook(cells)))
        return path

    def _environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        return {**os.environ, **{name: str(self.folder / value) for name, value in own.items()}}

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/api", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError((self.folder / "server.log").read_text())


def notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernelspec}, "cells": cells}


def code(id: str, source: str, outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "id": id,
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "execution_count": None,
        "outputs": outputs or [],
    }


def markdown(id: str, source: str) -> dict[str, Any]:
    return {"id": id, "cell_type": "markdown", "source": source, "metadata": {}}
