"""`jupyter devstral SUBCOMMAND`: the arguments, the dispatch, and the handling of failures.

Exit codes: 0 success, 1 an error (one line on stderr), 2 a usage error, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from .. import __version__
from ..core.errors import DevstralError, UsageError
from .arguments import SUBCOMMANDS, add_subcommands
from .settings import take_flags
from .standard_output import forget_reader, open_streams

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; `argv` without the program's name."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        # Characters that the terminal cannot show become "?".
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except UsageError as error:
        return _fail(error, 2)
    except DevstralError as error:
        return _fail(error, 1)
    except BrokenPipeError:
        forget_reader()
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED


def _run(argv: list[str]) -> int:
    flags, rest = take_flags(argv)
    try:
        arguments = _parser().parse_args(rest)
    except SystemExit as stop:
        return int(stop.code or 0)
    if arguments.subcommand is None:
        _parser().print_help()
        return 2
    arguments.flags = flags
    command: Callable[[argparse.Namespace], int] = import_module(
        f".{SUBCOMMANDS[arguments.subcommand]}", __package__
    ).command
    return command(arguments)


class _Parser(argparse.ArgumentParser):
    """An argparse parser that reports a mistake in one line instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with code 2."""
        self.exit(2, f"{self.prog}: {message}\nSee `{self.prog} --help`.\n")


class _Columns(argparse.HelpFormatter):
    """A formatter that puts help beside every subcommand.

    Argparse ignores their indentation when it measures the column.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._action_max_length = max(len(word) for word in SUBCOMMANDS) + 4


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        formatter_class=_Columns,
        prog="jupyter devstral",
        description="A local-first coding assistant for notebooks.",
        epilog="Settings: --DevstralConfig.NAME=VALUE anywhere, or c.DevstralConfig.NAME = VALUE in "
        "jupyter_devstral_config.py or ipython_config.py. NOTEBOOK is a path, or - for standard input. "
        "A cell is named by its id, by what stands beside it ('[3]' where it ran), or by its place ('#5').",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"jupyter-devstral {__version__}")
    add_subcommands(parser)
    return parser


def _fail(error: DevstralError, code: int) -> int:
    text = " ".join(str(error).split())
    print(f"jupyter devstral: {text}", file=sys.stderr)
    return code
