"""The command in this process: arguments and standard input in; exit code, bytes out and messages out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jupyter_devstral.cli.app import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ended]


@pytest.fixture(autouse=True)
def own_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's configuration counts; the returned folder is the whole of it."""
    folder = tmp_path_factory.mktemp("configuration")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder))
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    return folder


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`cli("prompt", path, "--cell", 3, stdin=b"…")`."""

    def run(*arguments: object, stdin: bytes = b"") -> Ended:
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="ascii"), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = main([str(argument) for argument in arguments])
            out.flush()
        return Ended(code, out.buffer.getvalue(), err.getvalue())

    return run


def code_cell(source: str, id: str, **more: Any) -> dict[str, Any]:
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    return cell | more


def markdown_cell(source: str, id: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def notebook_of(cells: Sequence[dict[str, Any]], **metadata: Any) -> dict[str, Any]:
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": list(cells), "metadata": kernel | metadata, "nbformat": 4, "nbformat_minor": 5}


def write_notebook(path: Path, cells: Sequence[dict[str, Any]], **metadata: Any) -> Path:
    path.write_text(json.dumps(notebook_of(cells, **metadata), indent=1), encoding="utf-8")
    return path
