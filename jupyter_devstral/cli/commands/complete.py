"""`jupyter devstral complete`: what is asked at a cursor, and what comes; for benches and bug reports."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from ...core.errors import UsageError
from ..notebook_input import read_notebook
from ..settings import read_settings
from ..standard_output import write_text

if TYPE_CHECKING:
    from ...session.suggestions.completer import Completion


def command(arguments: argparse.Namespace) -> int:
    from ...core.completion.place import Place
    from ...core.notebook.file import find_cell
    from ...core.redaction.redactor import Redactor
    from ...core.settings.policy_files import policy
    from ...session.suggestions.completer import Completer, Cursor
    from ...session.suggestions.completion_model import completion_model

    settings = read_settings(arguments.flags)
    notebook = read_notebook(arguments.notebook).notebook
    cell = find_cell(notebook, arguments.cell)
    if cell.kind != "code":
        raise UsageError(f"Cell {arguments.cell} is no code cell: nothing is suggested there.")
    if arguments.offset > len(cell.source):
        raise UsageError(f"--offset is at most {len(cell.source)}, the length of the cell in code points.")
    place = Place(cell.source, arguments.offset, notebook.language)
    cursor = Cursor(notebook, cell, place, by_hand=True, regardless=True)
    redactor = Redactor() if settings.redact or policy().redact else None
    if redactor is not None:
        # Also what is not sent may show what a text that is sent is.
        redactor.redact([each.source for each in notebook.cells])
    completion = Completer(completion_model(settings)).complete(cursor, redactor)
    write_text(_json(completion) if arguments.json else _readable(completion))
    return 0


def _json(completion: Completion) -> str:
    data = {
        "text": completion.text,
        "reply": completion.reply,
        "request": completion.request,
        "model": completion.model,
        "dropped": completion.dropped or None,
        "notes": list(completion.notes),
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _readable(completion: Completion) -> str:
    parts = []
    if completion.request is not None:
        parts += ["──── asked ────", completion.request["prompt"]]
        parts += ["──── suffix ────", completion.request["suffix"]] if "suffix" in completion.request else []
        parts += ["──── answered ────", completion.reply]
    parts += ["──── offered ────", completion.text or f"nothing: {completion.dropped}"]
    return "\n".join([*parts, *(f"note: {note}" for note in completion.notes)]) + "\n"
