"""An executed notebook as one inert HTML page: no script, nothing remote."""

from __future__ import annotations

import html
import logging
import re
import warnings
from typing import TYPE_CHECKING, Any

from ...core.errors import DevstralError

if TYPE_CHECKING:
    from nbformat import NotebookNode

# The page's content policy, a second line of defence: it may load only its own images and styles.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# nbconvert's last word on a `pre` in an output is `font-family: inherit`, in an answer the font of prose; and
# it has no colours for diffs.
_OWN_STYLE = """<style>
.jp-RenderedMarkdown pre { font-family: var(--jp-code-font-family); line-height: 1.3; margin: 0.5em 1.5em; }
.jp-RenderedMarkdown .highlight { background: none; }
.highlight .gd { color: #a40e26; background: #ffebe9; }
.highlight .gi { color: #116329; background: #dafbe1; }
.highlight .gu { color: #6639ba; }
</style>"""
_SHOWN_TYPES = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/latex",
    "text/plain",
]
# fmt: off
_TAGS = frozenset((
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "main", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
))
_STYLES = frozenset((
    "background-color", "border", "border-bottom", "border-collapse", "border-left", "border-right",
    "border-top", "color", "font-family", "font-size", "font-style", "font-weight", "height", "margin",
    "max-height", "max-width", "min-width", "overflow", "padding", "text-align", "text-decoration",
    "vertical-align", "white-space", "width",
))
# fmt: on
_EVERYWHERE = frozenset({"class", "data-mime-type", "dir", "id", "lang", "style", "title"})
_ATTRIBUTES = {
    "a": {"href", "name"},
    "img": {"alt", "height", "src", "width"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "ol": {"start"},
    "details": {"open"},
}
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
# Elements whose text nobody is meant to read; safety does not rest on this.
_UNREADABLE = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)


def html_page(notebook: NotebookNode, title: str) -> str:
    """Make the page. Formulas stay as typed, and widgets show their text: both would need scripts.

    Raises DevstralError for a notebook that nbconvert rejects.
    """
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config({"NbConvertBase": {"display_data_priority": _SHOWN_TYPES}})
    # Cleaned where it goes in, because nbconvert's own parser gives up on some hostile markup, and once
    # more as a whole below.
    exporter = HTMLExporter(
        config=config,
        sanitize_html=True,
        filters={"clean_html": _harmless},
        mathjax_url="",
        require_js_url="",
        jquery_url="",
    )
    exporter.log.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # An output without a type to show is left out, as it should be.
        warnings.simplefilter("ignore", UserWarning)
        try:
            page, _ = exporter.from_notebook_node(notebook)
        except Exception as error:  # noqa: BLE001 - nbconvert fails in its own ways on broken notebooks
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise DevstralError(f"The page cannot be made: {reason}.") from None
    head, _, body = page.partition("<body")
    body = body.partition(">")[2].rpartition("</body>")[0]
    styles = "\n".join(match[0] for match in re.finditer(r"<style\b.*?</style>", head, re.DOTALL))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n"
        f'{styles}\n{_OWN_STYLE}\n</head>\n<body class="jp-Notebook" data-jp-theme-light="true" '
        f'data-jp-theme-name="JupyterLab Light">\n{_harmless(body)}\n</body></html>\n'
    )


def _harmless(body: object) -> str:
    from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped, unused-ignore]
    from bleach.sanitizer import Cleaner  # type: ignore[import-untyped, unused-ignore]

    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES),
    )
    cleaned: str = cleaner.clean(_UNREADABLE.sub("", str(body)))
    return cleaned


def _allowed(tag: str, name: str, value: Any) -> bool:
    if name in ("src", "href"):
        text = str(value).strip()
        if tag == "img":
            return name == "src" and _IMAGE.fullmatch(text) is not None
        return tag == "a" and name == "href" and _LINK.match(text) is not None
    return name in _EVERYWHERE or name in _ATTRIBUTES.get(tag, ())
