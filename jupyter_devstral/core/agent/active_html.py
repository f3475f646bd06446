"""HTML that does more than show: it runs, frames, sends, or loads from an address.

A hole, where a program puts in what is not known, is written as HOLE.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HOLE = "\0"

_SCRIPT = re.compile(r"<script\b|\bjavascript:|<[a-z][^<>]*\son[a-z]+\s*=", re.IGNORECASE)
_FRAME = re.compile(r"<(?:i?frame|object|embed|portal|applet)\b", re.IGNORECASE)
_FORM = re.compile(r"<(?:form|input|button|base|meta)\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\b(?:src|srcset|href|action|formaction|data|poster|background|ping)\s*=\s*[\"']?\s*(?:[a-z][a-z+.-]*:)?(?://|\\\\|\0)"
    r"|\burl\(\s*[\"']?\s*(?:[a-z][a-z+.-]*:)?(?://|\0)"
    r"|@import\b|<link\b",
    re.IGNORECASE,
)
# A link is followed by the user alone.
_LINK = re.compile(r"(<a\b[^<>]*?)\bhref\s*=", re.IGNORECASE)
_MARKDOWN_IMAGE = re.compile(r"!\[[^\]]*\](?:\(\s*<?\s*(?:[a-z]+:)?(?://|\0)|\[)", re.IGNORECASE)
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(?:[a-z]+:)?//", re.IGNORECASE | re.MULTILINE)
_SCRIPT_MIMES = re.compile(
    r"application/(?:javascript|ecmascript)|text/javascript|vnd\.bokehjs_(?:exec|load)"
)


def html_finding(html: str) -> str:
    """Say what is active in a piece of HTML, as a phrase; "" for HTML that only shows."""
    if _SCRIPT.search(html):
        return "it shows HTML that runs a script"
    if _FRAME.search(html):
        return "it shows HTML with a frame"
    if _FORM.search(html):
        return "it shows HTML with a form"
    if _ADDRESS.search(_LINK.sub(r"\1", html)):
        return "it shows HTML that loads from an address"
    return ""


def markdown_finding(text: str) -> str:
    """Say what is active in Markdown: its HTML, and pictures that come from an address."""
    if _MARKDOWN_IMAGE.search(text) and (_REFERENCE.search(text) or "](" in text):
        return "it shows a picture from an address"
    return html_finding(text)


def output_finding(data: Mapping[str, Any]) -> str:
    """Say what is active in a MIME bundle."""
    for mime, value in data.items():
        if _SCRIPT_MIMES.search(mime):
            return "it shows JavaScript"
        text = "".join(map(str, value)) if isinstance(value, list) else str(value)
        found = ""
        if mime in ("text/html", "image/svg+xml"):
            found = html_finding(_without_svg_names(text))
        elif mime == "text/markdown":
            found = markdown_finding(text)
        if found:
            return found
    return ""


def _without_svg_names(text: str) -> str:
    """Take out what names a format and loads nothing."""
    return re.sub(r"\sxmlns(?::\w+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", text)
