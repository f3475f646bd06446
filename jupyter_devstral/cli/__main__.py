"""Entry point of `python -m jupyter_devstral.cli`, for when the console script is not on the path."""

import sys

from .app import main

if __name__ == "__main__":
    sys.exit(main())
