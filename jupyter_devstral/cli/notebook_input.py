"""A notebook named on the command line, read as JSON and as cells."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.errors import NotebookError, UsageError
from ..core.notebook.cells import Notebook
from ..core.notebook.file import notebook_from_json, read_notebook_json
from ..core.request.tasks import Request
from ..session.rules import NAME, Place, rules_files, rules_in_force


@dataclass(frozen=True)
class NotebookInput:
    """A notebook as stored and as cells.

    Attributes:
        name: stands for it in messages.
        places: where its project's rules may lie.
    """

    name: str
    data: dict[str, Any]
    notebook: Notebook
    places: tuple[Place, ...] = ()

    def with_rules(self, request: Request) -> Request:
        """The request with the rules that the user has switched on."""
        return replace(request, rules=rules_in_force(rules_files(self.places)))


def read_notebook(path: str) -> NotebookInput:
    """Read a file, or standard input for "-".

    Raises NotebookError, one line long, when it is not a notebook.
    """
    name = "standard input" if path == "-" else path
    content = _content(path)
    try:
        data = read_notebook_json(content)
        places = () if path == "-" else ((NAME, Path(path).parent),)
        return NotebookInput(name, data, notebook_from_json(data), places)
    except NotebookError as error:
        raise NotebookError(f"{name}: {error}") from None


def _content(path: str) -> bytes:
    if path == "-":
        if sys.stdin.isatty():
            raise UsageError("NOTEBOOK is -, but nothing is piped in: `… < notebook.ipynb`.")
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotebookError(f"{path}: cannot be read: {error.strerror or error}.") from None
    except ValueError as error:
        # The name contains a NUL byte.
        raise NotebookError(f"{path!r} is not the name of a file: {error}.") from None
