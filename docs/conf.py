"""How the documentation is built: `make docs`, or `python -m sphinx docs OUT`."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
# The package as it stands beside these pages, whatever is installed.
sys.path[:0] = [str(ROOT), str(DOCS)]

from jupyter_devstral import __version__  # noqa: E402

project = "jupyter-devstral"
author = "the jupyter-devstral developers"
version = release = __version__
extensions = ["myst_parser", "devstral_docs"]
exclude_patterns = ["_build"]
nitpicky = True
# Sentences of the code are quoted as they are.
smartquotes = False
# Where the browser tests leave their pictures.
devstral_pictures = str(ROOT / "test-output" / "screenshots")

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_title = f"jupyter-devstral {__version__}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
