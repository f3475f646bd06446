"""The parts of the pages that nobody writes: references, sentences, the tree, outputs and pictures.

A page asks for a generated part with a line `<!-- generated: NAME -->`; `{picture}` and `{tried}` are
directives.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from .generated import fill_in
from .pictures import Picture, sources_of_pictures
from .sentences import check_headings
from .tried import Tried


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of all parts."""
    app.add_config_value("devstral_pictures", "", "env", str)
    app.add_directive("picture", Picture)
    app.add_directive("tried", Tried)
    app.connect("source-read", fill_in)
    app.connect("source-read", check_headings)
    app.connect("env-get-outdated", sources_of_pictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
