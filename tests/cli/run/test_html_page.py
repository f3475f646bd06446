"""The HTML page of a run can do nothing, whatever a model wrote into the notebook."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import nbformat.v4 as v4
import pytest

from jupyter_devstral.cli.run.html_page import html_page
from jupyter_devstral.core.notebook.cells import REPLY_MIME

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SAFE_TAGS_OF_HEAD = {"html", "head", "body", "meta", "title", "style"}


class Inspector(HTMLParser):
    """Everything in a page that could act, load or navigate by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self.images: list[str] = []
        self.in_body = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self.in_body = True
        if tag in (
            "script",
            "iframe",
            "object",
            "embed",
            "form",
            "base",
            "link",
            "svg",
            "math",
            "video",
            "audio",
        ):
            self.live.append(tag)
        if self.in_body and tag in ("style", "meta"):
            self.live.append(tag)
        for name, value in attributes:
            text = (value or "").strip().lower()
            if name.startswith("on") or name in (
                "srcdoc",
                "formaction",
                "action",
                "background",
                "srcset",
                "xlink:href",
            ):
                self.live.append(f"{tag} {name}")
            if name == "href" and not text.startswith(("http://", "https://", "mailto:", "#")):
                self.live.append(f"{tag} {name}={text}")
            if name == "src":
                self.images.append(text)
                if not text.startswith("data:image/"):
                    self.live.append(f"{tag} {name}={text}")
            if name == "style" and "url(" in text:
                self.live.append(f"{tag} {name}={text}")


def inspect(page: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(page)
    return inspector


def hostile(payload: str) -> str:
    """A page of a notebook that has the payload everywhere."""
    display = [
        {"text/html": payload},
        {"text/markdown": payload, REPLY_MIME: {"reply": payload}},
        {"text/plain": payload},
        {"text/latex": payload},
        {"image/svg+xml": payload},
        {"application/javascript": payload},
        {"text/vnd.mermaid": payload},
        {"image/png": payload},
        {"application/vnd.jupyter.widget-view+json": {"model_id": payload}, "text/plain": payload},
    ]
    outputs = [v4.new_output("display_data", data=data) for data in display]
    outputs.append(v4.new_output("stream", text=payload))
    outputs.append(v4.new_output("error", ename=payload, evalue=payload, traceback=[payload]))
    cells = [
        v4.new_markdown_cell(payload),
        v4.new_raw_cell(payload),
        v4.new_code_cell(payload, outputs=outputs),
    ]
    notebook = v4.new_notebook(cells=cells, metadata={"title": payload})
    return html_page(notebook, title=payload)


def test_no_payload_becomes_live(shared_data: Path) -> None:
    payloads = [
        each["payload"] for each in json.loads((shared_data / "xss" / "dompurify_expect.json").read_bytes())
    ]
    assert len(payloads) > 100
    # Many at once, each in cells of its own: a page costs half a second.
    step = 12
    for start in range(0, len(payloads), step):
        page = hostile("\n\n".join(payloads[start : start + step]))
        assert inspect(page).live == []
    assert "Content-Security-Policy" in page


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "</body></html><script>alert(1)</script>",
        "<body onload=alert(1)>",
        "</pre></div><img src=x onerror=alert(1)>",
        "<a href='java\nscript:alert(1)'>x</a><a href='data:text/html,<script>alert(1)</script>'>y</a>",
        "```html\n<script>alert(1)</script>\n```",
        "</style><script>alert(1)</script>",
        "</title><script>alert(1)</script>",
        "<div style='background: url(http://x/y)'>z</div><img src='http://x/y.png'>",
    ],
)
def test_the_usual_tricks(payload: str) -> None:
    assert inspect(hostile(payload)).live == []


def test_what_is_harmless_stays() -> None:
    table = "<table><tr><th>price</th></tr><tr><td style='text-align: right'>4.5</td></tr></table>"
    outputs = [
        v4.new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure size 640x480>"}),
        v4.new_output("execute_result", data={"text/html": table}, execution_count=1),
        v4.new_output("stream", text="\x1b[31mred\x1b[0m <b>"),
    ]
    cells = [
        v4.new_markdown_cell("# Title\n\n*text* and `code`"),
        v4.new_code_cell("plot()", outputs=outputs),
    ]
    page = html_page(v4.new_notebook(cells=cells), title="a & b")
    assert f"data:image/png;base64,{PIXEL}".lower() in inspect(page).images
    assert "<title>a &amp; b</title>" in page
    for part in (
        "Title",
        "<em>text</em>",
        "<code>code</code>",
        "<td",
        "text-align: right",
        "ansi-red-fg",
        "&lt;b&gt;",
    ):
        assert part in page


def test_code_and_diffs_in_replies_look_like_code() -> None:
    reply = v4.new_output("display_data", {"text/markdown": "```diff\n-a\n+b\n```\n"})
    page = html_page(v4.new_notebook(cells=[v4.new_code_cell("%devstral doc", outputs=[reply])]), title="t")
    # The last rule for a `pre` in an output wins: nbconvert's own lets it inherit the font of prose.
    rule = page.rindex(".jp-RenderedMarkdown pre {")
    assert rule > page.rindex("font-family: inherit")
    assert "font-family: var(--jp-code-font-family)" in page[rule:].partition("}")[0]
    assert '<span class="gd">-a</span>' in page
    assert ".highlight .gd {" in page
