"""A real JupyterHub with its proxy, in processes of their own; each user has a home folder and a server.

All servers run as the user of the tests (SimpleLocalProcessSpawner): what keeps users apart here is the hub's
own sign-in alone. Isolation between system users cannot be shown by it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from jupyter_client.blocking.client import BlockingKernelClient

_PACKAGES = Path(__file__).parents[3] / "labextension" / "node_modules"
PROXY = _PACKAGES / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
PATIENCE = 120.0
PASSWORD = "correct-horse"

CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.ConfigurableHTTPProxy.command = [{node!r}, {proxy!r}]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.default_url = "/api"
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience:.0f}
c.Spawner.environment = {environment!r}
"""


def why_there_is_none() -> str:
    """Why no hub can be started here, as a sentence; "" where one can."""
    if shutil.which("node") is None:
        return "JupyterHub's proxy needs Node.js"
    if not PROXY.exists():
        return "JupyterHub's proxy is not installed: it comes with the packages of labextension/"
    try:
        import jupyterhub  # noqa: F401
    except ImportError:
        return "JupyterHub is not installed"
    return ""


class Hub:
    """`with Hub(folder, environment) as hub`; the spawner gives the environment to each user's server."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = {"JUPYTERHUB_SINGLEUSER_APP": "jupyter_server.serverapp.ServerApp", **environment}
        self._ports = _free_ports(3)
        self.url = f"http://127.0.0.1:{self._ports[0]}"
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[httpx.Client] = []

    def __enter__(self) -> Hub:
        port, hub_port, proxy_port = self._ports
        config = CONFIG.format(
            port=port,
            hub_port=hub_port,
            proxy_port=proxy_port,
            folder=self.folder,
            node=shutil.which("node"),
            proxy=str(PROXY),
            password=PASSWORD,
            python=sys.executable,
            patience=PATIENCE,
            environment=self._environment,
        )
        (self.folder / "hub.py").write_text(config)
        # Of the environment of the tests only what finds programs and packages.
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
        self._log = (self.folder / "hub.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(self.folder / "hub.py")],
            cwd=self.folder,
            env=kept,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        _wait_for(lambda: httpx.get(f"{self.url}/hub/api", timeout=5).is_success, self)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        # The hub ends the servers and the proxy that it has started.
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._log.close()

    def home(self, name: str) -> Path:
        """The home folder of a user, made where it is missing."""
        home = self.folder / "home" / name
        home.mkdir(parents=True, exist_ok=True)
        return home

    def sign_in(self, name: str) -> HubUser:
        """Sign a user in as a browser does, and let the hub start the server of that user."""
        http = httpx.Client(base_url=self.url, follow_redirects=True, timeout=30)
        self._clients.append(http)
        http.get("/hub/login")
        data = {"username": name, "password": PASSWORD, "_xsrf": _xsrf(http, "/hub/")}
        http.post("/hub/login?next=/hub/spawn", data=data).raise_for_status()
        return HubUser(self, name, http)

    def account(self) -> str:
        """What the hub and its servers have said."""
        return (self.folder / "hub.log").read_text(errors="replace")[-6000:]

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


@dataclass
class HubUser:
    """A user who is signed in; `http` has the cookies."""

    hub: Hub
    name: str
    http: httpx.Client

    def wait(self) -> None:
        """Wait for the server of this user."""
        # A page, which unlike a request of one leads through the hub's sign-in.
        (self.hub.home(self.name) / "ready.txt").write_text("yes")
        _wait_for(lambda: self.http.get(f"/user/{self.name}/files/ready.txt").text == "yes", self.hub)

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Ask this user's server, as its page does."""
        headers = {"X-XSRFToken": _xsrf(self.http, f"/user/{self.name}/")}
        return self.http.request(method, f"/user/{self.name}/{path}", headers=headers, **arguments)

    def run(self, source: str) -> str:
        """Run a cell in a new kernel of this user's server; all text that it shows."""
        started = self.request("POST", "api/kernels", json={"name": "python3"}).raise_for_status().json()
        runtime = self.hub.home(self.name) / ".local" / "share" / "jupyter" / "runtime"
        client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{started['id']}.json"))
        client.load_connection_file()
        # On a busy machine a heartbeat comes late, and a kernel without one counts as dead.
        client.start_channels(hb=False)
        shown: list[str] = []
        try:
            client.wait_for_ready(PATIENCE)
            client.execute_interactive(
                source, timeout=PATIENCE, output_hook=lambda message: shown.append(str(message["content"]))
            )
        finally:
            client.stop_channels()
            self.request("DELETE", f"api/kernels/{started['id']}")
        return "\n".join(shown)


def _xsrf(http: httpx.Client, path: str) -> str:
    return next((one.value or "" for one in http.cookies.jar if one.name == "_xsrf" and one.path == path), "")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_for(answers: Any, hub: Hub) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not hub.has_ended:
        try:
            if answers():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(hub.account())
