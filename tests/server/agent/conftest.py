"""Runs as a page follows them, over the wire of a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server.conftest import Client, question
from tests.support.jupyter.kernel_of_server import executing
from tests.support.waiting import eventually

_numbers = iter(range(10_000))


@pytest.fixture(scope="module")
def kernel_id(jupyter) -> Iterator[str]:
    client = Client(jupyter)
    kernel_id = client.kernel()
    run_in(jupyter, kernel_id, "x = 3")
    yield kernel_id
    client.http.delete(f"{jupyter.url}/api/kernels/{kernel_id}")
    client.http.close()


def run_in(jupyter, kernel_id: str, source: str, cell: str = "") -> None:
    with executing(jupyter.folder / "runtime" / f"kernel-{kernel_id}.json", source, cell) as wait:
        wait()


class Following:
    """A run that is followed on a thread, as a page does.

    Attributes:
        records: that have come so far.
    """

    def __init__(self, client: Client, id: str, **fields: Any) -> None:
        self.id = id
        self.records: list[dict[str, Any]] = []
        self._client = client
        self.fields = fields
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        address = "run" if self.fields else "run/follow"
        body = {**question(**self.fields), "run": {"id": self.id, "plan": self.fields.get("plan", False)}}
        client = Client(self._client.server)
        asked = body if self.fields else {"id": self.id}
        with client.http, client.http.stream("POST", address, json=asked, timeout=120) as response:
            for line in response.iter_lines():
                self.records.append(json.loads(line))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in list(self.records) if record["type"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> dict[str, Any]:
        assert eventually(lambda: len(self.of(kind)) >= count), self.records
        return self.of(kind)[count - 1]

    def end(self) -> dict[str, Any]:
        self._thread.join(timeout=60)
        assert not self._thread.is_alive(), self.records
        return self.records[-1]

    @property
    def path(self) -> str:
        return str(self.fields["path"])

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The cells as they were told last."""
        return list({record["cell"]["id"]: record["cell"] for record in self.of("cell")}.values())

    def meanwhile(self, kernel_id: str) -> dict[str, Any]:
        """What its review says that the kernel has done since."""
        cells = self.fields.get("cells") or question()["cells"]
        asked = {"path": self.path, "kernel_id": kernel_id, "cells": cells}
        return dict(self.post("meanwhile", **asked).raise_for_status().json())

    def post(self, what: str, **fields: Any) -> Any:
        return self._client.http.post(f"run/{what}", json={"id": self.id, **fields})


@pytest.fixture
def begin(client, ollama, kernel_id) -> Callable[..., Following]:
    def begin(*replies: Any, **fields: Any) -> Following:
        ollama.replies = list(replies)
        number = next(_numbers)
        asked = {"path": f"run-{number}.ipynb", "kernel_id": kernel_id, "question": "Do it.", **fields}
        return Following(client, f"run-{number}", **asked)

    return begin


def text_of(cell: dict[str, Any]) -> str:
    return "".join(
        str(one.get("text") or one.get("data", {}).get("text/plain", "")) for one in cell["outputs"]
    )
