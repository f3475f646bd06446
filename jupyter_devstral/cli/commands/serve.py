"""`jupyter devstral serve`: the embedded server in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse


def command(arguments: argparse.Namespace) -> int:
    """Run the embedded server until it is told to stop; returns the exit code."""
    from ...embedded.serve import serve

    serve(arguments.gguf, port=arguments.port, name=arguments.name or "")
    return 0
