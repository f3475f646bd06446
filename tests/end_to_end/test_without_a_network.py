"""A network namespace that has loopback alone: what the demo does needs nothing else, and asks for nothing.

The guard of the tests (`tests/support/guard`) sees what Python tries; the namespace holds for C code, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

from jupyter_devstral.core.wire import MIME
from tests.support.sweeps import SOAK

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
# Loopback is there in a new namespace, but down: SIOCGIFFLAGS and SIOCSIFFLAGS of Linux, IFF_UP.
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    request = struct.pack("16sh14x", b"lo", 0)
    flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, 0x8913, request))[1]
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""
OUTSIDE = "import socket\nwith socket.socket() as s: print(s.connect_ex(('192.0.2.1', 443)))"
LOOPBACK = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    print("connected")
"""
IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(f"{name} is not imported: {error}", file=sys.stderr)
    else:
        print(name)
"""


def alone(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command where loopback is the only network."""
    inside = [sys.executable, "-S", "-c", LOOPBACK_UP, *map(str, command)]
    return subprocess.run(
        ["unshare", "--map-root-user", "--net", *inside],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def own_folders(folder: Path) -> dict[str, str]:
    """An environment in which nothing of the user's configuration counts."""
    kept = {name: value for name, value in os.environ.items() if name != "OLLAMA_HOST"}
    return {**kept, "JUPYTER_CONFIG_DIR": str(folder), "IPYTHONDIR": str(folder / "ipython")}


@pytest.fixture(scope="module", autouse=True)
def _namespaces() -> None:
    try:
        tried = alone("true")
    except FileNotFoundError:
        pytest.skip("unshare is not here")
    if tried.returncode:
        pytest.skip(f"network namespaces are not allowed here: {tried.stderr.strip()}")


def test_nothing_but_loopback_can_be_reached() -> None:
    # Without the guard (-S), which would refuse it first; 101 is ENETUNREACH.
    assert alone(sys.executable, "-S", "-c", OUTSIDE).stdout == "101\n"
    assert alone(sys.executable, "-S", "-c", LOOPBACK).stdout == "connected\n"


def test_a_notebook_runs_with_a_real_model(tmp_path: Path, smol_gguf: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the llama.cpp runtime xllamacpp is not installed")
    cells = ["%load_ext jupyter_devstral", "%%devstral ask -c none\nWhat is a CSV file?", "%devstral status"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    nbformat.write(notebook, tmp_path / "in.ipynb")
    flags = ("--DevstralConfig.engine=embedded", "--DevstralConfig.max_reply_tokens=12")
    command = ("-m", "jupyter_devstral.cli", "run", tmp_path / "in.ipynb", "-o", tmp_path / "out.ipynb")
    ended = alone(sys.executable, *command, *flags, cwd=ROOT, env=own_folders(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    answers = [
        output
        for cell in nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
        if MIME in output.get("data", {})
    ]
    assert answers


@pytest.mark.skipif(not SOAK, reason="the whole demo: in `make soak`")
def test_the_demo_runs(tmp_path: Path, smol_gguf: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the llama.cpp runtime xllamacpp is not installed")
    ended = alone(sys.executable, ROOT / "scripts" / "demo.py", cwd=ROOT, env=own_folders(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "The demo took" in ended.stdout


def test_no_package_of_an_extra_phones_home_when_it_is_imported() -> None:
    listed = [Requirement(line) for line in metadata.requires("jupyter_devstral") or ()]
    extra = {one.name.lower() for one in listed if one.marker and "extra" in str(one.marker)}
    assert {"ipywidgets", "xllamacpp", "jupyterlab"} <= extra
    modules = [
        module
        for module, distributions in metadata.packages_distributions().items()
        if extra & {name.lower() for name in distributions} and module.isidentifier()
    ]
    ended = alone(sys.executable, "-c", IMPORT, *sorted(modules))
    assert ended.returncode == 0, ended.stderr
    assert {"ipywidgets", "jupyterlab"} <= set(ended.stdout.split())
