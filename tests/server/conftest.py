"""A real Jupyter server with the extension, talking to a scripted model server; and a client of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.jupyter.server import JupyterServer
from tests.support.scripted.server import ScriptedOllama


@dataclass
class Client:
    """What JupyterLab's half does: requests with the token, streams as records."""

    server: JupyterServer
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"token {self.server.token}"}
        self.http = httpx.Client(base_url=f"{self.server.url}/jupyter-devstral/", headers=headers, timeout=30)

    def get(self, address: str, **params: str) -> Any:
        return self.http.get(address, params=params).raise_for_status().json()

    def ask(self, **fields: Any) -> list[dict[str, Any]]:
        """All records of an answer."""
        with self.http.stream("POST", "chat", json=question(**fields)) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"] == "application/x-ndjson"
            return [json.loads(line) for line in response.iter_lines()]

    def kernel(self) -> str:
        """The id of a new kernel that is ready."""
        url = f"{self.server.url}/api/kernels"
        return str(self.http.post(url, json={"name": "python3"}).raise_for_status().json()["id"])


def question(**fields: Any) -> dict[str, Any]:
    """A question as the browser sends it, with these fields."""
    return {
        "protocol": 1,
        "task": "chat",
        "question": "why?",
        "path": "a.ipynb",
        "kernel_id": None,
        "language": "python",
        "cells": [code("a", "x = 3"), code("b", "print(x)")],
        "target": "",
        "variables": [],
        "files": [],
        "selection": "",
        "images": [],
        "exclude": [],
        "turns": [],
        "model": None,
        **fields,
    }


def code(id: str, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "cell_type": "code", "source": source, "metadata": {}, "outputs": list(outputs)}


@pytest.fixture(scope="session")
def model_server() -> Iterator[ScriptedOllama]:
    with ScriptedOllama() as server:
        yield server


@pytest.fixture(scope="session")
def jupyter(
    tmp_path_factory: pytest.TempPathFactory, model_server: ScriptedOllama
) -> Iterator[JupyterServer]:
    config = f"c.DevstralConfig.host = {model_server.url!r}\n"
    folder: Path = tmp_path_factory.mktemp("jupyter")
    with JupyterServer(folder, config, app="jupyter_server") as server:
        yield server


@pytest.fixture
def client(jupyter: JupyterServer) -> Iterator[Client]:
    client = Client(jupyter)
    yield client
    client.http.close()


@pytest.fixture
def ollama(model_server: ScriptedOllama) -> ScriptedOllama:
    """The scripted model server, its records of earlier tests forgotten."""
    model_server.replies = ["Hello."]
    model_server.first_byte_delay = model_server.piece_delay = 0.0
    model_server.forget()
    model_server.set_loaded(32_768)
    return model_server
