"""`jupyter devstral rules NOTEBOOK [on | off]`: the rules beside it, and whether they are sent."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...core.errors import NotebookError
from ...core.request.tasks import RULES_BYTES
from ...core.text.terminal_text import as_shown
from ...session.rules import NAME, RulesFile, rules_files, switch
from ..standard_output import write_text


def command(arguments: argparse.Namespace) -> int:
    """Switch where that is asked for, and show the rules; returns 1 where they cannot be used."""
    notebook = arguments.notebook
    if not notebook.exists():
        raise NotebookError(f"{notebook}: cannot be read: No such file or directory.")
    place = (NAME, folder_of(notebook))
    files = rules_files([place])
    if not files:
        where = f"in the folder {notebook.resolve()}" if notebook.is_dir() else f"beside {notebook}"
        print(f"There is no {NAME} {where}.")
        return 1
    if arguments.state:
        switch(files[0], on=arguments.state == "on")
        files = rules_files([place])
    return _show(files[0])


def folder_of(notebook: Path) -> Path:
    """The folder of a notebook; a folder is its own."""
    return notebook if notebook.is_dir() else notebook.parent


def _show(file: RulesFile) -> int:
    if file.problem:
        print(file.problem)
        return 1
    write_text(as_shown(file.text).rstrip() + "\n")
    cut = f", of which prompts take the first {RULES_BYTES:,} bytes" if file.is_cut else ""
    if file.is_on:
        print(f"──── on: {file.path} is part of every prompt until it changes{cut}")
    else:
        print(f"──── off: {file.path} is not sent{cut}")
        print("     if you agree with all of it: jupyter devstral rules NOTEBOOK on")
    return 0
