"""`jupyter devstral apply`: a model's raw reply (standard input) applied to a notebook (standard output)."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ...core.edits.application import apply_edits
from ...core.edits.edit import Edit
from ...core.edits.proposal import propose_edits
from ...core.errors import UsageError
from ...core.notebook.cells import Notebook
from ...core.notebook.file import find_cell
from ...core.prompt.safe_request import safe_request
from ...core.redaction.redactor import Redactor
from ...core.reply.parser import ReplyParser
from ...core.request.tasks import Task
from ..asking import Asked, what_is_asked
from ..notebook_input import NotebookInput, read_notebook
from ..notebook_text import notebook_text
from ..settings import read_settings
from ..standard_output import write_text

if TYPE_CHECKING:
    from ...core.settings.config import DevstralConfig


def command(arguments: argparse.Namespace) -> int:
    """Apply a reply from standard input, and print the notebook; returns the exit code."""
    if arguments.notebook == "-":
        raise UsageError("apply reads the reply from standard input; give the notebook as a file.")
    source = read_notebook(arguments.notebook)
    cell = find_cell(source.notebook, arguments.cell)
    asked = what_is_asked(source.notebook, cell, arguments.task, None, otherwise=Task.WRITE)
    reply = _restored(_reply(), asked, source, read_settings(arguments.flags))
    edits, notes = _edits(reply, asked, source.notebook)
    data = apply_edits(source.data, edits, index_of_anchor=asked.anchor.index) if edits else source.data
    text = notebook_text(data)
    for note in notes:
        _say(note)
    if not edits:
        _say(_nothing_used(asked))
    write_text(text)
    return 0


def _edits(reply: str, asked: Asked, notebook: Notebook) -> tuple[tuple[Edit, ...], tuple[str, ...]]:
    parser = ReplyParser(notebook.language)
    events = [*parser.feed(reply), *parser.close()]
    return propose_edits(
        asked.task,
        events,
        anchor=asked.anchor.key,
        target=asked.target,
        language=notebook.language,
        notebook=notebook,
    )


def _restored(reply: str, asked: Asked, source: NotebookInput, settings: DevstralConfig) -> str:
    """The reply with the secrets back whose placeholders `prompt` shows for the same cell."""
    if not settings.redact:
        return reply
    redactor = Redactor()
    safe_request(source.with_rules(asked.request(source.notebook, settings.context)), redactor)
    return redactor.restore(reply)


def _reply() -> str:
    if sys.stdin.isatty():
        _say("paste the model's reply and end it with Ctrl-D.")
    content = sys.stdin.buffer.read()
    text = content.decode("utf-8-sig", errors="replace")
    if text.count("\N{REPLACEMENT CHARACTER}") > content.count("\N{REPLACEMENT CHARACTER}".encode()):
        _say("the reply is not UTF-8 throughout; what cannot be read stands as \N{REPLACEMENT CHARACTER}.")
    return text


def _nothing_used(asked: Asked) -> str:
    if not (asked.task.inserts or asked.task.rewrites):
        return f"the notebook is unchanged: {asked.task.value} only answers."
    return "the notebook is unchanged: the reply has no code that can become a cell."


def _say(text: str) -> None:
    print(f"jupyter devstral apply: {' '.join(text.split())}", file=sys.stderr)
