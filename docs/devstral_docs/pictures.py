"""Pictures that the browser tests make; where they were not run, a note stands in the place of each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Picture(SphinxDirective):
    """`{picture} NAME`: what `lab.screenshot(NAME)` of a browser test saw; the content is the caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """The figure, or the note."""
        [name] = self.arguments
        pictures = self.env.metadata[self.env.docname].setdefault("devstral_pictures", [])
        pictures.append(name)
        path = Path(self.config.devstral_pictures) / f"{name}.png"
        caption = " ".join(self.content)
        if not path.is_file():
            return [_note(name, caption.replace("*", ""))]
        page = Path(self.env.doc2path(self.env.docname)).parent
        figure = nodes.figure("", classes=["devstral-picture"])
        figure += nodes.image(uri=os.path.relpath(path, page), alt=self.options.get("alt", caption))
        if caption:
            figure += nodes.caption(caption, caption)
        return [figure]


def sources_of_pictures(
    app: Sphinx, env: object, added: object, changed: object, removed: object
) -> list[str]:
    """Read every page again: what it shows lies outside of it."""
    return sorted(app.env.found_docs)


def _note(name: str, caption: str) -> nodes.Node:
    note = nodes.admonition("", classes=["devstral-picture-missing"])
    note += nodes.title("", "Picture")
    text = f"{caption} This picture is made by the tests in a browser, which were not run before this build: "
    paragraph = nodes.paragraph("", text)
    paragraph += nodes.literal("", "make test")
    paragraph += nodes.Text(f", then make docs ({name}).")
    note += paragraph
    return note
