"""`jupyter devstral export-tests`: a notebook's tests and the code they need, as modules for pytest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ...core.errors import UsageError
from ...core.unit_tests.export import export_tests
from ...core.whole_file import write_whole
from ..notebook_input import read_notebook


def command(arguments: argparse.Namespace) -> int:
    """Write the tests of a notebook as modules; returns the exit code."""
    source = read_notebook(arguments.notebook)
    stem = "notebook" if arguments.notebook == "-" else Path(arguments.notebook).stem
    exported = export_tests(source.notebook, stem)
    folder: Path = arguments.output
    files = {
        folder / f"{exported.code_name}.py": exported.code,
        folder / f"{exported.test_name}.py": exported.tests,
    }
    if not arguments.force:
        _refuse_to_overwrite(files)
    for path, text in files.items():
        write_whole(path, text)
        print(path)
    for note in exported.notes:
        print(f"jupyter devstral: {note}", file=sys.stderr)
    tests = "test" if exported.count == 1 else "tests"
    print(f"jupyter devstral: {exported.count} {tests}; run them with: pytest {folder}", file=sys.stderr)
    return 0


def _refuse_to_overwrite(files: dict[Path, str]) -> None:
    """A file that says something else may have been edited."""
    for path, text in files.items():
        try:
            same = not path.exists() or path.read_text(encoding="utf-8") == text
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            raise UsageError(
                f"{path} exists and says something else; nothing was written. Overwrite: --force"
            )
