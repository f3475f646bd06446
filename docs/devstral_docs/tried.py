"""`{tried} COMMAND`: a command, run while the pages are built, with what it really prints."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
PROGRAM = ["jupyter", "devstral"]
# Variables that would make the output that of somebody's machine.
_SETTINGS = {"DEVSTRAL_POLICY", "OLLAMA_HOST"}


class Tried(SphinxDirective):
    """The command and its output, as one block; a command that fails otherwise than asked ends the build."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"lines": directives.positive_int, "status": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        """Run it in the root of the project, with nobody's settings."""
        command = self.arguments[0]
        words = shlex.split(command)
        if words[:2] != PROGRAM:
            raise self.error(f"only `{' '.join(PROGRAM)} …` is tried, not {command}")
        done = _run(words[2:])
        if done.returncode != self.options.get("status", 0):
            raise self.error(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
        lines = (done.stdout + done.stderr).rstrip().splitlines()
        most = self.options.get("lines", len(lines))
        shown = [f"$ {command}", *lines[:most], *(["…"] if len(lines) > most else [])]
        block = nodes.literal_block("\n".join(shown), "\n".join(shown))
        block["language"] = "text"
        return [block]


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as home:
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        nobody = {
            "HOME": home,
            "IPYTHONDIR": home,
            "JUPYTER_CONFIG_DIR": home,
            "JUPYTER_DATA_DIR": home,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "COLUMNS": "100",
        }
        command = [sys.executable, "-m", "jupyter_devstral.cli", *words]
        environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS} | nobody
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
