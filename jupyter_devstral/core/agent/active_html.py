"""HTML and Markdown that do more than show: they run, frame, send, or load from an address.

Strict where a browser is generous: entities, escapes and blanks inside an address are read as it reads them,
and a picture whose address is not plainly a file beside the notebook is one from an address if any is there.
A hole, where a program puts in what is not known, is written as HOLE.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

HOLE = "\0"

_LOADS = "it shows HTML that loads from an address"
_PICTURE = "it shows a picture from an address"
_DIAGRAM = "it shows a diagram that loads from an address"

_SCRIPT = re.compile(
    r"<script\b|\bjavascript:|<[a-z](?:[^<>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}'){0,2000}?[\s/\"']on[a-z]+\s*=",
    re.IGNORECASE,
)
_FRAME = re.compile(r"<(?:i?frame|object|embed|portal|applet)\b", re.IGNORECASE)
_FORM = re.compile(r"<(?:form|input|button|base|meta)\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-z]", re.IGNORECASE)
# `from`, `to` and `values` set another attribute of SVG.
_ATTRIBUTE = re.compile(
    r"\b(?:src|srcset|imagesrcset|href|action|formaction|data|poster|background|ping|lowsrc|dynsrc|codebase|manifest"
    r"|from|to|values)\s*=\s*(?:\"(?P<double>[^\"]*)|'(?P<single>[^']*)|(?P<bare>[^\s\"'>][^\s>]*))",
    re.IGNORECASE,
)
_STYLE_URL = re.compile(r"\b(?:url|src|image-set|image)\(\s*[\"']?(?P<address>[^\"')]*)", re.IGNORECASE)
_STYLE_LOADS = re.compile(r"@import\b|<link\b", re.IGNORECASE)
_STYLE_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.IGNORECASE)
# A link is followed by the user alone.
_LINK = re.compile(r"(<a\b[^<>]*?)\bhref\s*=", re.IGNORECASE)

# A browser takes out breaks inside an address; the others are not seen.
_UNSEEN = re.compile(r"[\s\x01-\x20\x7f\xad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_OTHER_ADDRESS = re.compile(
    r"(?!(?:data|attachment|blob|cid|about|mailto|tel):)[a-z][a-z0-9+.-]*:|[/\\]{2}|\0", re.IGNORECASE
)
_ADDRESS_ANYWHERE = re.compile(r"(?<![a-z0-9])(?:https?|ftps?|wss?|file):|[/\\]{2}[^\s/\\]|\0", re.IGNORECASE)
_PLAIN_PICTURE = re.compile(
    r"!\[[^\[\]`<>\\\n\0]*\]\(\s?(?P<address>[^\s()<>\\]+)(?:[ ]+(?:\"[^\"\n\\]*\"|'[^'\n\\]*'))?\s?\)"
)
_ESCAPED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_DIAGRAM_FENCE = re.compile(
    r"^[^\n]*?(?P<fence>`{3,}|~{3,})[^\n`]*?\bmermaid\b", re.IGNORECASE | re.MULTILINE
)
_DIAGRAM_CODE = re.compile(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|#x([0-9a-f]{2,6});", re.IGNORECASE)
_DIAGRAM_NUMBER = re.compile(r"#(\d{2,7});")

_SCRIPT_MIMES = re.compile(
    r"application/(?:javascript|ecmascript)|text/javascript|vnd\.bokehjs_(?:exec|load)"
)
_CHART_MIMES = re.compile(r"application/vnd\.(?:vega|vegalite|plotly)\b[\w.]*\+json")
# They name a format, or where a button leads.
_CHART_NAMES = frozenset({"$schema", "plotlyServerURL"})


def html_finding(text: str) -> str:
    """Say what is active in a piece of HTML, as a phrase; "" for HTML that only shows."""
    decoded = _decoded(text)
    if _SCRIPT.search(text) or _SCRIPT.search(decoded):
        return "it shows HTML that runs a script"
    if _FRAME.search(text):
        return "it shows HTML with a frame"
    if _FORM.search(text):
        return "it shows HTML with a form"
    # What stands in a tag is decoded once more by each who passes it on.
    if any(_loads(_LINK.sub(r"\1", one)) for one in dict.fromkeys((text, decoded))):
        return _LOADS
    return ""


def markdown_finding(text: str) -> str:
    """Say what is active in Markdown: its HTML, and pictures and diagrams that load from an address."""
    # A picture inside the text of another is a plain one, and the one around it is not.
    others = _PLAIN_PICTURE.sub(lambda found: found.group() if is_foreign(found["address"]) else "", text)
    if "![" in others and _ADDRESS_ANYWHERE.search(_as_read(text)):
        return _PICTURE
    return _diagram_finding(text) or html_finding(text)


def is_foreign(address: str) -> bool:
    """Whether a browser takes `address` for one on another server, or for one that is not known."""
    return bool(_OTHER_ADDRESS.match(_UNSEEN.sub("", _decoded(address))))


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
        elif mime == "text/latex":
            found = html_finding(text)
        elif mime == "text/vnd.mermaid":
            found = _DIAGRAM if _ADDRESS_ANYWHERE.search(_of_a_diagram(text)) else ""
        elif _CHART_MIMES.fullmatch(mime):
            found = _chart_finding(value)
        if found:
            return found
    return ""


def _loads(text: str) -> bool:
    """Whether an attribute or a style in `text` has a foreign address."""
    if _STYLE_LOADS.search(text):
        return True
    if _TAG.search(text) or HOLE in text:
        for found in _ATTRIBUTE.finditer(text):
            value = found["double"] or found["single"] or found["bare"] or ""
            # One of `srcset` or `values` can stand behind another.
            several = re.split(r"\s+,*|;(?!base64|charset)", value)
            if is_foreign(value) or any(map(is_foreign, several)):
                return True
    style = _STYLE_ESCAPE.sub(_character, text)
    return any(is_foreign(found["address"]) for found in _STYLE_URL.finditer(style))


def _decoded(text: str) -> str:
    """`text` without entities; none becomes the beginning of a tag."""
    if "&" not in text:
        return text
    return re.sub(r"&#?\w{1,32};?", lambda found: _character_of(found.group()), text)


def _character_of(entity: str) -> str:
    character = html.unescape(entity)
    return entity if "<" in character or HOLE in character else character


def _character(code: re.Match[str]) -> str:
    number = int(next(filter(None, code.groups())), 16)
    return chr(number) if 0 < number < 0x110000 else ""


def _as_read(text: str) -> str:
    """Markdown as its reader takes an address in it: without entities, escapes and what is not seen."""
    return _UNSEEN.sub("", _ESCAPED.sub("", _decoded(text)))


def _diagram_finding(text: str) -> str:
    """Say whether a fence with a diagram holds an address."""
    info = _ESCAPED.sub("", _decoded(text))
    if "mermaid" not in info.lower():
        return ""
    for found in _DIAGRAM_FENCE.finditer(info):
        body = info[found.end() :]
        closing = re.search(rf"^[^\n\w]*{re.escape(found['fence'])}", body, re.MULTILINE)
        if _ADDRESS_ANYWHERE.search(_of_a_diagram(body[: closing.start()] if closing else body)):
            return _DIAGRAM
    return ""


def _of_a_diagram(text: str) -> str:
    """A diagram's text without its own codes for characters."""
    text = _DIAGRAM_NUMBER.sub(r"&#\1;", _DIAGRAM_CODE.sub(_character, text))
    text = re.sub(r"#(colon|sol|bsol);", r"&\1;", text)
    return _UNSEEN.sub("", _ESCAPED.sub("", _decoded(text)))


def _chart_finding(value: Any) -> str:
    """Say whether a chart has an address for its data or pictures."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return ""
    foreign = (text for text in _texts_of_chart(value) if _ADDRESS_ANYWHERE.match(_UNSEEN.sub("", text)))
    return "it shows a chart that loads from an address" if any(foreign) else ""


def _texts_of_chart(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting += (each for name, each in one.items() if name not in _CHART_NAMES)
        elif isinstance(one, list):
            waiting += one


def _without_svg_names(text: str) -> str:
    """Take out what names a format and loads nothing."""
    return re.sub(r"\sxmlns(?::\w+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", text)
